//! A folder that lives as long as the task.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// A new folder that only its owner may enter; removed with all in it when dropped.
pub(crate) struct Scratch(PathBuf);

impl Scratch {
    /// Creates the folder. It must not exist: somebody else's would let them read along.
    pub(crate) fn create(name: &str) -> Result<Self> {
        let path = std::env::temp_dir().join(format!("{name}-{}", std::process::id()));
        let mut builder = std::fs::DirBuilder::new();
        builder
            .mode(0o700)
            .create(&path)
            .with_context(|| format!("creating {}", path.display()))?;
        Ok(Self(path))
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.0) {
            eprintln!("xtask: {} could not be removed: {error}", self.0.display());
        }
    }
}

/// Writes a new secret into a new file that only its owner may read.
pub(crate) fn write_token(path: &Path) -> Result<()> {
    let mut secret = [0; 32];
    File::open("/dev/urandom")
        .and_then(|mut source| source.read_exact(&mut secret))
        .context("no random bytes")?;
    let mut token = String::new();
    for byte in secret {
        write!(token, "{byte:02x}")?;
    }
    let mut options = File::options();
    let file = options.write(true).create_new(true).mode(0o600).open(path);
    let mut file = file.with_context(|| format!("cannot create {}", path.display()))?;
    writeln!(file, "{token}").with_context(|| format!("cannot write {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn mode(path: &Path) -> u32 {
        std::fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn secrets_are_for_their_owner_and_go_with_the_folder() {
        let scratch = Scratch::create("hackstream-xtask-test").unwrap();
        let folder = scratch.path().to_owned();
        let token = folder.join("token");
        write_token(&token).unwrap();
        assert_eq!((mode(&folder), mode(&token)), (0o700, 0o600));
        assert_eq!(std::fs::read_to_string(&token).unwrap().trim().len(), 64);
        assert!(write_token(&token).is_err());
        drop(scratch);
        assert!(!folder.exists());
    }
}
