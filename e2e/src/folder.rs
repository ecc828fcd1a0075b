//! Where programs under test keep their files, and what they leave behind.

use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt;
use std::path::PathBuf;
use std::process::Command;

use tempfile::TempDir;

use crate::wait_until;

/// Everything that a server may write to, away from the user's own files.
pub struct Folder(TempDir);

impl Folder {
    /// A new folder in memory, with a home and the like.
    ///
    /// # Panics
    /// If the system refuses.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "it acts on the system")]
    pub fn new() -> Self {
        let folder = tempfile::Builder::new()
            .prefix("hackstream-e2e-")
            .tempdir_in("/dev/shm")
            .expect("a folder in memory");
        for name in ["home", "runtime", "state"] {
            let made = DirBuilder::new()
                .mode(0o700)
                .create(folder.path().join(name));
            made.expect("a folder");
        }
        Self(folder)
    }

    /// Something in it.
    #[must_use]
    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Makes a program use it, and no display.
    pub fn use_in(&self, command: &mut Command) {
        command
            .env("HOME", self.path("home"))
            .env("XDG_RUNTIME_DIR", self.path("runtime"))
            .env("XDG_STATE_HOME", self.path("state"))
            .current_dir(self.path("home"));
        // Nor the desktop of whoever runs the tests.
        let names = ["DISPLAY", "WAYLAND_DISPLAY", "XAUTHORITY", "RUST_LOG"];
        for name in names
            .into_iter()
            .chain(["DBUS_SESSION_BUS_ADDRESS", "BROWSER"])
        {
            command.env_remove(name);
        }
    }

    /// Directories of sessions that run in it.
    ///
    /// # Panics
    /// If it is gone.
    #[must_use]
    pub fn sessions(&self) -> Vec<PathBuf> {
        let items = std::fs::read_dir(self.path("runtime")).expect("the runtime folder");
        let paths = items.filter_map(|item| Some(item.ok()?.path()));
        let is_session = |path: &PathBuf| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            name.starts_with("hackstream-")
        };
        paths.filter(is_session).collect()
    }

    /// Processes that use it: their numbers and command lines.
    ///
    /// # Panics
    /// If there is no list of processes.
    #[must_use]
    pub fn processes(&self) -> Vec<(i32, String)> {
        let needle = self.0.path().to_str().expect("UTF-8").to_owned();
        let mut found = Vec::new();
        for item in std::fs::read_dir("/proc").expect("/proc").flatten() {
            let Some(number) = item.file_name().to_str().and_then(|n| n.parse().ok()) else {
                continue;
            };
            let read = |file| {
                let bytes = std::fs::read(item.path().join(file)).unwrap_or_default();
                String::from_utf8_lossy(&bytes).replace('\0', " ")
            };
            let arguments = read("cmdline");
            if arguments.contains(&needle) || read("environ").contains(&needle) {
                found.push((number, arguments));
            }
        }
        found
    }
}

/// Waits until nothing of the servers that used `folder` is left.
///
/// # Panics
/// If something is left.
pub fn wait_until_nothing_is_left(folder: &Folder) {
    wait_until("the end of all processes and directories", || {
        (folder.processes().is_empty() && folder.sessions().is_empty()).then_some(())
    });
}
