//! The folder of one cell in memory: framebuffers, logs, private home directories.

use std::fs;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use anyhow::{Context, Result};

/// How much of a program's log an error message shows.
const LOG_TAIL_LINES: usize = 6;

const PREFIX: &str = "hackstream-bench-";

/// A fresh private folder on tmpfs, removed when dropped.
#[derive(Debug)]
pub(crate) struct Workspace {
    path: PathBuf,
}

impl Workspace {
    pub(crate) fn create() -> Result<Self> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let base = match fs::metadata("/dev/shm") {
            Ok(data) if data.is_dir() => PathBuf::from("/dev/shm"),
            _ => std::env::temp_dir(),
        };
        remove_abandoned(&base);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = base.join(format!("{PREFIX}{}-{number}", std::process::id()));
        fs::DirBuilder::new()
            .mode(0o700)
            .create(&path)
            .with_context(|| format!("cannot create {}", path.display()))?;
        Ok(Self { path })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// A folder inside; made when missing.
    pub(crate) fn folder(&self, name: &str) -> Result<PathBuf> {
        let path = self.path.join(name);
        fs::create_dir_all(&path).with_context(|| format!("cannot create {}", path.display()))?;
        Ok(path)
    }

    /// Where the program called `name` writes its standard error.
    pub(crate) fn log(&self, name: &str) -> PathBuf {
        self.path.join(format!("{name}.log"))
    }

    /// The last lines of every program's log, for an error message.
    pub(crate) fn log_tails(&self) -> String {
        let mut text = String::new();
        let Ok(entries) = fs::read_dir(&self.path) else {
            return text;
        };
        for entry in entries.flatten() {
            let path = entry.path();
            if path.extension().is_none_or(|extension| extension != "log") {
                continue;
            }
            let bytes = fs::read(&path).unwrap_or_default();
            let content = String::from_utf8_lossy(&bytes);
            let lines: Vec<&str> = content
                .lines()
                .filter(|line| !line.trim().is_empty())
                .collect();
            for line in &lines[lines.len().saturating_sub(LOG_TAIL_LINES)..] {
                let name = path.file_stem().unwrap_or_default().to_string_lossy();
                text.push_str(&format!("\n    {name}: {line}"));
            }
        }
        text
    }
}

/// Removes the folders of runs that were killed: all else of theirs the kernel has ended.
fn remove_abandoned(base: &Path) {
    let Ok(entries) = fs::read_dir(base) else {
        return;
    };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let owner = name.to_str().and_then(owner_of);
        if owner.is_some_and(|pid| !Path::new(&format!("/proc/{pid}")).exists()) {
            // Another run may be removing it as well.
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

/// The process that made a folder of this name.
fn owner_of(name: &str) -> Option<u32> {
    name.strip_prefix(PREFIX)?.split_once('-')?.0.parse().ok()
}

impl Drop for Workspace {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.path) {
            eprintln!("cannot remove {}: {error}", self.path.display());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_own_folders_are_recognized() {
        assert_eq!(owner_of("hackstream-bench-42-7"), Some(42));
        for foreign in [
            "hackstream-bench-42",
            "hackstream-bench-x-7",
            "hackstream-1-2",
            "bench",
        ] {
            assert_eq!(owner_of(foreign), None, "{foreign}");
        }
    }

    #[test]
    fn the_folder_goes_with_its_owner() {
        let workspace = Workspace::create().unwrap();
        let inner = workspace.folder("inner").unwrap();
        fs::write(workspace.log("viewer"), "first\n\nlast\n").unwrap();
        assert!(workspace.log_tails().ends_with("viewer: last"));
        drop(workspace);
        assert!(!inner.exists());
    }
}
