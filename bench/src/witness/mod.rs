//! The program beside an application on the remote display: sees what it really shows, and when.
//!
//! Neither the viewer nor the remoting system is asked: what they show is compared with this.

mod eye;

use std::ffi::OsString;
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};

use anyhow::{Context, Result, ensure};
use rustix::event::{PollFd, PollFlags, poll};

use crate::clock::Instant;
use crate::interrupt::Interrupt;
use crate::manager::WindowManager;
use crate::mapping::RecordWriter;
use crate::scene::{Scene, ScreenSize};
use crate::stimulus::{Entry, Journal, wait_for_screen};
use eye::Eye;

/// What to start and where to write.
#[derive(Debug)]
pub(crate) struct Assignment {
    pub(crate) size: ScreenSize,
    /// File for the picture.
    pub(crate) record: PathBuf,
    /// File for the times of numbered frames.
    pub(crate) journal: PathBuf,
    /// Folder for settings and logs.
    pub(crate) folder: PathBuf,
    /// The application and its arguments.
    pub(crate) command: Vec<OsString>,
}

/// Runs until the display goes away, the application ends or the process is ended.
///
/// # Errors
/// When the display is not there or goes away, or the application cannot be started.
pub(crate) fn run(assignment: &Assignment) -> Result<()> {
    let display = std::env::var("DISPLAY").context("DISPLAY is not set")?;
    wait_for_screen(assignment.size)?;
    let record = RecordWriter::create(&assignment.record, assignment.size)?;
    let mut journal = Journal::create(&assignment.journal)?;
    let mut eye = Eye::open(Scene::new(assignment.size), record)?;
    let (folder, interrupt) = (&assignment.folder, Interrupt::default());
    let _manager = WindowManager::start_where_missing(&display, folder, &interrupt)?;
    end_with(start(&assignment.command, folder)?);
    loop {
        while let Some(seen) = eye.look()? {
            if let Some(number) = seen.number {
                let shown = seen.at;
                journal.write(Entry::Frame { number, shown })?;
            }
        }
        let stream = eye.connection().stream();
        let mut waits = [PollFd::from_borrowed_fd(stream.as_fd(), PollFlags::IN)];
        match poll(&mut waits, None) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

/// The kernel ends the application when this thread ends, however that happens.
fn start(command: &[OsString], folder: &Path) -> Result<Child> {
    ensure!(!command.is_empty(), "no application was named");
    Command::new("setpriv")
        .args(["--pdeathsig", "KILL", "--"])
        .args(command)
        .env("HOME", folder)
        .env("XDG_RUNTIME_DIR", folder)
        .spawn()
        .with_context(|| format!("cannot start {}", Path::new(&command[0]).display()))
}

/// A witness without its application has nothing to see.
fn end_with(mut application: Child) {
    std::thread::spawn(move || {
        let end = application.wait();
        let end = end.map_or_else(|error| error.to_string(), |status| status.to_string());
        eprintln!(
            "the application ended at {} ({end})",
            Instant::now().nanoseconds()
        );
        std::process::exit(1);
    });
}
