//! `hackstream`: see `hackstream --help`.

use std::process::ExitCode;

use clap::Parser as _;
use hackstream_cli::user::Cli;
use hackstream_cli::user::finish;
use hackstream_secrecy::keep_memory_private;

fn main() -> ExitCode {
    keep_memory_private();
    finish("hackstream", Cli::parse().run())
}
