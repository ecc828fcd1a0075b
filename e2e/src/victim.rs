//! A session with an honest viewer, to see what hostile ones do to it.

use std::time::{Duration, Instant};

use hackstream_view::headless::{Picture, Viewer};

use crate::PATIENCE;
use crate::compare::{exact, step};
use crate::folder::Folder;
use crate::hostile::block_on;
use crate::server::{Run, Server};
use crate::terminal::Board;
use crate::{viewer, wait_until};

/// The session and its viewer.
pub struct Victim {
    /// Who is attacked.
    pub server: Server,
    honest: Viewer,
    board: Board,
    writes: u32,
}

impl Victim {
    /// A session that is well.
    ///
    /// # Panics
    /// If it is not.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "it acts on the system")]
    pub fn new() -> Self {
        let folder = Folder::new();
        let board = Board::new(&folder);
        let server = Server::run_as(&Run::default(), folder, &board.command());
        let honest = viewer::connect(&server);
        exact(&server, &[&honest], "before the attack");
        Self {
            server,
            honest,
            board,
            writes: 0,
        }
    }

    /// Attacks; then the server must live, have logged `lines` about it and no more, and serve its
    /// honest viewer.
    ///
    /// # Panics
    /// If that is not so.
    pub fn endure(&mut self, what: &str, lines: usize, attack: impl AsyncFnOnce(&Server)) {
        let logged = self.server.process.stderr.all().len();
        block_on(attack(&self.server));
        // The last may come when the attacker is gone, and must not count for the next attack.
        wait_until(&format!("{lines} lines about {what}"), || {
            (self.server.process.stderr.all().len() >= logged + lines).then_some(())
        });
        self.writes += 1;
        step(&self.server, &[&self.honest], what, || {
            self.board.fill(self.writes * 1000, 10);
        });
        let log = self.server.process.stderr.all().split_off(logged);
        assert!(self.server.process.is_running(), "{what}: {log:?}");
        let panicked = log.iter().any(|line| line.contains("panicked"));
        assert!(!panicked, "{what}: {log:?}");
        assert_eq!(log.len(), lines, "{what}: {log:#?}");
    }

    /// Changes the screen until the honest viewer has applied so many frames more.
    ///
    /// # Panics
    /// If frames do not come.
    pub fn show_frames(&self, count: u32) {
        for line in 0..count {
            let frames = self.honest.frames_applied();
            // No two alike: a page of them would not change.
            self.board.write(&format!("line {line} after {frames}\n"));
            let came = |picture: &Picture| picture.frames_applied() > frames;
            assert!(self.honest.wait_for(came, PATIENCE), "no frame {line}");
        }
    }

    /// Writes lines that the honest viewer shows, until something has come about.
    ///
    /// # Panics
    /// If it does not within `patience`.
    pub fn go_on_until(&self, what: &str, patience: Duration, has_come: impl Fn() -> bool) {
        let begun = Instant::now();
        while !has_come() {
            assert!(begun.elapsed() < patience, "waited in vain: {what}");
            self.show_frames(1);
        }
    }

    /// Goes on until the log has a line with `text`, and sees that ten frames later it is the only one.
    ///
    /// # Panics
    /// If it does not come, or comes twice.
    pub fn tells_once(&self, text: &str) {
        let lines = || {
            let log = self.server.process.stderr.all();
            log.iter().filter(|line| line.contains(text)).count()
        };
        self.go_on_until(text, PATIENCE, || lines() > 0);
        self.show_frames(10);
        assert_eq!(lines(), 1, "{text}");
    }

    /// A newcomer is served as well.
    ///
    /// # Panics
    /// If it is not.
    pub fn admits_a_newcomer(&self) {
        let newcomer = viewer::connect(&self.server);
        exact(&self.server, &[&self.honest, &newcomer], "a newcomer");
    }

    /// Bytes of the server's own memory.
    ///
    /// # Panics
    /// If the server is gone.
    #[must_use]
    pub fn memory(&self) -> u64 {
        let process = self.server.process.pid().as_raw_nonzero();
        let path = format!("/proc/{process}/smaps_rollup");
        let rollup = std::fs::read_to_string(path).expect("a server");
        let share = rollup.lines().find_map(|line| line.strip_prefix("Pss:"));
        let kibibytes = share.and_then(|share| share.split_whitespace().next());
        let kibibytes = kibibytes.and_then(|number| number.parse::<u64>().ok());
        kibibytes.expect("a number") * 1024
    }

    /// Viewers that the server works for, each on a thread.
    ///
    /// # Panics
    /// If the server is gone.
    #[must_use]
    pub fn viewers(&self) -> usize {
        let process = self.server.process.pid().as_raw_nonzero();
        let tasks = std::fs::read_dir(format!("/proc/{process}/task")).expect("a server");
        let names = tasks.filter_map(|task| {
            let name = task.ok()?.path().join("comm");
            std::fs::read_to_string(name).ok()
        });
        names.filter(|name| name.starts_with("viewer-")).count()
    }
}
