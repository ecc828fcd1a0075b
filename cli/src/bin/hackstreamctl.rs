//! `hackstreamctl`: see `hackstreamctl --help`.

use std::process::ExitCode;

use clap::Parser as _;
use hackstream_cli::admin::Cli;
use hackstream_cli::user::finish;
use hackstream_secrecy::keep_memory_private;

fn main() -> ExitCode {
    keep_memory_private();
    finish("hackstreamctl", Cli::parse().run())
}
