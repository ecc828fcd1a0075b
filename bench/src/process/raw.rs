//! The CPU clock of another process.

use std::time::Duration;

/// CPU time that process `pid` has used in all its threads, ended ones included; nanoseconds.
///
/// `None` when there is no such process.
pub(super) fn cpu_time(pid: u32) -> Option<Duration> {
    let pid = libc::pid_t::try_from(pid).ok()?;
    let mut clock: libc::clockid_t = 0;
    // SAFETY: the pointer is to a live variable of the type that the function writes.
    let found = unsafe { libc::clock_getcpuclockid(pid, &raw mut clock) };
    if found != 0 {
        return None;
    }
    let mut time = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: as above; a clock of a process that has ended meanwhile is an error, no harm.
    let read = unsafe { libc::clock_gettime(clock, &raw mut time) };
    if read != 0 {
        return None;
    }
    // On 32-bit machines these fields are narrower.
    #[allow(
        clippy::useless_conversion,
        reason = "their width depends on the target"
    )]
    let (seconds, nanoseconds) = (
        u64::try_from(i64::from(time.tv_sec)).ok()?,
        u32::try_from(i64::from(time.tv_nsec)).ok()?,
    );
    Some(Duration::new(seconds, nanoseconds))
}
