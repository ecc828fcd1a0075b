//! How long programs had to wait for a processor: what a busy machine costs, told by the kernel.

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
        let before = waited(folders);
        Self { folders, before }
    }

    /// The sum so far. Threads that have ended do not count, nor does anything where the kernel does
    /// not tell.
    #[must_use]
    pub fn so_far(&self) -> Duration {
        waited(self.folders).saturating_sub(self.before)
    }
}

fn waited(folders: &[&Folder]) -> Duration {
    let programs = folders.iter().flat_map(|folder| folder.processes());
    let numbers = programs.map(|(number, _)| number.to_string());
    let processes = numbers.chain(["self".to_owned()]);
    processes
        .map(|process| of_process(&Path::new("/proc").join(process)))
        .sum()
}

/// Zero if the process has ended.
fn of_process(directory: &Path) -> Duration {
    let tasks = std::fs::read_dir(directory.join("task"));
    let tasks = tasks.into_iter().flatten().flatten();
    tasks
        .filter_map(|task| {
            // Time on a processor, time of waiting for one, both in nanoseconds, and turns.
            let times = std::fs::read_to_string(task.path().join("schedstat")).ok()?;
            let nanoseconds = times.split_whitespace().nth(1)?.parse().ok()?;
            Some(Duration::from_nanos(nanoseconds))
        })
        .sum()
}
