//! What the witness saw last, in a file that the bench maps: the picture and when it changed.

use std::fs::File;
use std::os::fd::AsFd;
use std::path::Path;
use std::sync::atomic::{Ordering, fence};

use anyhow::{Context, Result, ensure};

use super::raw::{Access, Mapping};
use crate::clock::Instant;
use crate::scene::ScreenSize;

const MAGIC: u32 = 0x5749_544e;
/// Places of the head's words.
const MAGIC_AT: usize = 0;
const WIDTH_AT: usize = 4;
const HEIGHT_AT: usize = 8;
/// Odd while the time is being written.
const SEQUENCE_AT: usize = 12;
const TIME_LOW_AT: usize = 16;
const TIME_HIGH_AT: usize = 20;
/// The first pixel, on a page of its own.
const PIXELS_AT: usize = 4096;

/// The newest change of the picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LastChange {
    /// Grows with every change.
    pub(crate) sequence: u32,
    pub(crate) at: Instant,
}

/// The witness' end.
#[derive(Debug)]
pub(crate) struct RecordWriter {
    mapping: Mapping,
    width: u32,
    sequence: u32,
}

/// The bench's end.
#[derive(Debug)]
pub(crate) struct Record {
    mapping: Mapping,
    size: ScreenSize,
}

impl RecordWriter {
    /// A record of a black picture.
    pub(crate) fn create(path: &Path, size: ScreenSize) -> Result<Self> {
        let file = File::options()
            .read(true)
            .write(true)
            .create_new(true)
            .open(path)
            .with_context(|| format!("cannot create {}", path.display()))?;
        let bytes = PIXELS_AT + usize::from(size.width) * usize::from(size.height) * 4;
        file.set_len(bytes as u64)?;
        let mapping = Mapping::new(file.as_fd(), bytes, Access::ReadWrite)?;
        let mut record = Self {
            mapping,
            width: size.width.into(),
            sequence: 0,
        };
        record.write_word(WIDTH_AT, size.width.into());
        record.write_word(HEIGHT_AT, size.height.into());
        Ok(record)
    }

    /// Writes pixels (as 0x00RRGGBB bytes of this machine) from (x, y) to the right.
    pub(crate) fn write_pixels(&mut self, x: u32, y: u32, pixels: &[u8]) {
        let offset = PIXELS_AT + (y as usize * self.width as usize + x as usize) * 4;
        self.mapping.write(offset, pixels);
    }

    /// Tells that the picture changed; from the first time on the record counts.
    pub(crate) fn publish(&mut self, at: Instant) {
        let nanoseconds = at.nanoseconds();
        self.write_word(SEQUENCE_AT, self.sequence | 1);
        fence(Ordering::Release);
        self.write_word(TIME_LOW_AT, nanoseconds as u32);
        self.write_word(TIME_HIGH_AT, (nanoseconds >> 32) as u32);
        fence(Ordering::Release);
        self.sequence = self.sequence.wrapping_add(2);
        self.write_word(SEQUENCE_AT, self.sequence);
        self.write_word(MAGIC_AT, MAGIC);
    }

    fn write_word(&mut self, offset: usize, word: u32) {
        self.mapping.write(offset, &word.to_ne_bytes());
    }
}

impl Record {
    /// `None` as long as the witness has seen nothing.
    pub(crate) fn open(path: &Path) -> Result<Option<Self>> {
        let file = match File::open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => {
                return Err(error).with_context(|| format!("cannot open {}", path.display()));
            }
        };
        let bytes = usize::try_from(file.metadata()?.len())?;
        if bytes < PIXELS_AT {
            return Ok(None);
        }
        let mapping = Mapping::new(file.as_fd(), bytes, Access::Read)?;
        let word = |offset| mapping.read_u32(offset).unwrap_or(0);
        if word(MAGIC_AT) != MAGIC {
            return Ok(None);
        }
        let edge = |offset| u16::try_from(word(offset)).context("a broken record");
        let size = ScreenSize {
            width: edge(WIDTH_AT)?,
            height: edge(HEIGHT_AT)?,
        };
        let needed = PIXELS_AT + usize::from(size.width) * usize::from(size.height) * 4;
        ensure!(bytes == needed, "the record does not match its size {size}");
        Ok(Some(Self { mapping, size }))
    }

    pub(crate) const fn size(&self) -> ScreenSize {
        self.size
    }

    pub(crate) fn last_change(&self) -> LastChange {
        loop {
            let sequence = self.word(SEQUENCE_AT);
            fence(Ordering::Acquire);
            let (low, high) = (self.word(TIME_LOW_AT), self.word(TIME_HIGH_AT));
            fence(Ordering::Acquire);
            if sequence % 2 == 0 && self.word(SEQUENCE_AT) == sequence {
                let at = Instant::from_nanoseconds(u64::from(high) << 32 | u64::from(low));
                return LastChange { sequence, at };
            }
            std::hint::spin_loop();
        }
    }

    /// The colour 0x00RRGGBB at a position within the size.
    pub(crate) fn pixel(&self, x: u32, y: u32) -> u32 {
        let index = y as usize * usize::from(self.size.width) + x as usize;
        self.word(PIXELS_AT + index * 4) & 0x00ff_ffff
    }

    fn word(&self, offset: usize) -> u32 {
        self.mapping.read_u32(offset).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace::Workspace;

    #[test]
    fn what_is_written_is_read_once_it_was_published() {
        let workspace = Workspace::create().unwrap();
        let path = workspace.path().join("record");
        assert!(Record::open(&path).unwrap().is_none());
        let size = "640x480".parse().unwrap();
        let mut writer = RecordWriter::create(&path, size).unwrap();
        assert!(Record::open(&path).unwrap().is_none());
        writer.write_pixels(639, 479, &0x12_3456_u32.to_ne_bytes());
        let time = Instant::from_nanoseconds(7 << 32 | 9);
        writer.publish(time);
        let record = Record::open(&path).unwrap().unwrap();
        assert_eq!(record.size(), size);
        assert_eq!((record.pixel(639, 479), record.pixel(0, 0)), (0x12_3456, 0));
        let first = record.last_change();
        assert_eq!(first.at, time);
        writer.publish(time);
        assert!(record.last_change().sequence > first.sequence);
    }
}
