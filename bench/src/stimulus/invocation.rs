//! How the stimulus is started.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::scene::ScreenSize;

/// The stimulus: this very program with its hidden subcommand, and where it keeps its journal.
#[derive(Debug, Clone)]
pub(crate) struct StimulusCommand {
    pub(crate) program: PathBuf,
    pub(crate) size: ScreenSize,
    pub(crate) seed: u64,
    pub(crate) journal: PathBuf,
}

impl StimulusCommand {
    pub(crate) fn new(size: ScreenSize, seed: u64, workspace: &Path) -> Result<Self> {
        let program = std::env::current_exe().context("cannot find this program's own file")?;
        Ok(Self {
            program,
            size,
            seed,
            journal: workspace.join("journal"),
        })
    }

    /// Everything after the program's name.
    pub(crate) fn arguments(&self) -> [OsString; 7] {
        [
            "stimulus".into(),
            "--size".into(),
            self.size.to_string().into(),
            "--seed".into(),
            self.seed.to_string().into(),
            "--journal".into(),
            self.journal.clone().into(),
        ]
    }
}
