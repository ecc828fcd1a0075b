//! What the command line says of files.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use hackstream_files::{Source, download_directory, size};

use super::raw::Arguments;
use crate::error::ViewError;

/// Largest file that is taken if nothing is said, in bytes.
const USUAL_LARGEST: u64 = 1 << 30;

/// Files to give to the session, and what to do with those that it has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileOptions {
    /// Files to give to it, once.
    pub send: Vec<PathBuf>,
    /// What to do then.
    pub after: AfterSending,
    /// What to do with its files.
    pub accept: AcceptFiles,
    /// Bytes of the largest that is taken.
    pub largest: u64,
}

/// What a viewer does once the files of its command line are given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AfterSending {
    /// It goes on.
    Stay,
    /// It leaves.
    Leave,
}

/// What to do with files that the session has for the viewer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AcceptFiles {
    /// Take none. The server does not even tell of them.
    Never,
    /// Ask the person, and store those that are wanted in this folder.
    Ask(PathBuf),
    /// Store all of them in this folder.
    Always(PathBuf),
}

impl FileOptions {
    /// No files.
    #[must_use]
    pub const fn none() -> Self {
        Self {
            send: Vec::new(),
            after: AfterSending::Stay,
            accept: AcceptFiles::Never,
            largest: USUAL_LARGEST,
        }
    }

    /// Whether files of the session's are of interest.
    #[must_use]
    pub fn takes(&self) -> bool {
        self.accept != AcceptFiles::Never
    }
}

/// Understands the options about files.
pub(super) fn options(
    raw: &Arguments,
    variable: impl Fn(&str) -> Option<OsString>,
) -> Result<FileOptions, ViewError> {
    let accept = match raw.accept_files.as_deref().and_then(Path::to_str) {
        Some("never") => AcceptFiles::Never,
        Some("ask") if raw.headless => {
            let text = "--accept-files ask needs a window; give a folder, or never";
            return Err(ViewError::Usage(text.to_owned()));
        }
        None if raw.accept_files.is_none() && raw.headless => AcceptFiles::Never,
        Some("ask") => ask(variable).ok_or_else(|| {
            ViewError::Usage("HOME is not set; give --accept-files DIR".to_owned())
        })?,
        // Whoever said nothing wants a window above all.
        None if raw.accept_files.is_none() => ask(variable).unwrap_or(AcceptFiles::Never),
        _ => {
            let folder = raw.accept_files.clone().unwrap_or_default();
            AcceptFiles::Always(absolute(&folder, "--accept-files")?)
        }
    };
    let after = match accept {
        AcceptFiles::Never if raw.headless && !raw.send.is_empty() && raw.screenshot.is_none() => {
            AfterSending::Leave
        }
        _ => AfterSending::Stay,
    };
    let largest = match raw.max_file_size.as_deref() {
        None => USUAL_LARGEST,
        Some(text) => size::parse(text).ok_or_else(|| {
            ViewError::Usage(format!(
                "--max-file-size {text}: expected bytes, such as 50M or 2G"
            ))
        })?,
    };
    let send = raw.send.iter().map(|path| to_send(path));
    Ok(FileOptions {
        send: send.collect::<Result<_, _>>()?,
        after,
        accept,
        largest,
    })
}

fn ask(variable: impl Fn(&str) -> Option<OsString>) -> Option<AcceptFiles> {
    download_directory(variable).map(AcceptFiles::Ask)
}

/// A file that can be read now, wherever the process is later.
fn to_send(path: &Path) -> Result<PathBuf, ViewError> {
    Source::open(path)
        .map_err(|error| ViewError::Usage(format!("--send {}: {error}", path.display())))?;
    absolute(path, "--send")
}

fn absolute(path: &Path, option: &str) -> Result<PathBuf, ViewError> {
    std::path::absolute(path)
        .map_err(|error| ViewError::Usage(format!("{option} {}: {error}", path.display())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser as _;

    fn parsed(line: &[&str]) -> Result<FileOptions, ViewError> {
        let raw = Arguments::try_parse_from([&["hackstream-view", "h"], line].concat());
        options(&raw.expect("clap"), |name| {
            (name == "HOME").then(|| "/nonexistent".into())
        })
    }

    #[test]
    fn nothing_is_taken_without_a_word_of_the_person() {
        let accept = |line: &[&str]| parsed(line).expect("options").accept;
        let downloads = PathBuf::from("/nonexistent/Downloads");
        assert_eq!(accept(&[]), AcceptFiles::Ask(downloads));
        assert_eq!(accept(&["--headless"]), AcceptFiles::Never);
        assert_eq!(accept(&["--accept-files", "never"]), AcceptFiles::Never);
        let folder = AcceptFiles::Always("/in".into());
        assert_eq!(accept(&["--headless", "--accept-files", "/in"]), folder);
        assert!(parsed(&["--headless", "--accept-files", "ask"]).is_err());
        assert!(!parsed(&["--headless"]).expect("options").takes());
    }

    #[test]
    fn a_script_that_sends_leaves_afterwards() {
        let folder = tempfile::tempdir().expect("folder");
        let file = folder.path().join("f");
        std::fs::write(&file, "x").expect("file");
        let file = file.to_str().expect("UTF-8");
        let after = |line: &[&str]| parsed(line).expect("options").after;
        assert_eq!(after(&["--headless", "--send", file]), AfterSending::Leave);
        assert_eq!(after(&["--send", file]), AfterSending::Stay);
        assert_eq!(after(&["--headless"]), AfterSending::Stay);
        let gone = parsed(&["--send", "/nonexistent/f"]).expect_err("no file");
        assert_eq!(gone.exit_code(), 2);
        assert!(parsed(&["--max-file-size", "big"]).is_err());
    }
}
