//! Bounds-checked reading and writing of the primitives that all messages are made of.
//!
//! Integers are unsigned LEB128 ("varint") unless a message says otherwise; fixed-width ones are
//! little-endian.

use super::WireError;

/// Longest varint: ten groups of seven bits hold 64 bits.
const MAX_VARINT_BYTES: usize = 10;

/// Reads primitives from a peer's bytes.
#[derive(Clone, Debug)]
pub struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    /// A reader at the start of `bytes`.
    #[must_use]
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// Bytes not yet read.
    #[must_use]
    pub const fn remaining(&self) -> usize {
        self.rest.len()
    }

    /// Whether everything was read.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// All that was not yet read.
    pub fn rest(&mut self) -> &'a [u8] {
        core::mem::take(&mut self.rest)
    }

    /// The next `len` bytes.
    ///
    /// # Errors
    /// [`WireError::Truncated`] if there are fewer.
    pub fn take(&mut self, len: usize) -> Result<&'a [u8], WireError> {
        let (taken, rest) = self
            .rest
            .split_at_checked(len)
            .ok_or(WireError::Truncated)?;
        self.rest = rest;
        Ok(taken)
    }

    /// The next byte.
    ///
    /// # Errors
    /// [`WireError::Truncated`] at the end.
    pub fn u8(&mut self) -> Result<u8, WireError> {
        let (&first, rest) = self.rest.split_first().ok_or(WireError::Truncated)?;
        self.rest = rest;
        Ok(first)
    }

    /// The next varint.
    ///
    /// # Errors
    /// [`WireError::Truncated`] at the end, [`WireError::Overflow`] beyond 64 bits.
    pub fn varint(&mut self) -> Result<u64, WireError> {
        let mut value = 0u64;
        for group in 0..MAX_VARINT_BYTES {
            let byte = self.u8()?;
            let bits = u64::from(byte & 0x7f);
            let shifted = bits << (7 * group);
            if shifted >> (7 * group) != bits {
                return Err(WireError::Overflow);
            }
            value |= shifted;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(WireError::Overflow)
    }

    /// The next varint, which must not exceed `max`.
    ///
    /// # Errors
    /// As [`varint`](Self::varint), and [`WireError::OverLimit`] above `max`.
    pub fn length(&mut self, what: &'static str, max: usize) -> Result<usize, WireError> {
        let value = self.varint()?;
        usize::try_from(value)
            .ok()
            .filter(|&len| len <= max)
            .ok_or(WireError::OverLimit {
                what,
                value,
                max: max as u64,
            })
    }

    /// The next zigzag varint, which must fit `i32`.
    ///
    /// # Errors
    /// As [`varint`](Self::varint).
    pub fn signed(&mut self) -> Result<i32, WireError> {
        let raw = u32::try_from(self.varint()?).map_err(|_| WireError::Overflow)?;
        Ok((raw >> 1) as i32 ^ -((raw & 1) as i32))
    }

    /// The next length-prefixed bytes, at most `max` of them.
    ///
    /// # Errors
    /// As [`length`](Self::length) and [`take`](Self::take).
    pub fn bytes(&mut self, what: &'static str, max: usize) -> Result<&'a [u8], WireError> {
        let len = self.length(what, max)?;
        self.take(len)
    }
}

/// Writes primitives to the end of a buffer.
pub trait Writer {
    /// Appends raw bytes.
    fn raw(&mut self, bytes: &[u8]);

    /// Appends a byte.
    fn put_u8(&mut self, value: u8) {
        self.raw(&[value]);
    }

    /// Appends a varint.
    fn put_varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.put_u8((value & 0x7f) as u8 | 0x80);
            value >>= 7;
        }
        self.put_u8(value as u8);
    }

    /// Appends a zigzag varint.
    fn put_signed(&mut self, value: i32) {
        self.put_varint(u64::from(((value << 1) ^ (value >> 31)) as u32));
    }

    /// Appends length-prefixed bytes.
    fn put_bytes(&mut self, bytes: &[u8]) {
        self.put_varint(bytes.len() as u64);
        self.raw(bytes);
    }
}

impl Writer for Vec<u8> {
    fn raw(&mut self, bytes: &[u8]) {
        self.extend_from_slice(bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn primitives_round_trip(a: u64, b: i32, c: Vec<u8>) {
            prop_assume!(b != i32::MIN);
            let mut out = Vec::new();
            out.put_varint(a);
            out.put_signed(b);
            out.put_bytes(&c);
            let mut reader = Reader::new(&out);
            prop_assert_eq!(reader.varint().unwrap(), a);
            prop_assert_eq!(reader.signed().unwrap(), b);
            prop_assert_eq!(reader.bytes("c", usize::MAX).unwrap(), &c[..]);
            prop_assert!(reader.is_empty());
        }
    }

    #[test]
    fn a_varint_beyond_64_bits_is_refused() {
        assert_eq!(Reader::new(&[0xff; 10]).varint(), Err(WireError::Overflow));
        assert_eq!(Reader::new(&[0x80; 3]).varint(), Err(WireError::Truncated));
    }

    #[test]
    fn a_length_above_its_limit_is_refused_before_anything_is_read() {
        let mut out = Vec::new();
        out.put_varint(1 << 40);
        assert!(matches!(
            Reader::new(&out).bytes("title", 10),
            Err(WireError::OverLimit {
                what: "title",
                max: 10,
                ..
            })
        ));
    }
}
