//! Whether files are transferred, and where they go.

use std::ffi::OsString;
use std::path::PathBuf;

use hackstream_files::{download_directory, size};

use super::checked::ConfigError;
use super::raw::{Extra, Service};

/// Largest file that is taken if nothing is said, in bytes.
const USUAL_LARGEST: u64 = 1 << 30;

/// Our folder among the downloads.
const FOLDER: &str = "HackStream";

/// How files are transferred.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilesChoice {
    /// Where they are stored.
    pub folder: PathBuf,
    /// Bytes of the largest that is taken from a viewer.
    pub largest: u64,
}

/// What the command line says of files; `None` if they are not transferred.
pub(super) fn choice(
    service: &Service,
    env: impl Fn(&str) -> Option<OsString>,
) -> Result<Option<FilesChoice>, ConfigError> {
    if !service.enable.contains(&Extra::FileTransfer) {
        let given = [
            (service.files_dir.is_some(), "--files-dir"),
            (service.max_file_size.is_some(), "--max-file-size"),
        ];
        return match given.into_iter().find(|(is_given, _)| *is_given) {
            Some((_, option)) => Err(ConfigError(format!(
                "{option} has no effect without --enable file-transfer"
            ))),
            None => Ok(None),
        };
    }
    let largest = match &service.max_file_size {
        None => USUAL_LARGEST,
        Some(text) => size::parse(text).ok_or_else(|| {
            ConfigError(format!(
                "--max-file-size {text}: expected bytes, such as 50M or 2G"
            ))
        })?,
    };
    let folder = match &service.files_dir {
        Some(folder) => std::path::absolute(folder)
            .map_err(|error| ConfigError(format!("--files-dir {}: {error}", folder.display())))?,
        None => download_directory(env)
            .map(|downloads| downloads.join(FOLDER))
            .ok_or_else(|| {
                ConfigError(
                    "HOME is not set, so there are no downloads; give --files-dir DIR".to_owned(),
                )
            })?,
    };
    Ok(Some(FilesChoice { folder, largest }))
}
