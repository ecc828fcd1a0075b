//! The program `hackstream-view`; everything is in the library.

use std::process::ExitCode;

use hackstream_secrecy::leave_no_image;
use hackstream_view::{config, run};

fn main() -> ExitCode {
    leave_no_image();
    match config::from_command_line().and_then(run) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("hackstream-view: {error}");
            ExitCode::from(error.exit_code())
        }
    }
}
