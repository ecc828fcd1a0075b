//! A table of at most 256 colours and the way from a colour to its place.

use hackstream_protocol::limits::MAX_COLOURS;

/// Slots of the hash table: four per colour keep probe sequences short.
const SLOTS: usize = MAX_COLOURS * 4;

/// Marks a free slot; no colour has a non-zero top byte.
const FREE: u32 = u32::MAX;

/// An ordered set of colours.
#[derive(Clone, Debug)]
pub struct Palette {
    colours: Vec<u32>,
    slots: Box<[(u32, u8); SLOTS]>,
}

impl Default for Palette {
    fn default() -> Self {
        Self {
            colours: Vec::with_capacity(MAX_COLOURS),
            slots: Box::new([(FREE, 0); SLOTS]),
        }
    }
}

impl Palette {
    /// An empty table.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The colours in the order in which they came.
    #[must_use]
    pub fn colours(&self) -> &[u32] {
        &self.colours
    }

    /// The place of `colour`, which is added if it is new; `None` if the table is full.
    #[inline]
    pub fn index_of(&mut self, colour: u32) -> Option<u8> {
        let mut slot = hash(colour);
        loop {
            let (held, index) = self.slots[slot];
            if held == colour {
                return Some(index);
            }
            if held == FREE {
                return self.insert(slot, colour);
            }
            slot = (slot + 1) % SLOTS;
        }
    }

    #[cold]
    fn insert(&mut self, slot: usize, colour: u32) -> Option<u8> {
        let index = u8::try_from(self.colours.len()).ok()?;
        self.colours.push(colour);
        self.slots[slot] = (colour, index);
        Some(index)
    }

    /// Forgets all colours after the first `len`.
    pub fn truncate(&mut self, len: usize) {
        // Later colours were put behind earlier ones in every probe sequence, so taking the
        // newest away first never cuts one that is still needed.
        while self.colours.len() > len {
            let Some(colour) = self.colours.pop() else {
                return;
            };
            let mut slot = hash(colour);
            while self.slots[slot].0 != colour {
                slot = (slot + 1) % SLOTS;
            }
            self.slots[slot] = (FREE, 0);
        }
    }

    /// Appends the indices of `row` to `out`; false, with `out` and the table as they were, if the
    /// row has more new colours than the table has room for.
    pub fn index_row(&mut self, row: &[u32], out: &mut Vec<u8>) -> bool {
        let (colours, bytes) = (self.colours.len(), out.len());
        let (mut last, mut last_index) = (FREE, 0);
        for &pixel in row {
            if pixel != last {
                let Some(index) = self.index_of(pixel) else {
                    self.truncate(colours);
                    out.truncate(bytes);
                    return false;
                };
                (last, last_index) = (pixel, index);
            }
            out.push(last_index);
        }
        true
    }
}

fn hash(colour: u32) -> usize {
    // Fibonacci hashing: the golden ratio spreads neighbouring colours over the table.
    (colour.wrapping_mul(0x9E37_79B1) >> 22) as usize % SLOTS
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn truncation_is_as_if_later_colours_never_came(
            first in proptest::collection::vec(0u32..500, 0..200),
            second in proptest::collection::vec(0u32..500, 0..200),
            probe in proptest::collection::vec(0u32..500, 0..100),
        ) {
            let mut palette = Palette::new();
            let mut expected = Palette::new();
            for &colour in &first {
                palette.index_of(colour);
                expected.index_of(colour);
            }
            let len = palette.colours().len();
            for &colour in &second {
                palette.index_of(colour);
            }
            palette.truncate(len);
            for &colour in &probe {
                prop_assert_eq!(palette.index_of(colour), expected.index_of(colour));
            }
        }
    }

    #[test]
    fn a_row_that_does_not_fit_changes_nothing() {
        let mut palette = Palette::new();
        let mut out = Vec::new();
        let fits: Vec<u32> = (0..250).collect();
        assert!(palette.index_row(&fits, &mut out));
        let too_many: Vec<u32> = (1000..1007).collect();
        assert!(!palette.index_row(&too_many, &mut out));
        assert_eq!((palette.colours().len(), out.len()), (250, 250));
        assert!(palette.index_row(&too_many[..6], &mut out));
        assert_eq!(palette.colours().len(), 256);
    }
}
