//! Finding all processes that came from one, wherever they went, and those of a session.

use std::fs;

use rustix::process::Pid;

/// A line of `/proc/PID/stat`, as far as we need it.
struct Entry {
    process: Pid,
    parent: i32,
    session: i32,
    is_dead: bool,
}

/// All living descendants of `ancestor`, without `except` and what descends from those.
///
/// Complete if `ancestor` is a child subreaper: what loses its parent becomes its child.
pub(super) fn descendants(ancestor: Pid, except: &[Pid]) -> Vec<Pid> {
    let entries = all_processes();
    let mut found = vec![ancestor];
    let mut next = 0;
    while let Some(&parent) = found.get(next) {
        let children = entries
            .iter()
            .filter(|e| e.parent == parent.as_raw_nonzero().get() && !e.is_dead)
            .map(|e| e.process)
            .filter(|process| !except.contains(process));
        found.extend(children);
        next += 1;
    }
    found.split_off(1)
}

/// All living processes of a session, which is named by the process that began it.
pub(super) fn of_session(session: Pid) -> Vec<Pid> {
    let entries = all_processes().into_iter();
    let members = entries.filter(|entry| entry.is_of(session));
    members.map(|entry| entry.process).collect()
}

/// Whether a living process belongs to a session.
pub(super) fn is_of_session(process: Pid, session: Pid) -> bool {
    entry(process).is_some_and(|entry| entry.is_of(session))
}

impl Entry {
    fn is_of(&self, session: Pid) -> bool {
        self.session == session.as_raw_nonzero().get() && !self.is_dead
    }
}

fn all_processes() -> Vec<Entry> {
    let Ok(dir) = fs::read_dir("/proc") else {
        return Vec::new();
    };
    dir.filter_map(|item| {
        let name = item.ok()?.file_name();
        let process = Pid::from_raw(name.to_str()?.parse().ok()?)?;
        // Fails for processes that have ended since the directory was read.
        entry(process)
    })
    .collect()
}

fn entry(process: Pid) -> Option<Entry> {
    let stat = fs::read_to_string(format!("/proc/{}/stat", process.as_raw_nonzero())).ok()?;
    parse(process, &stat)
}

fn parse(process: Pid, stat: &str) -> Option<Entry> {
    // The name in parentheses may contain anything, parentheses included.
    let (_, after_name) = stat.rsplit_once(')')?;
    let mut fields = after_name.split_ascii_whitespace();
    let state = fields.next()?;
    let parent = fields.next()?.parse().ok()?;
    let _group = fields.next()?;
    Some(Entry {
        process,
        parent,
        session: fields.next()?.parse().ok()?,
        is_dead: matches!(state, "Z" | "X"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_with_parentheses_and_spaces_are_passed_over() {
        let entry = parse(Pid::INIT, "1 (a) Z 9 (b c)) S 42 1 1 0").unwrap();
        assert_eq!((entry.parent, entry.is_dead), (42, false));
        assert!(parse(Pid::INIT, "1 (dead) Z 3 1 1").unwrap().is_dead);
        assert!(parse(Pid::INIT, "").is_none());
    }

    #[test]
    fn a_child_is_found_until_it_is_dead() {
        let mut child = std::process::Command::new("sleep")
            .arg("600")
            .spawn()
            .unwrap();
        let process = Pid::from_child(&child);
        let me = rustix::process::getpid();
        assert!(descendants(me, &[]).contains(&process));
        assert!(!descendants(me, &[process]).contains(&process));
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(!descendants(me, &[]).contains(&process));
    }
}
