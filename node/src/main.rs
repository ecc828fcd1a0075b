//! `hackstream-noded`: see `hackstream-noded --help`.

use std::process::ExitCode;

use hackstream_node::driver::local::{keeper, stage};

fn main() -> ExitCode {
    // Before anything that could start a thread.
    if let Some(code) = stage::run_if_stage().or_else(keeper::run_if_keeper) {
        return code;
    }
    ExitCode::from(2)
}
