//! The stimulus' diary: when it drew what, on the machine's monotonic clock.

use std::fs::File;
use std::io::Write;
use std::path::Path;

use anyhow::{Context, Result};

use crate::clock::Instant;

/// One line of the diary.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Entry {
    /// A key arrived and its drawing was handed to the X server.
    Action { received: Instant, drawn: Instant },
    /// A frame of the film was handed to the X server.
    Frame { number: u16, shown: Instant },
}

impl Entry {
    fn line(self) -> String {
        match self {
            Self::Action { received, drawn } => {
                format!(
                    "action {} {}\n",
                    received.nanoseconds(),
                    drawn.nanoseconds()
                )
            }
            Self::Frame { number, shown } => format!("frame {number} {}\n", shown.nanoseconds()),
        }
    }

    fn parse(line: &str) -> Option<Self> {
        let mut words = line.split(' ');
        let kind = words.next()?;
        let mut number = || words.next()?.parse::<u64>().ok();
        let (first, second) = (number()?, Instant::from_nanoseconds(number()?));
        match kind {
            "action" => {
                let received = Instant::from_nanoseconds(first);
                Some(Self::Action {
                    received,
                    drawn: second,
                })
            }
            "frame" => Some(Self::Frame {
                number: u16::try_from(first).ok()?,
                shown: second,
            }),
            _ => None,
        }
    }
}

/// Appends entries, each in one write so that a reader sees whole lines.
#[derive(Debug)]
pub(crate) struct Journal(File);

impl Journal {
    pub(crate) fn create(path: &Path) -> Result<Self> {
        let file = File::create(path);
        Ok(Self(file.with_context(|| {
            format!("cannot create {}", path.display())
        })?))
    }

    pub(crate) fn write(&mut self, entry: Entry) -> Result<()> {
        Ok(self.0.write_all(entry.line().as_bytes())?)
    }
}

/// All whole entries written so far.
pub(crate) fn read_journal(path: &Path) -> Result<Vec<Entry>> {
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("cannot read the stimulus' journal {}", path.display()))?;
    Ok(text
        .split_inclusive('\n')
        .filter_map(|line| Entry::parse(line.strip_suffix('\n')?))
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_survive_their_text() {
        let (received, drawn) = (Instant::from_nanoseconds(12), Instant::from_nanoseconds(99));
        for entry in [
            Entry::Action { received, drawn },
            Entry::Frame {
                number: 7,
                shown: drawn,
            },
        ] {
            assert_eq!(Entry::parse(entry.line().trim_end()), Some(entry));
        }
        for broken in [
            "",
            "frame",
            "frame 1",
            "frame 70000 1",
            "action x 1",
            "other 1 2",
        ] {
            assert_eq!(Entry::parse(broken), None, "{broken}");
        }
    }
}
