//! Unsafe code stands only where it is looked for: in modules called `raw`.

use std::path::Path;

use anyhow::{Result, bail};

use crate::sources::{self, without_tests};

/// Fails, naming each file, if there is unsafe code outside the fence.
pub(crate) fn check() -> Result<()> {
    let sources = sources::all()?;
    let outside = sources.iter().filter(|source| !is_fenced(&source.name));
    let trespassers: Vec<&str> = outside
        .filter(|source| has_unsafe(&source.text))
        .map(|source| source.name.as_str())
        .collect();
    if !trespassers.is_empty() {
        bail!(
            "unsafe code outside a module called raw: {}",
            trespassers.join(", ")
        );
    }
    Ok(())
}

/// Whether the file is `raw.rs` or stands in a folder `raw`.
fn is_fenced(name: &str) -> bool {
    let path = Path::new(name);
    path.file_name().is_some_and(|name| name == "raw.rs")
        || path.components().any(|part| part.as_os_str() == "raw")
}

/// Whether a line that is not a comment has the keyword.
fn has_unsafe(text: &str) -> bool {
    let is_name = |c: char| c.is_alphanumeric() || c == '_';
    let lines = without_tests(text);
    let code = lines
        .iter()
        .map(|line| line.trim_start())
        .filter(|line| !line.starts_with("//"));
    // Quotes count as part of a word: "unsafe" in a text is not the keyword.
    code.flat_map(|line| line.split(|c| !is_name(c) && c != '"'))
        .any(|word| word == KEYWORD)
}

const KEYWORD: &str = "unsafe";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_keyword_is_found_and_nothing_else() {
        assert!(has_unsafe("let x = unsafe { y() };"));
        assert!(has_unsafe("    unsafe impl Send for A {}"));
        assert!(!has_unsafe("// unsafe is fenced\n#![forbid(unsafe_code)]"));
        assert!(!has_unsafe("const KEYWORD: &str = \"unsafe\";"));
    }

    #[test]
    fn the_fence_is_a_module_called_raw() {
        assert!(is_fenced("capture/src/raw.rs"));
        assert!(is_fenced("codec/src/h264/raw/decoder.rs"));
        assert!(!is_fenced("codec/src/draw.rs"));
    }
}
