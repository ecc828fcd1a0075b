//! Values as they are in a message: little-endian, each at a multiple of its alignment, counted from
//! the beginning of the message or of its body, which is at a multiple of 8.

/// Alignment of structures, and of the entries of dictionaries.
const STRUCTURE: usize = 8;

/// Writes values, one after the other.
#[derive(Debug, Default)]
pub(crate) struct Writer {
    bytes: Vec<u8>,
}

impl Writer {
    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// Fills up with zeros to a multiple of `alignment`.
    pub(crate) fn align(&mut self, alignment: usize) {
        self.bytes
            .resize(self.bytes.len().next_multiple_of(alignment), 0);
    }

    /// `y`
    pub(crate) fn byte(&mut self, value: u8) {
        self.bytes.push(value);
    }

    /// `u`
    pub(crate) fn number(&mut self, value: u32) {
        self.align(4);
        self.bytes.extend(value.to_le_bytes());
    }

    /// `i`
    pub(crate) fn signed(&mut self, value: i32) {
        self.number(value as u32);
    }

    /// `s` and `o`. A text on D-Bus has no zeros; they are left out.
    pub(crate) fn text(&mut self, value: &str) {
        self.number(0);
        let start = self.bytes.len();
        self.bytes.extend(value.bytes().filter(|&byte| byte != 0));
        self.set_length(start, start);
        self.bytes.push(0);
    }

    /// `g`
    pub(crate) fn signature(&mut self, value: &'static str) {
        self.bytes.push(value.len() as u8);
        self.bytes.extend(value.bytes());
        self.bytes.push(0);
    }

    /// `a…`, of elements with this alignment.
    pub(crate) fn array(&mut self, alignment: usize, elements: impl FnOnce(&mut Self)) {
        self.number(0);
        let after_length = self.bytes.len();
        self.align(alignment);
        let start = self.bytes.len();
        elements(self);
        self.set_length(after_length, start);
    }

    /// `a{…}` or `a(…)`: `entry` is called for each value and begins where an entry begins.
    pub(crate) fn entries<T>(
        &mut self,
        values: impl IntoIterator<Item = T>,
        mut entry: impl FnMut(&mut Self, T),
    ) {
        self.array(STRUCTURE, |array| {
            for value in values {
                array.align(STRUCTURE);
                entry(array, value);
            }
        });
    }

    /// Sets the length that ends at `after_length` to what was written from `start` on.
    fn set_length(&mut self, after_length: usize, start: usize) {
        let length = (self.bytes.len() - start) as u32;
        let field = after_length - 4..after_length;
        if let Some(field) = self.bytes.get_mut(field) {
            field.copy_from_slice(&length.to_le_bytes());
        }
    }
}

/// Reads values, one after the other. All answer `None` if the bytes make no sense.
#[derive(Clone, Debug)]
pub(crate) struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    pub(crate) const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// How far it has read.
    pub(crate) const fn position(&self) -> usize {
        self.at
    }

    /// Goes on to a multiple of `alignment`.
    pub(crate) fn align(&mut self, alignment: usize) {
        self.at = self.at.next_multiple_of(alignment);
    }

    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let taken = self.bytes.get(self.at..self.at.checked_add(length)?)?;
        self.at += length;
        Some(taken)
    }

    /// `y`
    pub(crate) fn byte(&mut self) -> Option<u8> {
        self.take(1)?.first().copied()
    }

    /// `u`
    pub(crate) fn number(&mut self) -> Option<u32> {
        self.align(4);
        Some(u32::from_le_bytes(*self.take(4)?.first_chunk()?))
    }

    /// `s` and `o`
    pub(crate) fn text(&mut self) -> Option<&'a str> {
        let length = self.number()?;
        self.terminated(length as usize)
    }

    /// `g`
    pub(crate) fn signature(&mut self) -> Option<&'a str> {
        let length = self.byte()?;
        self.terminated(length.into())
    }

    fn terminated(&mut self, length: usize) -> Option<&'a str> {
        let text = core::str::from_utf8(self.take(length)?).ok()?;
        (self.byte()? == 0).then_some(text)
    }

    /// `a…`, of elements with this alignment: calls `element` until its bytes are read, with a reader
    /// that ends where the array does.
    pub(crate) fn array(
        &mut self,
        alignment: usize,
        mut element: impl FnMut(&mut Self) -> Option<()>,
    ) -> Option<()> {
        let length = self.number()? as usize;
        self.align(alignment);
        let end = self.at.checked_add(length)?;
        let bytes = self.bytes.get(..end)?;
        let mut inside = Self { bytes, at: self.at };
        while inside.at < end {
            inside.align(alignment);
            element(&mut inside)?;
        }
        self.at = end;
        Some(())
    }

    /// `a(…)`: as [`array`](Self::array).
    pub(crate) fn structures(
        &mut self,
        structure: impl FnMut(&mut Self) -> Option<()>,
    ) -> Option<()> {
        self.array(STRUCTURE, structure)
    }

    /// `as`
    pub(crate) fn texts(&mut self) -> Option<Vec<&'a str>> {
        let mut texts = Vec::new();
        self.array(4, |array| {
            texts.push(array.text()?);
            Some(())
        })?;
        Some(texts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn values_stand_where_the_specification_has_them() {
        let mut writer = Writer::default();
        writer.byte(7);
        writer.text("foo");
        writer.signed(-1);
        writer.entries(["a"], |entry, key| {
            entry.text(key);
            entry.signature("y");
            entry.byte(2);
        });
        let expected = [
            &[7, 0, 0, 0][..],
            &[3, 0, 0, 0, b'f', b'o', b'o', 0],
            &[255, 255, 255, 255],
            // The first entry begins at a multiple of 8, which does not count as its length.
            &[10, 0, 0, 0, 0, 0, 0, 0],
            &[1, 0, 0, 0, b'a', 0, 1, b'y', 0, 2],
        ];
        let expected = expected.concat();
        assert_eq!(writer.into_bytes(), expected);
    }

    proptest! {
        #[test]
        fn what_was_written_is_read(
            byte: u8, number: u32, signed: i32, texts in proptest::collection::vec("[^\0]*", 0..5),
        ) {
            let mut writer = Writer::default();
            writer.byte(byte);
            writer.array(4, |array| texts.iter().for_each(|text| array.text(text)));
            writer.signed(signed);
            writer.number(number);
            let bytes = writer.into_bytes();
            let mut reader = Reader::new(&bytes);
            prop_assert_eq!(reader.byte(), Some(byte));
            let read = reader.texts().unwrap();
            prop_assert_eq!(read, texts);
            prop_assert_eq!(reader.number(), Some(signed as u32));
            prop_assert_eq!(reader.number(), Some(number));
            prop_assert_eq!(reader.byte(), None);
        }

        #[test]
        fn nothing_makes_it_panic(bytes: Vec<u8>) {
            let mut reader = Reader::new(&bytes);
            let _ = (reader.texts(), reader.signature(), reader.text(), reader.number());
        }
    }
}
