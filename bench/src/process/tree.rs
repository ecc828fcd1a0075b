//! What a program and its children have used: counters, read twice and subtracted.

use std::collections::HashSet;
use std::fs;
use std::time::Duration;

use super::raw;

/// The kernel cuts names of processes here.
const NAME_BYTES: usize = 15;
const STIMULUS_NAME: &str = "hackstream-bench";

/// A program with all its descendants, without the stimulus: that is load, not the peer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tree {
    root: u32,
    /// Another program that is part of it, with its descendants.
    beside: Option<u32>,
}

/// One line of /proc/PID/stat.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Stat {
    pid: u32,
    parent: u32,
    name: String,
    /// CPU time of its children that ended and were waited for, in clock ticks.
    ended_children: u64,
}

impl Tree {
    pub(crate) const fn new(root: u32) -> Self {
        let beside = None;
        Self { root, beside }
    }

    /// The CPU time of this process counts, too.
    pub(crate) const fn with_beside(self, beside: Option<u32>) -> Self {
        Self { beside, ..self }
    }

    /// CPU time used so far, user and system, ended threads included. In nanoseconds, but for
    /// child processes that have ended: the kernel keeps these in clock ticks, usually of 10 ms.
    pub(crate) fn cpu_time(self) -> Duration {
        let processes = all_processes();
        let roots = [Some(self.root), self.beside];
        let members: Vec<&Stat> = roots
            .into_iter()
            .flatten()
            .flat_map(|root| members(root, &processes))
            .collect();
        let living = members.iter().filter_map(|stat| raw::cpu_time(stat.pid));
        let ended = members.iter().map(|stat| stat.ended_children).sum();
        living.sum::<Duration>() + of_ticks(ended)
    }

    /// CPU time of the root process alone; `None` once it is gone.
    pub(crate) fn root_cpu_time(self) -> Option<Duration> {
        raw::cpu_time(self.root)
    }

    /// Memory of the root process alone, shared pages divided among their users.
    pub(crate) fn root_pss_bytes(self) -> Option<u64> {
        let text = fs::read_to_string(format!("/proc/{}/smaps_rollup", self.root)).ok()?;
        parse_memory(&text, "Pss:")
    }

    /// The most memory that the root process ever had resident, shared pages counted in full.
    pub(crate) fn root_peak_bytes(self) -> Option<u64> {
        let text = fs::read_to_string(format!("/proc/{}/status", self.root)).ok()?;
        parse_memory(&text, "VmHWM:")
    }
}

fn of_ticks(ticks: u64) -> Duration {
    let per_second = rustix::param::clock_ticks_per_second().max(1);
    Duration::from_secs(ticks) / u32::try_from(per_second).unwrap_or(100)
}

/// The value of a line `LABEL NUMBER kB`.
fn parse_memory(text: &str, label: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(label))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024)
}

fn all_processes() -> Vec<Stat> {
    let Ok(entries) = fs::read_dir("/proc") else {
        return Vec::new();
    };
    entries
        .flatten()
        .filter(|entry| {
            entry
                .file_name()
                .as_encoded_bytes()
                .iter()
                .all(u8::is_ascii_digit)
        })
        .filter_map(|entry| parse_stat(&fs::read_to_string(entry.path().join("stat")).ok()?))
        .collect()
}

/// `PID (NAME) STATE PPID …`; the name may contain spaces and brackets.
fn parse_stat(text: &str) -> Option<Stat> {
    let (pid, rest) = text.split_once(" (")?;
    let (name, rest) = rest.rsplit_once(") ")?;
    let fields: Vec<&str> = rest.split(' ').collect();
    let number = |index: usize| fields.get(index)?.parse::<u64>().ok();
    let (parent, user, system) = (number(1)?, number(13)?, number(14)?);
    let parent = u32::try_from(parent).ok()?;
    Some(Stat {
        pid: pid.parse().ok()?,
        parent,
        name: name.to_owned(),
        ended_children: user.checked_add(system)?,
    })
}

/// The root and its descendants; a stimulus and what it started are left out.
fn members(root: u32, processes: &[Stat]) -> Vec<&Stat> {
    let is_stimulus = |stat: &Stat| stat.name == STIMULUS_NAME[..NAME_BYTES];
    let mut known = HashSet::from([root]);
    let mut found: Vec<&Stat> = processes.iter().filter(|stat| stat.pid == root).collect();
    loop {
        let children: Vec<&Stat> = processes
            .iter()
            .filter(|stat| known.contains(&stat.parent) && !is_stimulus(stat))
            .filter(|stat| !known.contains(&stat.pid))
            .collect();
        if children.is_empty() {
            return found;
        }
        known.extend(children.iter().map(|stat| stat.pid));
        found.extend(children);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stat(pid: u32, parent: u32, name: &str) -> Stat {
        Stat {
            pid,
            parent,
            name: name.to_owned(),
            ended_children: 1,
        }
    }

    #[test]
    fn reads_names_with_brackets() {
        let line = "42 (a) (b c) S 7 42 42 0 -1 4194560 1 0 0 0 12 30 5 5 20 0 1 0 100 0 0\n";
        let expected = Stat {
            pid: 42,
            parent: 7,
            name: "a) (b c".to_owned(),
            ended_children: 10,
        };
        assert_eq!(parse_stat(line), Some(expected));
        assert_eq!(parse_stat("42 (a) S"), None);
    }

    #[test]
    fn descendants_count_and_the_stimulus_does_not() {
        let processes = [
            stat(1, 0, "init"),
            stat(13, 12, "Xvfb"),
            stat(12, 10, "supervisor"),
            stat(10, 1, "hackstream-server"),
            stat(14, 12, "hackstream-benc"),
            stat(15, 14, "sh"),
        ];
        let mut pids: Vec<u32> = members(10, &processes)
            .iter()
            .map(|stat| stat.pid)
            .collect();
        pids.sort_unstable();
        assert_eq!(pids, [10, 12, 13]);
    }

    #[test]
    fn reads_memory() {
        let text = "Rss:  9 kB\nPss:    12 kB\nPss_Dirty: 3 kB\n";
        assert_eq!(parse_memory(text, "Pss:"), Some(12 * 1024));
        assert_eq!(parse_memory("Rss: 9 kB\n", "Pss:"), None);
    }

    #[test]
    fn measures_this_very_process() {
        let tree = Tree::new(std::process::id());
        assert!(tree.root_pss_bytes().unwrap() > 100_000);
        assert!(tree.root_peak_bytes() >= tree.root_pss_bytes());
    }

    #[test]
    fn an_ended_thread_has_its_share() {
        let tree = Tree::new(std::process::id());
        let before = tree.cpu_time();
        let work = || (0..200_000u64).fold(1, |sum, next| std::hint::black_box(sum ^ next));
        std::thread::spawn(work).join().unwrap();
        let used = tree.cpu_time() - before;
        // Ticks would be 0 or whole multiples of 10 ms.
        assert!(!used.is_zero() && used.as_nanos() % 1_000_000 != 0);
    }
}
