//! How long files and functions are, tests left out.
//!
//! Goes by lines and indentation, which is exact for what rustfmt has formatted.

use anyhow::{Result, bail};

use crate::sources::{self, item_length, without_tests};

/// A bound on lines: beyond the first a warning, beyond the second a failure.
struct Bound {
    warn: usize,
    fail: usize,
}

const FILE: Bound = Bound {
    warn: 300,
    fail: 600,
};
const FUNCTION: Bound = Bound {
    warn: 60,
    fail: 100,
};

/// Fails if a file or a function is far too long; names those that are merely too long.
pub(crate) fn check() -> Result<()> {
    let mut failures = 0;
    for source in sources::all()? {
        for finding in findings(&source.text) {
            eprintln!("{}: {}: {}", finding.severity(), source.name, finding.text);
            failures += usize::from(finding.fails);
        }
    }
    if failures > 0 {
        bail!("{failures} files or functions are far too long; split them by job");
    }
    Ok(())
}

/// Something that is longer than it should be.
#[derive(Debug, PartialEq, Eq)]
struct Finding {
    text: String,
    fails: bool,
}

impl Finding {
    fn of(what: &str, lines: usize, bound: &Bound) -> Option<Self> {
        (lines > bound.warn).then(|| Self {
            text: format!(
                "{what}, {lines} lines (wanted {}, at most {})",
                bound.warn, bound.fail
            ),
            fails: lines > bound.fail,
        })
    }

    const fn severity(&self) -> &'static str {
        if self.fails { "error" } else { "warning" }
    }
}

fn findings(text: &str) -> Vec<Finding> {
    let lines = without_tests(text);
    let file = Finding::of("the file", lines.len(), &FILE);
    let functions = lines.iter().enumerate().filter_map(|(start, line)| {
        let name = function_name(line)?;
        let length = item_length(&lines[start..]);
        Finding::of(&format!("function {name}"), length, &FUNCTION)
    });
    file.into_iter().chain(functions).collect()
}

/// The name of the function whose definition starts on this line.
fn function_name(line: &str) -> Option<&str> {
    let (before, after) = line.trim_start().split_once("fn ").or_else(|| {
        let start = line.trim_start();
        start.starts_with("fn ").then(|| start.split_at(3))
    })?;
    let is_qualifier = |word: &str| {
        matches!(
            word,
            "pub" | "const" | "async" | "unsafe" | "extern" | "\"C\""
        ) || word.starts_with("pub(")
    };
    let name = after.split(['(', '<']).next()?;
    before.split_whitespace().all(is_qualifier).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn function(name: &str, body: usize) -> String {
        let lines = "    work();\n".repeat(body);
        format!("fn {name}() {{\n{lines}}}\n")
    }

    #[test]
    fn short_code_is_fine() {
        assert_eq!(findings(&function("short", 50)), []);
    }

    #[test]
    fn long_functions_are_found_by_name_and_length() {
        let text = format!("{}\n{}", function("wordy", 60), function("endless", 100));
        let found: Vec<_> = findings(&text)
            .iter()
            .map(|f| (f.text.clone(), f.fails))
            .collect();
        assert_eq!(
            found,
            [
                (
                    "function wordy, 62 lines (wanted 60, at most 100)".to_owned(),
                    false
                ),
                (
                    "function endless, 102 lines (wanted 60, at most 100)".to_owned(),
                    true
                ),
            ]
        );
    }

    #[test]
    fn tests_do_not_count() {
        let text = format!(
            "#[cfg(test)]\nmod tests {{\n{}\n}}\n",
            "    fn t() {}\n".repeat(700)
        );
        assert_eq!(findings(&text), []);
    }

    #[test]
    fn long_files_are_found() {
        let found = findings(&"struct A;\n".repeat(601));
        assert!(matches!(found.as_slice(), [Finding { fails: true, .. }]));
    }

    #[test]
    fn only_definitions_are_functions() {
        assert_eq!(
            function_name("    pub(crate) const unsafe fn a<T>(t: T) {"),
            Some("a")
        );
        assert_eq!(function_name("fn b() {"), Some("b"));
        assert_eq!(function_name("    // fn c() {"), None);
        assert_eq!(function_name("let f: fn (u8) = g;"), None);
    }
}
