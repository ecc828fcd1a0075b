//! What of starting processes the standard library leaves to us.

use std::fs::File;
use std::io;
use std::os::unix::process::CommandExt as _;
use std::process::Command;

/// The first descriptor that is not one of the three that every program has.
const FIRST: u32 = 3;

/// Has programs that this process starts from now on inherit none of its descriptors but the three
/// that every program has, unless it says so anew: whoever started it may have left some open.
pub(super) fn keep_descriptors_to_ourselves() -> io::Result<()> {
    let flags = libc::CLOSE_RANGE_CLOEXEC;
    // SAFETY: With this flag the call closes nothing: it marks descriptors, whoever owns them.
    let done = unsafe { libc::syscall(libc::SYS_close_range, FIRST, u32::MAX, flags) };
    if done == 0 {
        Ok(())
    } else {
        Err(io::Error::last_os_error())
    }
}

/// Has the process that `command` starts enter a control group, by its `cgroup.procs`, before it is
/// any program: whatever it starts is in there from its birth.
pub(super) fn enter_first(command: &mut Command, group: File) {
    let enter = move || match rustix::io::write(&group, b"0") {
        Ok(_) => Ok(()),
        Err(error) => Err(io::Error::from(error)),
    };
    // SAFETY: Between fork and exec this makes one system call, on a descriptor that it owns, and
    // allocates nothing: an error of the system is a number.
    unsafe { command.pre_exec(enter) };
}
