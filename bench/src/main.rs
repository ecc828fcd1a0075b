//! Entry point of `hackstream-bench`.

use std::process::ExitCode;

use clap::Parser;
use hackstream_bench::cli::Cli;

fn main() -> ExitCode {
    match hackstream_bench::cli::run(Cli::parse()) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("hackstream-bench: {error:#}");
            ExitCode::FAILURE
        }
    }
}
