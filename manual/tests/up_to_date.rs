//! The committed pages and completions are those of the programs.
#![allow(clippy::expect_used, reason = "a test that cannot go on fails")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use hackstream_manual::{files, root};

#[test]
fn the_documentation_says_what_the_programs_do() {
    for file in files().expect("pages") {
        let committed = std::fs::read(root().join(&file.path)).unwrap_or_default();
        let path = file.path.display();
        assert!(
            committed == file.contents,
            "{path} is out of date: run `cargo xtask man`"
        );
    }
}

#[test]
fn no_page_is_left_of_a_program_that_is_gone() {
    let wanted: BTreeSet<PathBuf> = files()
        .expect("pages")
        .into_iter()
        .map(|f| f.path)
        .collect();
    for folder in [
        "man",
        "completions/bash",
        "completions/zsh",
        "completions/fish",
    ] {
        let folder = Path::new("docs").join(folder);
        let found = std::fs::read_dir(root().join(&folder)).expect("a folder");
        for file in found.flatten() {
            let path = folder.join(file.file_name());
            assert!(wanted.contains(&path), "nothing makes {}", path.display());
        }
    }
}
