//! Reading the bits of a NAL unit.

/// Longest Exp-Golomb code that any header field of ours needs: 15 zeros, values below 2^16.
const MAX_LEADING_ZEROS: u32 = 15;

/// Reads the bits after a NAL unit's header byte, leaving out emulation prevention bytes.
#[derive(Clone, Debug)]
pub(super) struct BitReader<'a> {
    bytes: &'a [u8],
    /// Index of the byte that `current` came from, plus one.
    next: usize,
    current: u8,
    /// Bits of `current` not read yet.
    left: u32,
    /// Zero bytes read in a row; a 3 after two of them is an emulation prevention byte.
    zeros: u32,
}

impl<'a> BitReader<'a> {
    /// A reader for a NAL unit without its header byte.
    pub(super) const fn new(bytes: &'a [u8]) -> Self {
        Self {
            bytes,
            next: 0,
            current: 0,
            left: 0,
            zeros: 0,
        }
    }

    /// One bit; none at the end.
    pub(super) fn bit(&mut self) -> Option<bool> {
        if self.left == 0 {
            self.load()?;
        }
        self.left -= 1;
        Some(self.current >> self.left & 1 == 1)
    }

    /// `count` bits, at most 32, the highest first.
    pub(super) fn bits(&mut self, count: u32) -> Option<u32> {
        let mut value = 0;
        for _ in 0..count {
            value = value << 1 | u32::from(self.bit()?);
        }
        Some(value)
    }

    /// An unsigned Exp-Golomb code below 2^16; none if it is larger.
    pub(super) fn exp_golomb(&mut self) -> Option<u32> {
        let mut zeros = 0;
        while !self.bit()? {
            zeros += 1;
            if zeros > MAX_LEADING_ZEROS {
                return None;
            }
        }
        Some((1 << zeros) - 1 + self.bits(zeros)?)
    }

    fn load(&mut self) -> Option<()> {
        let mut byte = *self.bytes.get(self.next)?;
        self.next += 1;
        if self.zeros >= 2 && byte == 3 {
            self.zeros = 0;
            byte = *self.bytes.get(self.next)?;
            self.next += 1;
        }
        self.zeros = if byte == 0 { self.zeros + 1 } else { 0 };
        self.current = byte;
        self.left = 8;
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exp_golomb_codes_follow_each_other() {
        // 1, 010, 011, 00100, 0001000 -> 0, 1, 2, 3, 7
        let bytes = [0b1010_0110, 0b0100_0001, 0b0000_0000];
        let mut reader = BitReader::new(&bytes);
        let values: Vec<_> = (0..5).map(|_| reader.exp_golomb()).collect();
        assert_eq!(values, [Some(0), Some(1), Some(2), Some(3), Some(7)]);
    }

    #[test]
    fn emulation_prevention_bytes_are_left_out() {
        let mut reader = BitReader::new(&[0, 0, 3, 1, 3]);
        assert_eq!(reader.bits(32), Some(0x0000_0103));
        assert_eq!(reader.bit(), None);
    }

    #[test]
    fn long_codes_end_the_reading() {
        assert_eq!(BitReader::new(&[0, 0, 0, 0, 0xff]).exp_golomb(), None);
    }
}
