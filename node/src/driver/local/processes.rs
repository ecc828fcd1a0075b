//! Processes of a session as the machine sees them.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use hackstream_control_api::node::Usage;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use serde::{Deserialize, Serialize};

use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};

/// What the kernel counts processor time in, for programs.
const TICKS_PER_SECOND: u64 = 100;

/// A process, told apart from a later one with the same number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Process {
    /// Its number.
    pub pid: i32,
    /// When it was started, in the kernel's ticks since the machine was.
    started: u64,
    /// Which start of the machine that was, for the kernel's random number of it.
    boot: u128,
}

impl Process {
    /// The process that has this number now.
    #[must_use]
    pub fn of(pid: i32) -> Option<Self> {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        Some(Self {
            pid,
            started: stat_fields(&stat).nth(STARTED)?.parse().ok()?,
            boot: boot(),
        })
    }

    /// Whether it has not ended.
    #[must_use]
    pub fn lives(&self) -> bool {
        Self::of(self.pid) == Some(*self)
    }

    /// Sends it a signal, if it has not ended.
    pub fn signal(&self, signal: Signal) {
        let handle = Pid::from_raw(self.pid).map(|pid| pidfd_open(pid, PidfdFlags::empty()));
        // The handle stands for whatever has the number now; what that is is asked afterwards.
        if let (Some(Ok(handle)), true) = (handle, self.lives()) {
            let _ = pidfd_send_signal(&handle, signal);
        }
    }

    /// Kills it and waits for its end; whether that came within `patience`.
    #[must_use]
    pub fn kill(&self, patience: Duration) -> bool {
        kill(self.pid, || self.lives(), patience)
    }
}

/// Number of the field in what follows the name in `/proc/PID/stat`.
const STARTED: usize = 19;

/// The fields of `/proc/PID/stat` after the name, which stands in parentheses and may hold anything.
fn stat_fields(stat: &str) -> impl Iterator<Item = &str> {
    let fields = stat.rsplit_once(')').map_or("", |(_, fields)| fields);
    fields.split_whitespace()
}

fn boot() -> u128 {
    let id = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    let digits: String = id.chars().filter(char::is_ascii_hexdigit).collect();
    u128::from_str_radix(&digits, 16).unwrap_or(0)
}

/// Kills a process, if it still is the one that `is_it` describes, and waits for its end. Returns
/// whether it has ended within `patience`; one that is not there has.
#[must_use]
pub fn kill(process: i32, is_it: impl Fn() -> bool, patience: Duration) -> bool {
    let Some(pid) = Pid::from_raw(process) else {
        return true;
    };
    // The handle stands for whatever has the number now; what that is is asked afterwards.
    let Ok(handle) = pidfd_open(pid, PidfdFlags::empty()) else {
        return true;
    };
    if !is_it() {
        return true;
    }
    let _ = pidfd_send_signal(&handle, Signal::KILL);
    let deadline = Instant::now() + patience;
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        let Ok(timeout) = Timespec::try_from(left) else {
            return false;
        };
        let mut ended = [PollFd::new(&handle, PollFlags::IN)];
        match poll(&mut ended, Some(&timeout)) {
            Ok(0) => return false,
            Ok(_) => return true,
            Err(_) if left.is_zero() => return false,
            Err(_) => {}
        }
    }
}

/// Users that somebody is, and those who are: processes of the machine by real user.
#[must_use]
pub fn by_user() -> BTreeMap<u32, Vec<i32>> {
    let mut users: BTreeMap<u32, Vec<i32>> = BTreeMap::new();
    for process in all() {
        let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
        let is_zombie = status.contains("\nState:\tZ");
        if let (Some(user), false) = (field(&status, "Uid:"), is_zombie) {
            users.entry(user as u32).or_default().push(process);
        }
    }
    users
}

/// Kills all processes of a user who owns nothing but one session, until there are none; whether that
/// came within `patience`.
#[must_use]
pub fn kill_user(user: u32, patience: Duration) -> bool {
    let deadline = Instant::now() + patience;
    let is_theirs = |process: i32| {
        let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
        field(&status, "Uid:") == Some(u64::from(user))
    };
    // In rounds: those that are killed may just have started others.
    while let Some(theirs) = by_user().remove(&user) {
        let left = deadline.saturating_duration_since(Instant::now());
        let killed = |process: i32| kill(process, || is_theirs(process), left);
        if !theirs.into_iter().all(killed) || left.is_zero() {
            return false;
        }
    }
    true
}

/// All processes, as this one sees them.
pub(super) fn all() -> impl Iterator<Item = i32> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok())
}

/// The number of a PID namespace: that of this process.
#[must_use]
pub fn namespace_of(process: i32) -> Option<PathBuf> {
    fs::read_link(format!("/proc/{process}/ns/pid")).ok()
}

/// All processes in a PID namespace, as numbers of ours.
#[must_use]
pub fn in_namespace(namespace: &PathBuf) -> Vec<i32> {
    all()
        .filter(|&process| namespace_of(process).as_ref() == Some(namespace))
        .collect()
}

/// The children of a process, of all its threads.
#[must_use]
pub fn children(process: i32) -> Vec<i32> {
    let threads = fs::read_dir(format!("/proc/{process}/task"));
    let mut children = Vec::new();
    for thread in threads.into_iter().flatten().flatten() {
        let listed = fs::read_to_string(thread.path().join("children")).unwrap_or_default();
        children.extend(
            listed
                .split_whitespace()
                .filter_map(|n| n.parse::<i32>().ok()),
        );
    }
    children
}

/// What these processes use.
#[must_use]
pub fn usage(processes: &[i32]) -> Usage {
    let each = processes.iter().map(|&process| Usage {
        memory_bytes: memory(process),
        cpu_ms: processor_ms(process),
    });
    each.fold(Usage::default(), |all, one| Usage {
        memory_bytes: all.memory_bytes + one.memory_bytes,
        cpu_ms: all.cpu_ms + one.cpu_ms,
    })
}

/// Memory of a process, with its share of what it has in common with others; less exactly without
/// that where the kernel does not tell.
fn memory(process: i32) -> u64 {
    let rollup = fs::read_to_string(format!("/proc/{process}/smaps_rollup"));
    let status = || fs::read_to_string(format!("/proc/{process}/status"));
    let kilobytes = match rollup {
        Ok(text) => field(&text, "Pss:"),
        Err(_) => status().ok().and_then(|text| field(&text, "VmRSS:")),
    };
    kilobytes.unwrap_or(0) * 1024
}

fn field(text: &str, name: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace().next()?.parse().ok()
}

/// Processor time of a process and of its children that have ended.
fn processor_ms(process: i32) -> u64 {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    let times = stat_fields(&stat).skip(11).take(4);
    let ticks: u64 = times.filter_map(|ticks| ticks.parse::<u64>().ok()).sum();
    ticks * 1000 / TICKS_PER_SECOND
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    #[test]
    fn a_process_is_killed_if_it_is_the_right_one() {
        let mut child = Command::new("sleep").arg("1000").spawn().unwrap();
        let process = child.id() as i32;
        assert!(kill(process, || false, Duration::from_secs(10)));
        assert_eq!(child.try_wait().unwrap(), None, "it is another one");
        assert!(kill(process, || true, Duration::from_secs(10)));
        child.wait().unwrap();
        assert!(
            kill(process, || true, Duration::from_secs(10)),
            "it is gone"
        );
    }

    #[test]
    fn this_process_is_in_its_namespace_and_uses_memory() {
        let me = std::process::id() as i32;
        let namespace = namespace_of(me).unwrap();
        assert!(in_namespace(&namespace).contains(&me));
        assert!(usage(&[me]).memory_bytes > 1 << 20);
    }
}
