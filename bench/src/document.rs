//! `report`: plots and a document from the results of earlier runs.

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::cli::ReportArguments;
use crate::markdown::Illustrations;
use crate::results::Results;
use crate::{markdown, plots};

pub(crate) fn run(arguments: &ReportArguments) -> Result<()> {
    let runs = arguments.results.iter().map(|file| Results::load(file));
    let runs: Vec<Results> = runs.collect::<Result<_>>()?;
    let folder = plot_folder(arguments);
    let drawn = match &folder {
        Some(folder) => plots::draw(&Results::joined(&runs), folder)?,
        None => Vec::new(),
    };
    let base = arguments.markdown.as_deref().and_then(Path::parent);
    let reference = folder.map_or_else(String::new, |folder| seen_from(&folder, base));
    let findings = arguments.findings.as_deref().map(read).transpose()?;
    let illustrations = Illustrations {
        plots: &drawn,
        folder: &reference,
    };
    let text = markdown::render(&runs, illustrations, findings.as_deref());
    match &arguments.markdown {
        Some(file) => {
            std::fs::write(file, text).with_context(|| format!("cannot write {}", file.display()))
        }
        None => Ok(std::io::stdout().lock().write_all(text.as_bytes())?),
    }
}

fn read(file: &Path) -> Result<String> {
    std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))
}

/// As asked for, or beside the document in a folder of its name.
fn plot_folder(arguments: &ReportArguments) -> Option<PathBuf> {
    let beside = || Some(arguments.markdown.as_ref()?.with_extension(""));
    arguments.out.clone().or_else(beside)
}

/// How a document in `base` refers to a folder.
fn seen_from(folder: &Path, base: Option<&Path>) -> String {
    let inside = base.and_then(|base| folder.strip_prefix(base).ok());
    inside.unwrap_or(folder).display().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_relative_to_the_document() {
        let seen = |folder: &str, base: &str| seen_from(Path::new(folder), Some(Path::new(base)));
        assert_eq!(seen("docs/benchmarks", "docs"), "benchmarks");
        assert_eq!(seen("elsewhere", "docs"), "elsewhere");
        assert_eq!(seen("benchmarks", ""), "benchmarks");
    }
}
