//! How what is shown on the remote display is started.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::applications::Application;
use crate::company;
use crate::scene::ScreenSize;

/// This very program with one of its hidden subcommands, and the files that it writes.
#[derive(Debug, Clone)]
pub(crate) struct StimulusCommand {
    pub(crate) program: PathBuf,
    pub(crate) size: ScreenSize,
    /// When it did what.
    pub(crate) journal: PathBuf,
    /// What is shown; only an application has a witness who writes it.
    pub(crate) record: Option<PathBuf>,
    /// Whether there is [company](crate::company) beside it.
    pub(crate) has_company: bool,
    arguments: Vec<OsString>,
}

impl StimulusCommand {
    /// The stimulus that draws by itself.
    pub(crate) fn synthetic(size: ScreenSize, seed: u64, workspace: &Path) -> Result<Self> {
        let journal = workspace.join("journal");
        let mut arguments = vec!["stimulus".into(), "--size".into(), size.to_string().into()];
        arguments.extend(["--seed".into(), seed.to_string().into()]);
        arguments.extend(["--journal".into(), journal.clone().into()]);
        Ok(Self {
            program: own_program()?,
            size,
            journal,
            record: None,
            has_company: false,
            arguments,
        })
    }

    /// A real application, and the witness beside it.
    pub(crate) fn application(
        application: Application,
        size: ScreenSize,
        seed: u64,
        workspace: &Path,
    ) -> Result<Self> {
        let (journal, record) = (workspace.join("journal"), workspace.join("record"));
        let folder = workspace.join("application");
        std::fs::create_dir_all(&folder)
            .with_context(|| format!("cannot create {}", folder.display()))?;
        let command = application.prepare(&folder, seed)?;
        let mut arguments = vec!["witness".into(), "--size".into(), size.to_string().into()];
        arguments.extend(["--record".into(), record.clone().into()]);
        arguments.extend(["--journal".into(), journal.clone().into()]);
        arguments.extend(["--folder".into(), folder.into(), "--".into()]);
        arguments.extend(command);
        Ok(Self {
            program: own_program()?,
            size,
            journal,
            record: Some(record),
            has_company: false,
            arguments,
        })
    }

    /// The same with company, whose files are in `folder`.
    pub(crate) fn with_company(self, folder: &Path, seed: u64) -> Result<Self> {
        let command = (self.program.as_path(), self.arguments);
        let (program, arguments) = company::in_session(command, folder, seed)?;
        Ok(Self {
            program,
            arguments,
            has_company: true,
            ..self
        })
    }

    /// Everything after the program's name.
    pub(crate) fn arguments(&self) -> &[OsString] {
        &self.arguments
    }
}

fn own_program() -> Result<PathBuf> {
    std::env::current_exe().context("cannot find this program's own file")
}
