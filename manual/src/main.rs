//! Writes the man pages and the shell completions into `docs`.

use std::fs;

use anyhow::{Context as _, Result};
use hackstream_manual::{files, root};

fn main() -> Result<()> {
    for file in files()? {
        let path = root().join(&file.path);
        let folder = path.parent().unwrap_or(root());
        let written = fs::create_dir_all(folder).and_then(|()| fs::write(&path, file.contents));
        written.with_context(|| format!("cannot write {}", path.display()))?;
        eprintln!("{}", file.path.display());
    }
    Ok(())
}
