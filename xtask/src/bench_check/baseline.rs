//! The committed costs of all cases.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use serde_json::{Map, Value};

use super::toolchain::Toolchain;
use crate::command;

/// The file, inside the workspace.
pub(super) const FILE: &str = "bench/baseline.json";

/// What a case costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cost {
    /// Instructions of its work.
    pub(super) instructions: u64,
    /// Bytes that it made; 0 where it makes none.
    pub(super) bytes: u64,
}

/// Costs by the names of their cases.
pub(super) type Costs = BTreeMap<String, Cost>;

/// The committed costs, and what they were counted with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Baseline {
    pub(super) toolchain: Toolchain,
    pub(super) costs: Costs,
}

impl Baseline {
    /// The committed baseline; `None` if there is none.
    pub(super) fn read() -> Result<Option<Self>> {
        match std::fs::read_to_string(path()?) {
            Ok(text) => {
                let parsed = Self::parse(&text);
                parsed
                    .map(Some)
                    .with_context(|| format!("{FILE} is damaged"))
            }
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error).context(format!("cannot read {FILE}")),
        }
    }

    /// Replaces the committed baseline.
    pub(super) fn write(&self) -> Result<()> {
        std::fs::write(path()?, self.to_text()?).with_context(|| format!("cannot write {FILE}"))?;
        eprintln!("Wrote {FILE}; commit it, and say in the message why.");
        Ok(())
    }

    fn parse(text: &str) -> Result<Self> {
        let json: Value = serde_json::from_str(text)?;
        let toolchain = Toolchain::from_json(&json["made_with"])?;
        let all_instructions = numbers(&json["instructions"])?;
        let mut all_bytes = numbers(&json["bytes"])?;
        let mut costs = Costs::new();
        for (case, instructions) in all_instructions {
            let bytes = all_bytes.remove(&case).unwrap_or(0);
            costs.insert(
                case,
                Cost {
                    instructions,
                    bytes,
                },
            );
        }
        if let Some((case, _)) = all_bytes.pop_first() {
            bail!("{case} has bytes and no instructions");
        }
        Ok(Self { toolchain, costs })
    }

    /// One line for each number, so that differences are easy to read.
    fn to_text(&self) -> Result<String> {
        let of = |number: fn(&Cost) -> u64| -> Value {
            let numbers = self.costs.iter().map(|(case, cost)| (case, number(cost)));
            let stated = numbers.filter(|(_, number)| *number > 0);
            stated
                .map(|(case, number)| (case.clone(), number.into()))
                .collect::<Map<_, _>>()
                .into()
        };
        let json = serde_json::json!({
            "made_with": self.toolchain.to_json(),
            "instructions": of(|cost| cost.instructions),
            "bytes": of(|cost| cost.bytes),
        });
        Ok(serde_json::to_string_pretty(&json)? + "\n")
    }
}

fn numbers(json: &Value) -> Result<BTreeMap<String, u64>> {
    let object = json.as_object().context("no object of numbers")?;
    let entries = object.iter().map(|(case, number)| {
        let number = number
            .as_u64()
            .with_context(|| format!("{case} is no number"))?;
        Ok((case.clone(), number))
    });
    entries.collect()
}

fn path() -> Result<PathBuf> {
    Ok(command::root()?.join(FILE))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn baseline() -> Baseline {
        let cost = |instructions, bytes| Cost {
            instructions,
            bytes,
        };
        Baseline {
            toolchain: Toolchain::default(),
            costs: [("a/decode", cost(7, 0)), ("a/encode", cost(9, 3))]
                .map(|(case, cost)| (case.to_owned(), cost))
                .into(),
        }
    }

    #[test]
    fn what_is_written_is_read() {
        let text = baseline().to_text().unwrap();
        assert_eq!(Baseline::parse(&text).unwrap(), baseline());
        assert!(text.contains("\n    \"a/encode\": 9\n"), "{text}");
    }

    #[test]
    fn damage_is_refused() {
        let text = baseline().to_text().unwrap();
        let renamed = "\"b/encode\": 9";
        for (from, to) in [
            ("9", "-9"),
            ("\"bytes\"", "\"b\""),
            ("\"a/encode\": 9", renamed),
        ] {
            let damaged = text.replacen(from, to, 1);
            assert!(Baseline::parse(&damaged).is_err(), "{damaged}");
        }
    }
}
