//! What the image is built from: our files, and the server that was just compiled.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use crate::command;
use crate::metadata;
use crate::release::{LEGAL, THIRD_PARTY, licences};

/// Copies everything into the folder.
pub(super) fn fill(folder: &Path) -> Result<()> {
    let root = command::root()?;
    copy_all(&root.join("packaging/image"), folder)?;
    for name in LEGAL {
        copy(&root.join(name), &folder.join(name))?;
    }
    let third_party = licences::text(&["hackstream-server"])?;
    fs::write(folder.join(THIRD_PARTY), third_party).context("cannot write the licences")?;
    let server = metadata::target_directory()?.join("release/hackstream-server");
    copy(&server, &folder.join("hackstream-server"))
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    let copied = fs::copy(from, to).map(drop);
    copied.with_context(|| format!("cannot copy {} to {}", from.display(), to.display()))
}

fn copy_all(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to).with_context(|| format!("cannot make {}", to.display()))?;
    let entries = fs::read_dir(from).with_context(|| format!("cannot read {}", from.display()))?;
    for entry in entries {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_all(&entry.path(), &target)?;
        } else {
            copy(&entry.path(), &target)?;
        }
    }
    Ok(())
}
