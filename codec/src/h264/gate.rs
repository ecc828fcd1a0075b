//! Looks at an access unit before OpenH264 does.
//!
//! The decoder is C++ and the bytes come from a peer, so everything that our encoder never makes
//! is turned away here: other kinds of NAL units, pictures larger than allowed, more than one
//! picture (which would cost decoding time without bound), slices of other kinds, slice groups.

use hackstream_protocol::geometry::Size;

use super::bits::BitReader;
use super::{H264Error, sps};

/// Slices of one picture. Our encoder makes at most four; each might begin a picture of its own
/// to the decoder, so this bounds its work.
const MAX_SLICES: u32 = 8;

/// Parameter sets of each kind in one access unit.
const MAX_PARAMETER_SETS: u32 = 4;

/// What an access unit contains.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Contents {
    /// A keyframe of this size, with its parameter sets.
    Key(Size),
    /// A picture that refers to others.
    Delta,
}

/// Checks that `access_unit` is one picture, and says which kind.
///
/// # Errors
/// [`H264Error::Invalid`] and [`H264Error::UnsupportedSize`].
pub(super) fn inspect(access_unit: &[u8]) -> Result<Contents, H264Error> {
    let mut seen = Seen::default();
    let mut rest = first_nal(access_unit)?;
    loop {
        let (nal, after) = split_at_start_code(rest);
        seen.nal(nal)?;
        match after {
            Some(after) => rest = after,
            None => return seen.contents(),
        }
    }
}

#[derive(Default)]
struct Seen {
    size: Option<Size>,
    sequence_sets: u32,
    picture_sets: u32,
    key_slices: u32,
    delta_slices: u32,
}

impl Seen {
    fn nal(&mut self, nal: &[u8]) -> Result<(), H264Error> {
        let (header, body) = nal.split_first().ok_or(invalid("empty NAL unit"))?;
        if header & 0x80 != 0 {
            return Err(invalid("NAL unit header"));
        }
        let slices = self.key_slices + self.delta_slices;
        match header & 0x1f {
            5 => count(&mut self.key_slices, MAX_SLICES).and_then(|()| slice(body, slices == 0)),
            1 => count(&mut self.delta_slices, MAX_SLICES).and_then(|()| slice(body, slices == 0)),
            7 if slices == 0 => self.sequence_set(body),
            8 if slices == 0 => {
                count(&mut self.picture_sets, MAX_PARAMETER_SETS)?;
                picture_set(body)
            }
            _ => Err(invalid("kind of NAL unit")),
        }
    }

    fn sequence_set(&mut self, body: &[u8]) -> Result<(), H264Error> {
        count(&mut self.sequence_sets, MAX_PARAMETER_SETS)?;
        let size = sps::picture_size(body)?;
        match self.size.replace(size) {
            Some(other) if other != size => Err(invalid("two picture sizes")),
            _ => Ok(()),
        }
    }

    fn contents(&self) -> Result<Contents, H264Error> {
        match (self.key_slices, self.delta_slices, self.size) {
            (1.., 0, Some(size)) if self.picture_sets > 0 => Ok(Contents::Key(size)),
            // New parameter sets without a keyframe would change the size under way.
            (0, 1.., None) if self.picture_sets == 0 => Ok(Contents::Delta),
            _ => Err(invalid("not one picture")),
        }
    }
}

/// Checks that a slice is intra or predicted and that the first one, and no other, starts a
/// picture.
fn slice(body: &[u8], is_first: bool) -> Result<(), H264Error> {
    let mut reader = BitReader::new(body);
    let first_block = reader.exp_golomb().ok_or(invalid("slice"))?;
    let kind = reader.exp_golomb().ok_or(invalid("slice"))?;
    if (first_block == 0) != is_first {
        return Err(invalid("slice order"));
    }
    match kind {
        0 | 2 | 5 | 7 => Ok(()),
        _ => Err(invalid("kind of slice")),
    }
}

fn picture_set(body: &[u8]) -> Result<(), H264Error> {
    let mut reader = BitReader::new(body);
    let slice_groups = (|| {
        reader.exp_golomb()?; // its own number
        reader.exp_golomb()?; // its sequence parameter set
        reader.bits(2)?; // entropy coding, field order
        reader.exp_golomb()
    })();
    match slice_groups {
        Some(0) => Ok(()),
        _ => Err(invalid("picture parameter set")),
    }
}

/// What follows the start code that an access unit begins with.
fn first_nal(access_unit: &[u8]) -> Result<&[u8], H264Error> {
    let rest = access_unit
        .strip_prefix(&[0, 0, 0, 1])
        .or_else(|| access_unit.strip_prefix(&[0, 0, 1]));
    rest.ok_or(invalid("no start code"))
}

/// The NAL unit that `bytes` begins with, and what follows the next start code.
fn split_at_start_code(bytes: &[u8]) -> (&[u8], Option<&[u8]>) {
    let mut at = 0;
    while let Some(&third) = bytes.get(at + 2) {
        if third > 1 {
            at += 3;
        } else if bytes[at..].starts_with(&[0, 0, 1]) {
            // A start code may be one zero longer; that zero is not part of the NAL unit.
            let end = at - usize::from(at > 0 && bytes[at - 1] == 0);
            return (&bytes[..end], Some(&bytes[at + 3..]));
        } else {
            at += 1;
        }
    }
    (bytes, None)
}

fn count(counter: &mut u32, limit: u32) -> Result<(), H264Error> {
    *counter += 1;
    if *counter > limit {
        return Err(invalid("too many NAL units"));
    }
    Ok(())
}

const fn invalid(what: &'static str) -> H264Error {
    H264Error::Invalid { what }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn start_codes_of_both_lengths_separate_nal_units() {
        let (nal, rest) = split_at_start_code(&[9, 0, 0, 0, 1, 8, 7, 0, 0, 1]);
        assert_eq!(nal, [9]);
        let (nal, rest) = split_at_start_code(rest.unwrap());
        assert_eq!(nal, [8, 7]);
        assert_eq!(rest, Some(&[][..]));
    }

    #[test]
    fn two_pictures_in_one_access_unit_are_refused() {
        // first_mb_in_slice 0, slice_type 5
        let slice = [0, 0, 1, 0x61, 0b1001_1000, 0x80];
        assert_eq!(inspect(&slice), Ok(Contents::Delta));
        let twice = [slice, slice].concat();
        assert_eq!(inspect(&twice), Err(invalid("slice order")));
    }

    #[test]
    fn other_kinds_of_slices_and_nal_units_are_refused() {
        // slice_type 1: B
        let b_slice = [0, 0, 1, 0x61, 0b1010_1000, 0x80];
        assert_eq!(inspect(&b_slice), Err(invalid("kind of slice")));
        for kind in [0, 2, 3, 4, 6, 14, 15, 20, 24] {
            assert!(inspect(&[0, 0, 1, kind, 0x80]).is_err(), "kind {kind}");
        }
        assert!(inspect(&[]).is_err());
    }
}
