//! The program `hackstream-view`; everything is in the library.

use std::process::ExitCode;

use hackstream_view::{config, run};
use rustix::process::{Resource, Rlimit, setrlimit};

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

/// Has the kernel write no image of this process when it breaks: it has keys, and what was on the screen.
/// Other programs of the person still may look into it, as sound servers do to find out who asks.
fn leave_no_image() {
    let none = Rlimit {
        current: Some(0),
        maximum: Some(0),
    };
    // Less is always granted.
    let _ = setrlimit(Resource::Core, none);
}
