//! The licences of all crates that are in the programs, with their texts, from the crates themselves.
//!
//! Which licences are allowed at all is deny.toml's affair.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::command;

/// How files with licences begin, in capitals. Libraries in C that crates contain have theirs deeper
/// in the crate's folder.
const NAMES: [&str; 5] = ["LICENSE", "LICENCE", "COPYING", "COPYRIGHT", "NOTICE"];

/// How deep.
const DEPTH: u32 = 3;

/// Everything that the programs of these packages are linked from, as one text.
pub(crate) fn text(programs: &[&str]) -> Result<String> {
    let mut cargo = command::cargo(&["metadata", "--format-version", "1", "--locked"])?;
    let rustc = command::output(Command::new("rustc").arg("-vV"))?;
    let host = rustc.lines().find_map(|line| line.strip_prefix("host: "));
    let host = host.context("rustc -vV names no host")?;
    let metadata = command::output(cargo.args(["--filter-platform", host]))?;
    let metadata: Value = serde_json::from_str(&metadata).context("cargo metadata")?;
    let crates = contained(&metadata, programs)?;
    let mut text = String::from(
        "The programs of HackStream contain these crates of Rust, under these licences.\n\
         Where there is a choice (OR), the first that HackStream's own licences contain is chosen.\n\
         \n\
         the standard library of Rust: MIT OR Apache-2.0\n  https://github.com/rust-lang/rust\n",
    );
    // Many crates have the same text.
    let mut texts: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for package in crates {
        let field = |name: &str| package[name].as_str().unwrap_or_default().to_owned();
        let name = format!("{} {}", field("name"), field("version"));
        writeln!(
            text,
            "\n{name}: {}\n  {}",
            field("license"),
            field("repository")
        )?;
        let manifest = PathBuf::from(field("manifest_path"));
        let folder = manifest.parent().context("a manifest without a folder")?;
        let mut files = Vec::new();
        find(folder, DEPTH, &mut files);
        files.sort();
        for file in files {
            // Some are not UTF-8: names of people in older encodings.
            let bytes = fs::read(&file).with_context(|| file.display().to_string())?;
            let inside = file.strip_prefix(folder).unwrap_or(&file).display();
            let holder = format!("{name}, {inside}");
            let licence = String::from_utf8_lossy(&bytes).trim().to_owned();
            texts.entry(licence).or_default().push(holder);
        }
    }
    for (licence, holders) in texts {
        writeln!(text, "\n{}\n{}\n", "=".repeat(80), holders.join("\n"))?;
        writeln!(text, "{licence}")?;
    }
    Ok(text)
}

/// The crates of others that the programs are linked from, by name.
fn contained<'a>(metadata: &'a Value, programs: &[&str]) -> Result<Vec<&'a Value>> {
    let list = |value: &'a Value| value.as_array().context("cargo metadata: a list");
    let id = |value: &'a Value| value.as_str().unwrap_or_default();
    let packages = list(&metadata["packages"])?;
    let nodes = list(&metadata["resolve"]["nodes"])?;
    let nodes: BTreeMap<&str, &Value> = nodes.iter().map(|node| (id(&node["id"]), node)).collect();
    let roots = packages
        .iter()
        .filter(|package| programs.contains(&id(&package["name"])));
    let mut next: Vec<&str> = roots.map(|package| id(&package["id"])).collect();
    let mut seen = BTreeSet::new();
    while let Some(this) = next.pop() {
        if !seen.insert(this) {
            continue;
        }
        let node = nodes
            .get(this)
            .context("cargo metadata: a crate that is not resolved")?;
        for dependency in list(&node["deps"])? {
            let kinds = list(&dependency["dep_kinds"])?;
            // What is only built with, or tested with, is in no program.
            if kinds.iter().any(|kind| kind["kind"].is_null()) {
                next.push(id(&dependency["pkg"]));
            }
        }
    }
    let others = packages
        .iter()
        .filter(|package| !package["source"].is_null());
    let mut found: Vec<&Value> = others.filter(|p| seen.contains(id(&p["id"]))).collect();
    found.sort_by_key(|package| id(&package["name"]));
    Ok(found)
}

fn find(folder: &Path, depth: u32, found: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    for entry in entries.flatten() {
        let name = entry.file_name().to_string_lossy().to_uppercase();
        let Ok(kind) = entry.file_type() else {
            continue;
        };
        if kind.is_dir() && depth > 1 {
            find(&entry.path(), depth - 1, found);
        } else if kind.is_file() && NAMES.iter().any(|known| name.starts_with(known)) {
            found.push(entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_linked_is_listed_and_what_builds_it_is_not() {
        let metadata = serde_json::json!({
            "packages": [
                { "name": "hackstream-view", "id": "a", "source": null },
                { "name": "zstd", "id": "b", "source": "registry" },
                { "name": "cc", "id": "c", "source": "registry" },
                { "name": "memchr", "id": "d", "source": "registry" },
            ],
            "resolve": { "nodes": [
                { "id": "a", "deps": [
                    { "pkg": "b", "dep_kinds": [{ "kind": null }] },
                    { "pkg": "c", "dep_kinds": [{ "kind": "build" }] },
                ] },
                { "id": "b", "deps": [{ "pkg": "d", "dep_kinds": [{ "kind": null }] }] },
                { "id": "c", "deps": [] },
                { "id": "d", "deps": [] },
            ] },
        });
        let found = contained(&metadata, &["hackstream-view"]).unwrap();
        let names: Vec<_> = found
            .iter()
            .filter_map(|package| package["name"].as_str())
            .collect();
        assert_eq!(names, ["memchr", "zstd"]);
    }
}
