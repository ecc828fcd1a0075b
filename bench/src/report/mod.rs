//! The results: gathered cell by cell, shown as a table, kept as JSON.

mod json;
mod layout;
mod losses;
mod machine;
mod split;
mod table;
mod ticker;

pub(crate) use json::FORMAT;
pub(crate) use layout::{columns, wrapped};
pub(crate) use split::table as split_table;
pub(crate) use ticker::Ticker;

use std::io::Write;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};

use crate::measure::{Findings, Work};
use crate::network::Link;
use crate::peers::PeerName;
use crate::plots;
use crate::results::Results;
use crate::scene::ScreenSize;
use crate::split::Split;

/// Replaces results.json once it is complete.
const DRAFT: &str = "results.json.new";

/// How a cell ended.
#[derive(Debug, Clone)]
pub(crate) enum Outcome {
    Measured(Box<Findings>),
    /// It could not be measured although everything is installed.
    Failed(String),
    /// It was not tried.
    Skipped(String),
}

/// One peer, link and work with its outcome.
#[derive(Debug, Clone)]
pub(crate) struct Cell {
    pub(crate) peer: PeerName,
    pub(crate) link: Link,
    pub(crate) work: Work,
    pub(crate) outcome: Outcome,
    /// Where the time went, if the viewer tells.
    pub(crate) split: Option<Split>,
}

impl Cell {
    /// Tells the person at the terminal, and passes the cell on.
    pub(crate) fn announced(self) -> Self {
        progress(&match &self.outcome {
            Outcome::Measured(findings) => format!("    {}", table::brief(findings)),
            Outcome::Failed(reason) => format!("    FAILED: {reason}"),
            Outcome::Skipped(reason) => format!("    skipped: {reason}"),
        });
        self
    }

    fn findings(&self) -> Option<&Findings> {
        match &self.outcome {
            Outcome::Measured(findings) => Some(findings),
            Outcome::Failed(_) | Outcome::Skipped(_) => None,
        }
    }
}

/// What a run was made with.
#[derive(Debug, Clone)]
pub(crate) struct RunFacts {
    pub(crate) seed: u64,
    pub(crate) size: ScreenSize,
    pub(crate) runs: u32,
    pub(crate) duration: Duration,
    pub(crate) links: Vec<LinkFacts>,
    /// Cells of the whole run; an interrupted one has fewer.
    pub(crate) planned: usize,
    /// Those that are installed.
    pub(crate) peers: Vec<PeerFacts>,
}

/// A peer of a run.
#[derive(Debug, Clone)]
pub(crate) struct PeerFacts {
    pub(crate) name: &'static str,
    pub(crate) version: String,
    /// What the server's memory figure is of.
    pub(crate) memory: &'static str,
    /// What a reader of its figures has to know.
    pub(crate) remark: Option<&'static str>,
}

/// A link of a run.
#[derive(Debug, Clone)]
pub(crate) struct LinkFacts {
    pub(crate) name: &'static str,
    pub(crate) figures: String,
    /// What a reader has to know beyond the figures.
    pub(crate) notes: Vec<String>,
}

/// All cells so far.
#[derive(Debug, Clone)]
pub(crate) struct Report {
    facts: RunFacts,
    cells: Vec<Cell>,
}

impl Report {
    pub(crate) const fn new(facts: RunFacts) -> Self {
        Self {
            facts,
            cells: Vec::new(),
        }
    }

    pub(crate) fn add(&mut self, cell: Cell) {
        self.cells.push(cell);
    }

    pub(crate) fn has_failures(&self) -> bool {
        self.cells
            .iter()
            .any(|cell| matches!(cell.outcome, Outcome::Failed(_)))
    }

    /// Fails, before anything is measured, where results.json could not be written.
    pub(crate) fn check_folder(folder: Option<&Path>) -> Result<()> {
        let Some(folder) = folder else { return Ok(()) };
        let draft = folder.join(DRAFT);
        std::fs::create_dir_all(folder)
            .and_then(|()| std::fs::write(&draft, []))
            .and_then(|()| std::fs::remove_file(&draft))
            .with_context(|| format!("cannot write into {} (--out)", folder.display()))
    }

    /// Writes results.json; called after every cell, so that nothing measured is lost.
    pub(crate) fn save(&self, folder: Option<&Path>) -> Result<()> {
        let Some(folder) = folder else { return Ok(()) };
        let (path, draft) = (folder.join("results.json"), folder.join(DRAFT));
        let text = serde_json::to_string_pretty(&json::report(self))?;
        std::fs::write(&draft, text + "\n")
            .and_then(|()| std::fs::rename(&draft, &path))
            .with_context(|| format!("cannot write {}", path.display()))
    }

    /// Draws the plots of what was measured beside results.json; without a font there are none.
    pub(crate) fn draw(&self, folder: Option<&Path>) -> Result<()> {
        let Some(folder) = folder else { return Ok(()) };
        let results = Results::parse(&json::report(self).to_string())?;
        if let Err(error) = plots::draw(&results, folder) {
            progress(&format!("no plots: {error:#}"));
        }
        Ok(())
    }
}

/// The table, on standard output.
pub(crate) fn show(report: &Report) -> Result<()> {
    Ok(std::io::stdout()
        .lock()
        .write_all((table::render(report) + &split::render(report)).as_bytes())?)
}

/// A line for the person who waits, on standard error.
pub(crate) fn progress(line: &str) {
    eprintln!("{line}");
}
