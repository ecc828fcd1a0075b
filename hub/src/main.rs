//! `hackstreamd`: see `hackstreamd --help`.

use std::process::ExitCode;

use clap::Parser as _;
use hackstream_hub::app;
use hackstream_hub::config::Cli;

fn main() -> ExitCode {
    app::run(Cli::parse()).unwrap_or_else(|error| {
        eprintln!("hackstreamd: {error}");
        ExitCode::from(error.exit_code())
    })
}
