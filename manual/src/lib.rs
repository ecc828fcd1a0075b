//! Man pages and shell completions, made from the command lines of the programs.
//!
//! Packagers find them in `docs/man` and `docs/completions`; the programs themselves carry none of
//! it. `cargo xtask man` writes them, and a test fails where they are out of date.

mod page;

use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::{Command, CommandFactory as _};
use clap_complete::{Shell, generate};

/// Shells with completions.
const SHELLS: [Shell; 3] = [Shell::Bash, Shell::Zsh, Shell::Fish];

/// A file of the documentation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Relative to the folder of the workspace.
    pub path: PathBuf,
    /// What it holds.
    pub contents: Vec<u8>,
}

/// All files.
///
/// # Errors
/// If a page cannot be made.
pub fn files() -> Result<Vec<File>> {
    let mut files = Vec::new();
    for program in programs() {
        files.extend(pages(&program)?);
        files.extend(SHELLS.map(|shell| completion(&program, shell)));
    }
    Ok(files)
}

/// The folder of the workspace.
#[must_use]
pub fn root() -> &'static Path {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    own.parent().unwrap_or(own)
}

fn programs() -> [Command; 7] {
    [
        hackstream_view::config::command(),
        hackstream_server::config::raw::Cli::command(),
        hackstream_bench::cli::Cli::command(),
        hackstream_hub::config::Cli::command(),
        hackstream_node::cli::Cli::command(),
        hackstream_cli::user::Cli::command(),
        hackstream_cli::admin::Cli::command(),
    ]
}

/// The page of a program, and those of its tasks, as `git` has them: `hackstream-server-run`.
fn pages(program: &Command) -> Result<Vec<File>> {
    let mut program = program.clone().disable_help_subcommand(true);
    program.build();
    let mut pages = vec![page_of(&program, program.get_name())?];
    for task in program.get_subcommands().filter(|task| !task.is_hide_set()) {
        let name = format!("{}-{}", program.get_name(), task.get_name());
        pages.push(page_of(task, &name)?);
    }
    Ok(pages)
}

fn page_of(command: &Command, name: &str) -> Result<File> {
    Ok(File {
        path: Path::new("docs/man").join(format!("{name}.1")),
        contents: page::render(command, name)?,
    })
}

/// Each is named as its shell looks for it.
fn completion(program: &Command, shell: Shell) -> File {
    let name = program.get_name();
    let file = match shell {
        Shell::Zsh => format!("zsh/_{name}"),
        Shell::Fish => format!("fish/{name}.fish"),
        other => format!("{other}/{name}"),
    };
    let mut contents = Vec::new();
    generate(shell, &mut program.clone(), name, &mut contents);
    File {
        path: Path::new("docs/completions").join(file),
        contents,
    }
}
