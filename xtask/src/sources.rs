//! The product's source files, and their lines that are not tests.
//!
//! Goes by lines and indentation, which is exact for what rustfmt has formatted.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::command;
use crate::metadata;

/// One source file.
pub(crate) struct Source {
    /// Its path inside the workspace.
    pub(crate) name: String,
    /// What is in it.
    pub(crate) text: String,
}

/// All source files of the workspace's crates but tests.
pub(crate) fn all() -> Result<Vec<Source>> {
    let root = command::root()?;
    let mut files = Vec::new();
    for package in metadata::packages()? {
        collect(&root.join(package.folder), &mut files)?;
    }
    files.sort();
    files.dedup();
    let read = |file: PathBuf| {
        let text = std::fs::read_to_string(&file)
            .with_context(|| format!("cannot read {}", file.display()))?;
        let name = file
            .strip_prefix(&root)
            .unwrap_or(&file)
            .display()
            .to_string();
        Ok(Source { name, text })
    };
    files.into_iter().map(read).collect()
}

/// Adds the source files under `folder`: no tests, no build results.
fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    let entries = std::fs::read_dir(folder)
        .with_context(|| format!("cannot read the folder {}", folder.display()))?;
    for entry in entries {
        let path = entry?.path();
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        if path.is_dir() {
            if !matches!(name.as_str(), "tests" | "benches" | "target") {
                collect(&path, files)?;
            }
        } else if name.ends_with(".rs") && name != "tests.rs" {
            files.push(path);
        }
    }
    Ok(())
}

/// The lines that are not part of an item marked `#[cfg(test)]`.
pub(crate) fn without_tests(text: &str) -> Vec<&str> {
    let all: Vec<&str> = text.lines().collect();
    let mut kept = Vec::with_capacity(all.len());
    let mut at = 0;
    while let Some(line) = all.get(at) {
        if line.trim() == "#[cfg(test)]" {
            at += item_length(&all[at..]);
        } else {
            kept.push(*line);
            at += 1;
        }
    }
    kept
}

/// Lines of the item that starts with the first of `lines`: up to the first that is indented alike
/// and closes a brace or ends a statement.
pub(crate) fn item_length(lines: &[&str]) -> usize {
    let indentation = lines.first().map_or(0, |line| indentation(line));
    let ends = |line: &&str| {
        let ended = line.trim_start() == "}" || line.ends_with(';') || line.ends_with("{}");
        indentation == self::indentation(line) && ended
    };
    lines
        .iter()
        .position(ends)
        .map_or(lines.len(), |last| last + 1)
}

fn indentation(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_for_tests_are_left_out() {
        let text = "\
struct A;
#[cfg(test)]
use test::Only;
#[cfg(test)]
mod tests {
    fn t() {
        work();
    }
}
struct B;
";
        assert_eq!(without_tests(text), ["struct A;", "struct B;"]);
    }
}
