//! What cargo says about the workspace's crates.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde_json::Value;

use crate::command;

/// One crate of the workspace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Package {
    /// Its name in Cargo.toml.
    pub(crate) name: String,
    /// The top-level folder that it stands in.
    pub(crate) folder: String,
    /// Names of the crates that it is built from; development dependencies are left out.
    pub(crate) dependencies: Vec<String>,
    /// Its features but `default`.
    pub(crate) features: Vec<String>,
}

/// The crates of the workspace.
pub(crate) fn packages() -> Result<Vec<Package>> {
    parse(&metadata()?)
}

/// The folder that cargo builds into.
pub(crate) fn target_directory() -> Result<PathBuf> {
    let metadata: Value = serde_json::from_str(&metadata()?)?;
    Ok(text(&metadata["target_directory"])?.into())
}

/// The oldest Rust that the workspace says it is content with, such as 1.85.
pub(crate) fn rust_version() -> Result<String> {
    let metadata: Value = serde_json::from_str(&metadata()?)?;
    let first = list(&metadata["packages"])?.first();
    let named = first.and_then(|package| package["rust_version"].as_str());
    Ok(named
        .context("the workspace names no rust-version")?
        .to_owned())
}

fn metadata() -> Result<String> {
    let mut cargo = command::cargo(&["metadata", "--format-version", "1", "--no-deps"])?;
    command::output(&mut cargo)
}

fn parse(json: &str) -> Result<Vec<Package>> {
    let metadata: Value = serde_json::from_str(json).context("cargo metadata is not JSON")?;
    let root = Path::new(text(&metadata["workspace_root"])?);
    list(&metadata["packages"])?
        .iter()
        .map(|value| package(root, value))
        .collect()
}

fn package(root: &Path, value: &Value) -> Result<Package> {
    let manifest = Path::new(text(&value["manifest_path"])?);
    let folder = manifest.strip_prefix(root)?.components().next();
    let mut dependencies = Vec::new();
    for dependency in list(&value["dependencies"])? {
        if dependency["kind"] != "dev" {
            dependencies.push(text(&dependency["name"])?.to_owned());
        }
    }
    let features = value["features"]
        .as_object()
        .context("no features in cargo metadata")?;
    Ok(Package {
        name: text(&value["name"])?.to_owned(),
        folder: folder
            .map(|part| part.as_os_str().to_string_lossy().into_owned())
            .context("a crate outside any folder")?,
        dependencies,
        features: features
            .keys()
            .filter(|name| *name != "default")
            .cloned()
            .collect(),
    })
}

fn text(value: &Value) -> Result<&str> {
    value.as_str().context("cargo metadata lacks a text")
}

fn list(value: &Value) -> Result<&Vec<Value>> {
    value.as_array().context("cargo metadata lacks a list")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn development_dependencies_and_the_default_feature_are_left_out() {
        let json = r#"{
            "workspace_root": "/w",
            "packages": [{
                "name": "hub", "manifest_path": "/w/control/hub/Cargo.toml",
                "dependencies": [
                    {"name": "a", "kind": null}, {"name": "b", "kind": "build"},
                    {"name": "c", "kind": "dev"}
                ],
                "features": {"default": ["x"], "x": []}
            }]
        }"#;
        let expected = Package {
            name: "hub".to_owned(),
            folder: "control".to_owned(),
            dependencies: vec!["a".to_owned(), "b".to_owned()],
            features: vec!["x".to_owned()],
        };
        assert_eq!(parse(json).unwrap(), [expected]);
    }
}
