//! What a film shows: the same frame for the same number, in the film and where it is checked.

use super::motion::Motion;
use super::photograph::Photograph;
use crate::scene::{Area, NUMBER_BLOCK, encode_number};

/// Black and white of the frame number.
const BLOCKS: [[u8; NUMBER_BLOCK as usize * 4]; 2] = [
    [0; NUMBER_BLOCK as usize * 4],
    [0xff; NUMBER_BLOCK as usize * 4],
];

/// The two kinds of film.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Subject {
    /// A slow pan over a photograph.
    Pan,
    /// Things that move before a still background, and a cut now and then.
    Motion,
}

/// A subject ready to be painted.
pub(crate) struct Painted {
    width: u32,
    height: u32,
    kind: Kind,
}

enum Kind {
    Pan(Photograph),
    Motion(Motion),
}

impl Painted {
    /// Takes a while: photographs are painted.
    pub(crate) fn new(subject: Subject, area: Area, seed: u64) -> Self {
        let (width, height) = (area.width.into(), area.height.into());
        let kind = match subject {
            Subject::Pan => Kind::Pan(Photograph::generate(width, height, seed)),
            Subject::Motion => Kind::Motion(Motion::new(width, height, seed)),
        };
        Self {
            width,
            height,
            kind,
        }
    }

    /// Pixels in a row.
    pub(crate) const fn width(&self) -> usize {
        self.width as usize
    }

    /// Gives every pixel of a frame to `write`, as runs of bytes of 0x00RRGGBB from (x, y) to the
    /// right; later runs cover earlier ones.
    pub(crate) fn paint(&self, number: u16, mut write: impl FnMut(u32, u32, &[u8])) {
        match &self.kind {
            Kind::Pan(photograph) => {
                for y in 0..self.height {
                    write(0, y, photograph.row(number, y));
                }
            }
            Kind::Motion(motion) => motion.paint(number, &mut write),
        }
        let block = u32::from(NUMBER_BLOCK);
        for (index, white) in encode_number(number).into_iter().enumerate() {
            let x = index as u32 * block;
            for y in (0..block).chain(self.height - block..self.height) {
                write(x, y, &BLOCKS[usize::from(white)]);
            }
        }
    }

    /// A frame as colours 0x00RRGGBB by rows.
    pub(crate) fn frame(&self, number: u16) -> Vec<u32> {
        let mut pixels = vec![0; self.width as usize * self.height as usize];
        self.paint(number, |x, y, bytes| {
            let start = (y * self.width + x) as usize;
            let target = pixels[start..].iter_mut();
            for (pixel, bytes) in target.zip(bytes.chunks_exact(4)) {
                *pixel = u32::from_le_bytes([bytes[0], bytes[1], bytes[2], 0]);
            }
        });
        pixels
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_has_its_number_in_its_corners() {
        let area = Area {
            x: 0,
            y: 0,
            width: 640,
            height: 120,
        };
        for subject in [Subject::Pan, Subject::Motion] {
            let painted = Painted::new(subject, area, 5);
            let (first, again) = (painted.frame(9), painted.frame(9));
            assert_eq!(first, again);
            for (index, white) in encode_number(9).into_iter().enumerate() {
                let expected = if white { 0xff_ffff } else { 0 };
                let x = index * usize::from(NUMBER_BLOCK);
                assert_eq!((first[x], first[119 * 640 + x]), (expected, expected));
            }
            assert_ne!(first, painted.frame(10));
        }
    }
}
