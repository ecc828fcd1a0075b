//! `hackstreamctl`: see `hackstreamctl --help`.

use std::process::ExitCode;

use clap::Parser as _;
use hackstream_cli::admin::Cli;
use hackstream_cli::user::finish;

fn main() -> ExitCode {
    finish("hackstreamctl", Cli::parse().run())
}
