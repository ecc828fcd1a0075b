//! What counts depend on beside our code: the compilers, the C library, callgrind, the processor.

use std::collections::BTreeMap;
use std::process::Command;

use anyhow::{Context, Result};
use serde_json::{Map, Value};

use crate::command;

/// Names and versions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Toolchain(BTreeMap<String, String>);

/// What tells a version: its name here, a program, its argument.
const TOLD_BY: [(&str, &str, &str); 4] = [
    ("rustc", "rustc", "--version"),
    ("cc", "cc", "-dumpfullversion"),
    ("libc", "getconf", "GNU_LIBC_VERSION"),
    ("valgrind", "valgrind", "--version"),
];

impl Toolchain {
    /// That of this machine.
    pub(super) fn here() -> Result<Self> {
        let mut versions = BTreeMap::from([("cpu".to_owned(), processor().to_owned())]);
        for (name, program, argument) in TOLD_BY {
            let told = command::output(Command::new(program).arg(argument))?;
            versions.insert(name.to_owned(), told.trim().to_owned());
        }
        Ok(Self(versions))
    }

    /// What differs in `other`, in words.
    pub(super) fn differences(&self, other: &Self) -> Vec<String> {
        let is_other = |(name, version): &(&String, &String)| self.0.get(*name) != Some(version);
        let describe = |(name, version): (&String, &String)| {
            let before = self.0.get(name).map_or("unknown", String::as_str);
            format!("{name} was {before} and is {version}")
        };
        other.0.iter().filter(is_other).map(describe).collect()
    }

    pub(super) fn from_json(json: &Value) -> Result<Self> {
        let object = json
            .as_object()
            .context("it does not say what it was made with")?;
        let version = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let versions = object
            .iter()
            .map(|(name, value)| (name.clone(), version(value)));
        Ok(Self(versions.collect()))
    }

    pub(super) fn to_json(&self) -> Value {
        let versions = self.0.iter();
        let versions = versions.map(|(name, version)| (name.clone(), version.clone().into()));
        versions.collect::<Map<_, _>>().into()
    }
}

/// The instructions that programs find under callgrind: it offers AVX2 where the processor has it,
/// and never more.
fn processor() -> &'static str {
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx2") {
        return "x86_64 with AVX2";
    }
    std::env::consts::ARCH
}

#[cfg(test)]
mod tests {
    use super::*;

    fn toolchain(rustc: &str) -> Toolchain {
        let versions = [("cc", "12"), ("rustc", rustc)];
        Toolchain(versions.map(|(a, b)| (a.to_owned(), b.to_owned())).into())
    }

    #[test]
    fn differences_are_named() {
        assert!(toolchain("1.95").differences(&toolchain("1.95")).is_empty());
        assert_eq!(
            toolchain("1.95").differences(&toolchain("1.96")),
            ["rustc was 1.95 and is 1.96"]
        );
        let from_nothing = Toolchain::default().differences(&toolchain("1.95"));
        assert_eq!(from_nothing.len(), 2);
    }

    #[test]
    fn what_is_written_is_read() {
        let written = toolchain("1.95").to_json();
        assert_eq!(Toolchain::from_json(&written).unwrap(), toolchain("1.95"));
    }
}
