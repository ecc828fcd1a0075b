//! The map in ARCHITECTURE.md against the crates as they are.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result, bail};

use crate::command;
use crate::metadata::{self, Package};

/// One row of the map: a top-level folder.
#[derive(Debug, PartialEq, Eq)]
struct Row {
    crates: BTreeSet<String>,
    may_depend_on: BTreeSet<String>,
}

/// The rows by folder.
type Map = BTreeMap<String, Row>;

/// Fails, naming each difference, if the map is not true.
pub(crate) fn check() -> Result<()> {
    let file = command::root()?.join("ARCHITECTURE.md");
    let text = std::fs::read_to_string(&file).context("cannot read ARCHITECTURE.md")?;
    let problems = differences(&parse(&text)?, &metadata::packages()?);
    if !problems.is_empty() {
        bail!(
            "the map in ARCHITECTURE.md is not true:\n  {}",
            problems.join("\n  ")
        );
    }
    Ok(())
}

/// Reads the table whose head starts with the columns "folder" and "crate".
fn parse(document: &str) -> Result<Map> {
    let mut lines = document.lines().map(cells);
    let head = lines
        .by_ref()
        .flatten()
        .find(|cells| cells.starts_with(&["folder", "crate"]))
        .context("no table with the columns \"folder\" and \"crate\"")?;
    let last = head.len() - 1;
    let mut map = Map::new();
    for row in lines.skip(1).map_while(|cells| cells) {
        if row.len() != head.len() {
            bail!(
                "a row of the map has {} cells, not {}: {row:?}",
                row.len(),
                head.len()
            );
        }
        let value = Row {
            crates: names(row[1]),
            may_depend_on: names(row[last]),
        };
        if map.insert(row[0].to_owned(), value).is_some() {
            bail!("{} stands twice in the map", row[0]);
        }
    }
    Ok(map)
}

/// The cells of a table's row without quotes, or `None` for any other line.
fn cells(line: &str) -> Option<Vec<&str>> {
    let inner = line.trim().strip_prefix('|')?.strip_suffix('|')?;
    Some(
        inner
            .split('|')
            .map(|cell| cell.trim().trim_matches('`'))
            .collect(),
    )
}

/// The names in a cell, separated by commas; "-" stands for none.
fn names(cell: &str) -> BTreeSet<String> {
    let words = cell.split(',').map(|word| word.trim().trim_matches('`'));
    words
        .filter(|word| !word.is_empty() && *word != "-")
        .map(str::to_owned)
        .collect()
}

fn differences(map: &Map, packages: &[Package]) -> Vec<String> {
    let mut problems = Vec::new();
    for (folder, row) in map {
        for name in &row.crates {
            if !packages
                .iter()
                .any(|package| package.name == *name && package.folder == *folder)
            {
                problems.push(format!("{folder}/ holds no crate {name}"));
            }
        }
        for other in row
            .may_depend_on
            .iter()
            .filter(|other| !map.contains_key(*other))
        {
            problems.push(format!(
                "{folder} may depend on {other}, which is not in the map"
            ));
        }
    }
    for package in packages {
        match map
            .get(&package.folder)
            .filter(|row| row.crates.contains(&package.name))
        {
            Some(row) => problems.extend(forbidden_edges(package, row, packages)),
            None => {
                problems.push(format!(
                    "{} in {}/ is missing",
                    package.name, package.folder
                ));
            }
        }
    }
    problems
}

fn forbidden_edges<'a>(
    package: &'a Package,
    row: &'a Row,
    packages: &'a [Package],
) -> impl Iterator<Item = String> + 'a {
    let folder_of = |name: &String| {
        packages
            .iter()
            .find(|other| other.name == *name)
            .map(|other| &other.folder)
    };
    let folders = package.dependencies.iter().filter_map(folder_of);
    folders
        .filter(|folder| **folder != package.folder && !row.may_depend_on.contains(*folder))
        .map(|folder| format!("{} depends on {folder}", package.folder))
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOCUMENT: &str = "\
# Title

| other | table |
|---|---|
| a | b |

| folder | crate | is | may depend on |
|---|---|---|---|
| `low` | hs-low | the base | - |
| `high` | hs-high, hs-higher | the `top` | low |

| folder-like | crate |
";

    fn package(name: &str, folder: &str, dependencies: &[&str]) -> Package {
        Package {
            name: name.to_owned(),
            folder: folder.to_owned(),
            dependencies: dependencies.iter().map(|name| (*name).to_owned()).collect(),
            features: Vec::new(),
        }
    }

    fn truth() -> Vec<Package> {
        vec![
            package("hs-low", "low", &["serde"]),
            package("hs-high", "high", &["hs-low"]),
            package("hs-higher", "high", &["hs-high", "hs-low"]),
        ]
    }

    #[test]
    fn a_true_map_passes() {
        let map = parse(DOCUMENT).unwrap();
        assert_eq!(map.len(), 2);
        assert_eq!(differences(&map, &truth()), Vec::<String>::new());
    }

    #[test]
    fn an_edge_that_the_map_does_not_allow_is_named() {
        let mut packages = truth();
        packages[0].dependencies.push("hs-high".to_owned());
        let problems = differences(&parse(DOCUMENT).unwrap(), &packages);
        assert_eq!(problems, ["low depends on high"]);
    }

    #[test]
    fn crates_and_rows_without_the_other_are_named() {
        let mut packages = truth();
        packages[2] = package("hs-new", "new", &[]);
        let problems = differences(&parse(DOCUMENT).unwrap(), &packages);
        assert_eq!(
            problems,
            [
                "high/ holds no crate hs-higher",
                "hs-new in new/ is missing"
            ]
        );
    }

    #[test]
    fn a_right_hand_name_outside_the_map_is_named() {
        let document = DOCUMENT.replace("| low |", "| low, lost |");
        let problems = differences(&parse(&document).unwrap(), &truth());
        assert_eq!(
            problems,
            ["high may depend on lost, which is not in the map"]
        );
    }

    #[test]
    fn a_document_without_the_map_is_refused() {
        assert!(parse("| a | b |").is_err());
        assert!(parse(&DOCUMENT.replace("| the base", "")).is_err());
    }
}
