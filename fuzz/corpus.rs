//! What tests do with the fuzzer's inputs; included by those of the crates whose bytes they are.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "for tests")]
#![allow(dead_code, reason = "each user of this file needs a part of it")]

use std::path::{Path, PathBuf};

/// The inputs of one fuzz target, by its name.
pub(crate) struct Corpus(pub(crate) &'static str);

impl Corpus {
    fn folder(&self) -> PathBuf {
        root().join("fuzz/corpus").join(self.0)
    }

    /// Gives every input to `check`, having printed its name.
    pub(crate) fn replay(&self, check: impl Fn(&[u8])) {
        let entries: Vec<_> = std::fs::read_dir(self.folder()).unwrap().collect();
        assert!(!entries.is_empty());
        for entry in entries {
            let path = entry.unwrap().path();
            println!("{}", path.display());
            check(&std::fs::read(path).unwrap());
        }
    }

    /// Fails unless each seed is what this version writes.
    pub(crate) fn keep(&self, seeds: &[(&str, Vec<u8>)]) {
        for (name, bytes) in seeds {
            let seed = self.seed(name, bytes);
            assert_eq!(seed, *bytes, "the form of {name} has changed");
        }
    }

    /// The seed called `name`, nothing if there is none. With HACKSTREAM_WRITE_SEEDS=1 `bytes` are
    /// written there first.
    pub(crate) fn seed(&self, name: &str, bytes: &[u8]) -> Vec<u8> {
        let file = self.folder().join(name);
        if std::env::var_os("HACKSTREAM_WRITE_SEEDS").is_some() {
            std::fs::write(&file, bytes).unwrap();
        }
        std::fs::read(file).unwrap_or_default()
    }
}

/// Fails unless the specification has a row that ends with `bytes` as an example.
pub(crate) fn assert_specified(name: &str, bytes: &[u8]) {
    let hex: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let row = format!("| `{}` |\n", hex.join(" "));
    let specification = std::fs::read_to_string(root().join("docs/protocol.md")).unwrap();
    assert!(
        specification.contains(&row),
        "docs/protocol.md lacks {name}: {row}"
    );
}

/// The folder of the workspace: that of a crate is one below.
fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}
