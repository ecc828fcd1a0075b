//! Where the samples of a picture lie in the memory of a device.

use std::ops::Range;

use hackstream_codec::h264::{H264Error, I420View, even_size, is_codable};
use hackstream_protocol::geometry::{Rect, Size};

use super::V4l2Error;
use super::device::{Format, FourCc, MOST_PLANE_BYTES, MOST_PLANES};

/// Longest edge of a picture in memory: the longest picture, and what devices add beside it.
const MOST_EDGE: u32 = 4096;

/// The formats that are understood, the best first: chroma that lies apart is read where it is.
pub(super) const UNDERSTOOD: [FourCc; 4] = [FourCc::YU12, FourCc::YM12, FourCc::NV12, FourCc::NM12];

/// Where a plane of samples begins, and how its rows follow each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Samples {
    /// Which plane of memory.
    plane: usize,
    /// Bytes before the first sample that is seen.
    start: usize,
    /// Bytes from one row to the next.
    stride: usize,
}

/// Where the chroma is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Chroma {
    /// Cb, then Cr.
    Apart(Samples, Samples),
    /// Cb and Cr by turns.
    Pairs(Samples),
}

/// Where the samples of a picture lie. Everything was checked against the sizes of the planes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Layout {
    size: Size,
    luma: Samples,
    chroma: Chroma,
}

/// Chroma that a device gives in pairs, parted.
#[derive(Default)]
pub(super) struct Parted {
    cb: Vec<u8>,
    cr: Vec<u8>,
}

impl Layout {
    /// Where a picture of `size` (even edges) lies in memory of this format; `visible` is what the
    /// driver says of that, if it says so.
    ///
    /// # Errors
    /// [`V4l2Error::Nonsense`] if the picture would not lie within the memory.
    pub(super) fn of(
        format: &Format,
        size: Size,
        visible: Option<Rect>,
    ) -> Result<Self, V4l2Error> {
        let memory = format.size;
        if !is_codable(size) || size != even_size(size) {
            return Err(V4l2Error::Nonsense("a picture of no possible size"));
        }
        if memory.width > MOST_EDGE || memory.height > MOST_EDGE {
            return Err(V4l2Error::Nonsense("memory for far larger pictures"));
        }
        if format.planes.is_empty() || format.planes.len() > MOST_PLANES {
            return Err(V4l2Error::Nonsense("the number of planes"));
        }
        let (left, top) = origin(size, visible)?;
        if left + size.width > memory.width || top + size.height > memory.height {
            return Err(V4l2Error::Nonsense("a picture larger than its memory"));
        }
        let layout = Self::by_code(format, size, (left as usize, top as usize))?;
        layout.check(format)?;
        Ok(layout)
    }

    fn by_code(format: &Format, size: Size, at: (usize, usize)) -> Result<Self, V4l2Error> {
        let (left, top) = at;
        let rows = format.size.height as usize;
        let stride = |plane: usize| match format.planes.get(plane) {
            Some(plane) => Ok(plane.stride as usize),
            None => Err(V4l2Error::Nonsense("the number of planes")),
        };
        // Bytes are few enough for usize: edges and strides are bounded.
        let luma_stride = stride(0)?;
        if luma_stride > MOST_PLANE_BYTES {
            return Err(V4l2Error::Nonsense("the stride"));
        }
        let luma = Samples::at(0, 0, luma_stride, (left, top))?;
        let behind_luma = luma_stride
            .checked_mul(rows)
            .ok_or(V4l2Error::Nonsense("the stride"))?;
        let half = (left / 2, top / 2);
        let chroma = match format.code {
            FourCc::YU12 => {
                if luma_stride % 2 != 0 {
                    return Err(V4l2Error::Nonsense("an odd stride"));
                }
                let stride = luma_stride / 2;
                let behind_cb = behind_luma + stride * rows.div_ceil(2);
                Chroma::Apart(
                    Samples::at(0, behind_luma, stride, half)?,
                    Samples::at(0, behind_cb, stride, half)?,
                )
            }
            FourCc::YM12 => Chroma::Apart(
                Samples::at(1, 0, stride(1)?, half)?,
                Samples::at(2, 0, stride(2)?, half)?,
            ),
            FourCc::NV12 => {
                Chroma::Pairs(Samples::at(0, behind_luma, luma_stride, (left, top / 2))?)
            }
            FourCc::NM12 => Chroma::Pairs(Samples::at(1, 0, stride(1)?, (left, top / 2))?),
            _ => return Err(V4l2Error::Nonsense("a format that was not asked for")),
        };
        Ok(Self { size, luma, chroma })
    }

    /// Checks that all samples lie in their planes.
    fn check(&self, format: &Format) -> Result<(), V4l2Error> {
        let fits = |samples: &Samples, size: Size| {
            let plane = format.planes.get(samples.plane);
            let bytes = plane.map_or(0, |plane| plane.bytes as usize);
            samples.range(size).is_some_and(|range| range.end <= bytes)
        };
        let half = self.half();
        let pairs = Size::new(self.size.width, half.height);
        let all_fit = fits(&self.luma, self.size)
            && match &self.chroma {
                Chroma::Apart(cb, cr) => fits(cb, half) && fits(cr, half),
                Chroma::Pairs(pair) => fits(pair, pairs),
            };
        let nonsense = V4l2Error::Nonsense("planes too small for the picture");
        if all_fit { Ok(()) } else { Err(nonsense) }
    }

    const fn half(&self) -> Size {
        Size::new(self.size.width / 2, self.size.height / 2)
    }

    /// Parts the chroma of a picture, if its device does not; `plane` gives the planes of memory.
    ///
    /// # Errors
    /// [`V4l2Error::Nonsense`] if one is shorter than the driver said.
    pub(super) fn part<'a>(
        &self,
        plane: impl Fn(usize) -> &'a [u8],
        parted: &mut Parted,
    ) -> Result<(), V4l2Error> {
        let Chroma::Pairs(pairs) = &self.chroma else {
            return Ok(());
        };
        let half = self.half();
        let width = 2 * half.width as usize;
        let range = pairs.range(Size::new(self.size.width, half.height));
        let samples = range.and_then(|range| plane(pairs.plane).get(range));
        let samples = samples.ok_or(V4l2Error::Nonsense("a plane shorter than it said"))?;
        parted.cb.clear();
        parted.cr.clear();
        for row in samples.chunks(pairs.stride) {
            let row = row.get(..width).unwrap_or(row);
            parted.cb.extend(row.iter().step_by(2));
            parted.cr.extend(row.iter().skip(1).step_by(2));
        }
        Ok(())
    }

    /// The picture in the planes that `plane` gives.
    ///
    /// # Errors
    /// [`H264Error::OutsidePicture`] if one is shorter than the driver said.
    pub(super) fn view<'a>(
        &self,
        plane: impl Fn(usize) -> &'a [u8],
        parted: &'a Parted,
    ) -> Result<I420View<'a>, H264Error> {
        let samples = |of: &Samples, size: Size| {
            let range = of.range(size).ok_or(H264Error::OutsidePicture)?;
            let bytes = plane(of.plane).get(range);
            bytes.ok_or(H264Error::OutsidePicture)
        };
        let half = self.half();
        let (cb, cr, stride) = match &self.chroma {
            // I420View has one stride for both.
            Chroma::Apart(cb, cr) if cb.stride == cr.stride => {
                (samples(cb, half)?, samples(cr, half)?, cb.stride)
            }
            Chroma::Apart(..) => return Err(H264Error::OutsidePicture),
            Chroma::Pairs(_) => (&parted.cb[..], &parted.cr[..], half.width as usize),
        };
        let luma = samples(&self.luma, self.size)?;
        I420View::new(self.size, [luma, cb, cr], self.luma.stride, stride)
    }
}

impl Samples {
    /// A plane that begins `before` bytes into memory, whose first samples seen are at (`left`, `top`).
    fn at(
        plane: usize,
        before: usize,
        stride: usize,
        (left, top): (usize, usize),
    ) -> Result<Self, V4l2Error> {
        let skipped = top
            .checked_mul(stride)
            .and_then(|rows| rows.checked_add(left));
        let start = skipped.and_then(|skipped| skipped.checked_add(before));
        let start = start.ok_or(V4l2Error::Nonsense("the stride"))?;
        Ok(Self {
            plane,
            start,
            stride,
        })
    }

    /// The bytes from the first to the last of `size` samples; `None` if rows would overlap.
    fn range(&self, size: Size) -> Option<Range<usize>> {
        let (width, rows) = (size.width as usize, size.height as usize);
        if width > self.stride {
            return None;
        }
        let last = self.stride.checked_mul(rows.checked_sub(1)?)?;
        let length = last.checked_add(width)?;
        Some(self.start..self.start.checked_add(length)?)
    }
}

/// The first column and row that are seen.
fn origin(size: Size, visible: Option<Rect>) -> Result<(u32, u32), V4l2Error> {
    let Some(visible) = visible else {
        return Ok((0, 0));
    };
    let nonsense = V4l2Error::Nonsense("a visible part of another size");
    let (Ok(left), Ok(top)) = (u32::try_from(visible.left), u32::try_from(visible.top)) else {
        return Err(nonsense);
    };
    let is_bounded = left <= MOST_EDGE && top <= MOST_EDGE;
    let is_even = left % 2 == 0 && top % 2 == 0;
    if is_bounded && is_even && visible.size() == size {
        Ok((left, top))
    } else {
        Err(nonsense)
    }
}

#[cfg(test)]
mod tests {
    use super::super::device::PlaneFormat;
    use super::*;
    use proptest::prelude::*;

    const SIZE: Size = Size::new(34, 18);

    fn format(code: FourCc, size: Size, planes: &[(u32, u32)]) -> Format {
        let planes = planes
            .iter()
            .map(|&(stride, bytes)| PlaneFormat { stride, bytes });
        Format {
            code,
            size,
            planes: planes.collect(),
        }
    }

    /// The sample at (`x`, `y`) of a plane that is not the same anywhere near it.
    fn sample(plane: u8, x: usize, y: usize) -> u8 {
        (x * 7 + y * 31) as u8 ^ (plane << 6)
    }

    fn paint(memory: &mut [u8], before: usize, stride: usize, step: usize, plane: u8, size: Size) {
        for y in 0..size.height as usize {
            for x in 0..size.width as usize {
                memory[before + y * stride + x * step] = sample(plane, x, y);
            }
        }
    }

    fn assert_shows(view: &I420View<'_>) {
        assert_eq!(view.size(), SIZE);
        for (plane, (samples, stride, half)) in [
            (view.luma(), view.luma_stride(), 1),
            (view.cb(), view.chroma_stride(), 2),
            (view.cr(), view.chroma_stride(), 2),
        ]
        .into_iter()
        .enumerate()
        {
            for y in 0..SIZE.height as usize / half {
                for x in 0..SIZE.width as usize / half {
                    let expected = sample(plane as u8, x, y);
                    assert_eq!(samples[y * stride + x], expected, "{plane}: {x}, {y}");
                }
            }
        }
    }

    #[test]
    fn odd_and_padded_strides_are_followed() {
        let (stride, rows) = (51_usize, 33_usize);
        let half = Size::new(SIZE.width / 2, SIZE.height / 2);
        let bytes = stride * rows + stride * rows.div_ceil(2);
        let memory_size = Size::new(48, rows as u32);
        let format = format(FourCc::NV12, memory_size, &[(stride as u32, bytes as u32)]);
        let layout = Layout::of(&format, SIZE, None).unwrap();
        let mut memory = vec![0; bytes];
        paint(&mut memory, 0, stride, 1, 0, SIZE);
        paint(&mut memory, stride * rows, stride, 2, 1, half);
        paint(&mut memory, stride * rows + 1, stride, 2, 2, half);
        let mut parted = Parted::default();
        layout.part(|_| &memory[..], &mut parted).unwrap();
        assert_shows(&layout.view(|_| &memory[..], &parted).unwrap());
    }

    #[test]
    fn chroma_in_planes_of_its_own_is_found() {
        let half = Size::new(SIZE.width / 2, SIZE.height / 2);
        let planes = [(64, 64 * 32), (40, 40 * 16), (40, 40 * 16)];
        let format = format(FourCc::YM12, Size::new(48, 32), &planes);
        let layout = Layout::of(&format, SIZE, None).unwrap();
        let mut memory = planes.map(|(_, bytes)| vec![0; bytes as usize]);
        paint(&mut memory[0], 0, 64, 1, 0, SIZE);
        paint(&mut memory[1], 0, 40, 1, 1, half);
        paint(&mut memory[2], 0, 40, 1, 2, half);
        let parted = Parted::default();
        assert_shows(&layout.view(|plane| &memory[plane][..], &parted).unwrap());
    }

    #[test]
    fn a_visible_part_inside_is_cut_out() {
        let (stride, rows) = (64, 32);
        let half = Size::new(SIZE.width / 2, SIZE.height / 2);
        let bytes = stride * rows * 3 / 2;
        let format = format(FourCc::YU12, Size::new(64, 32), &[(64, bytes as u32)]);
        let visible = Rect::new(4, 6, SIZE.width, SIZE.height);
        let layout = Layout::of(&format, SIZE, Some(visible)).unwrap();
        let mut memory = vec![0; bytes];
        paint(&mut memory, 6 * stride + 4, stride, 1, 0, SIZE);
        paint(&mut memory, stride * rows + 3 * 32 + 2, 32, 1, 1, half);
        paint(
            &mut memory,
            stride * rows + 32 * 16 + 3 * 32 + 2,
            32,
            1,
            2,
            half,
        );
        let parted = Parted::default();
        assert_shows(&layout.view(|_| &memory[..], &parted).unwrap());
    }

    #[test]
    fn hostile_sizes_are_refused_before_memory_is_touched() {
        let good = |code, planes: &[(u32, u32)]| format(code, Size::new(48, 32), planes);
        let refused = |format: Format, visible: Option<Rect>| {
            let layout = Layout::of(&format, SIZE, visible);
            assert!(matches!(layout, Err(V4l2Error::Nonsense(_))), "{format:?}");
        };
        // One byte less than its last sample needs.
        refused(good(FourCc::YU12, &[(48, 2128)]), None);
        refused(good(FourCc::YU12, &[(49, 49 * 48)]), None);
        refused(good(FourCc::YU12, &[(32, 48 * 48)]), None);
        refused(good(FourCc::YU12, &[]), None);
        refused(good(FourCc::YU12, &[(u32::MAX, u32::MAX)]), None);
        refused(good(FourCc::NV12, &[(u32::MAX - 1, u32::MAX)]), None);
        refused(good(FourCc::NM12, &[(48, 48 * 32)]), None);
        refused(
            good(FourCc::NM12, &[(48, 48 * 32), (u32::MAX, u32::MAX)]),
            None,
        );
        refused(
            good(FourCc::YM12, &[(48, 48 * 32), (24, 24 * 16), (24, 9)]),
            None,
        );
        refused(good(FourCc::H264, &[(48, 48 * 48)]), None);
        refused(
            format(FourCc::NV12, Size::new(u32::MAX, 32), &[(48, 4096)]),
            None,
        );
        refused(
            format(FourCc::NV12, Size::new(32, 32), &[(48, 48 * 48)]),
            None,
        );
        let plane = [(64, 64 * 64)];
        for visible in [
            Rect::new(-2, 0, SIZE.width, SIZE.height),
            Rect::new(0, 15, SIZE.width, SIZE.height),
            Rect::new(1, 0, SIZE.width, SIZE.height),
            Rect::new(0, 0, SIZE.width - 2, SIZE.height),
            Rect::new(i32::MAX - 100, 0, SIZE.width, SIZE.height),
        ] {
            refused(good(FourCc::NV12, &plane), Some(visible));
        }
    }

    proptest! {
        #[test]
        fn whatever_a_driver_says_nothing_beyond_its_planes_is_read(
            code in 0..4usize,
            memory in (0u32..200, 0u32..200),
            planes in proptest::collection::vec((0u32..300, 0u32..40_000), 0..4),
            visible in proptest::option::of((-4i32..40, -4i32..40)),
        ) {
            let format = format(UNDERSTOOD[code], Size::new(memory.0, memory.1), &planes);
            let visible = visible.map(|(x, y)| Rect::new(x, y, SIZE.width, SIZE.height));
            if let Ok(layout) = Layout::of(&format, SIZE, visible) {
                let bytes: Vec<Vec<u8>> =
                    planes.iter().map(|&(_, bytes)| vec![7; bytes as usize]).collect();
                let mut parted = Parted::default();
                layout.part(|plane| &bytes[plane][..], &mut parted).unwrap();
                // Planes of chroma with strides that differ are refused here.
                let _ = layout.view(|plane| &bytes[plane][..], &parted);
            }
        }
    }
}
