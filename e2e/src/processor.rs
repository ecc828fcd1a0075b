//! What processors cost programs, told by the kernel: how long they had to wait for one, and how long
//! they used it.

use std::path::Path;
use std::time::Duration;

use crate::folder::Folder;

/// Time for which threads of this test, and of the programs that use some folders, could run and
/// were not let, since this began.
pub struct Waiting<'a> {
    folders: &'a [&'a Folder],
    before: Duration,
}

impl<'a> Waiting<'a> {
    /// Begins now.
    #[must_use]
    pub fn since_now(folders: &'a [&'a Folder]) -> Self {
        let before = sum(folders, Times::waited);
        Self { folders, before }
    }

    /// The sum so far. Threads that have ended do not count, nor does anything where the kernel does
    /// not tell.
    #[must_use]
    pub fn so_far(&self) -> Duration {
        sum(self.folders, Times::waited).saturating_sub(self.before)
    }
}

/// Time for which threads of this test, and of the programs that use some folders, ran or could have
/// run and were not let, since this began. Where several ran at once, each counts.
pub struct Busy<'a> {
    folders: &'a [&'a Folder],
    before: Duration,
}

impl<'a> Busy<'a> {
    /// Begins now.
    #[must_use]
    pub fn since_now(folders: &'a [&'a Folder]) -> Self {
        let before = sum(folders, Times::busy);
        Self { folders, before }
    }

    /// The sum so far, like [`Waiting::so_far`].
    #[must_use]
    pub fn so_far(&self) -> Duration {
        sum(self.folders, Times::busy).saturating_sub(self.before)
    }
}

/// What one thread had.
#[derive(Clone, Copy)]
struct Times {
    ran: Duration,
    waited: Duration,
}

impl Times {
    const fn waited(self) -> Duration {
        self.waited
    }

    const fn busy(self) -> Duration {
        self.ran.saturating_add(self.waited)
    }
}

fn sum(folders: &[&Folder], of: impl Fn(Times) -> Duration) -> Duration {
    let programs = folders.iter().flat_map(|folder| folder.processes());
    let numbers = programs.map(|(number, _)| number.to_string());
    let processes = numbers.chain(["self".to_owned()]);
    let threads = processes.flat_map(|process| threads(&Path::new("/proc").join(process)));
    threads.map(of).sum()
}

/// None if the process has ended.
fn threads(process: &Path) -> Vec<Times> {
    let tasks = std::fs::read_dir(process.join("task"));
    let tasks = tasks.into_iter().flatten().flatten();
    let times = tasks.filter_map(|task| {
        // Time on a processor, time of waiting for one, both in nanoseconds, and turns.
        let times = std::fs::read_to_string(task.path().join("schedstat")).ok()?;
        let mut words = times.split_whitespace();
        let mut next = || Some(Duration::from_nanos(words.next()?.parse().ok()?));
        Some(Times {
            ran: next()?,
            waited: next()?,
        })
    });
    times.collect()
}
