//! Pictures in I420: a plane of luma and two of chroma at half the resolution.

use hackstream_protocol::geometry::Size;

use super::{H264Error, even_size, is_codable};

/// A picture that owns its samples. Both edges are even.
#[derive(Clone, Debug)]
pub struct I420 {
    size: Size,
    /// Luma, then Cb, then Cr, each without gaps between rows.
    samples: Vec<u8>,
}

/// A picture that borrows its samples. Both edges are even.
///
/// INVARIANT: each plane holds at least `stride * (rows - 1) + columns` samples.
#[derive(Clone, Copy, Debug)]
pub struct I420View<'a> {
    size: Size,
    luma: &'a [u8],
    luma_stride: usize,
    cb: &'a [u8],
    cr: &'a [u8],
    chroma_stride: usize,
}

impl I420 {
    /// A picture with room for `size` pixels, odd edges made even.
    ///
    /// # Errors
    /// [`H264Error::UnsupportedSize`] unless [`is_codable`].
    pub fn new(size: Size) -> Result<Self, H264Error> {
        if !is_codable(size) {
            return Err(H264Error::UnsupportedSize { size });
        }
        let size = even_size(size);
        let luma = size.width as usize * size.height as usize;
        Ok(Self {
            size,
            samples: vec![0; luma + luma / 2],
        })
    }

    /// Columns and rows of luma; both even.
    #[must_use]
    pub const fn size(&self) -> Size {
        self.size
    }

    /// The picture, borrowed.
    #[must_use]
    pub fn view(&self) -> I420View<'_> {
        let (luma, chroma) = self.samples.split_at(self.luma_len());
        let (cb, cr) = chroma.split_at(chroma.len() / 2);
        I420View {
            size: self.size,
            luma,
            luma_stride: self.size.width as usize,
            cb,
            cr,
            chroma_stride: self.size.width as usize / 2,
        }
    }

    /// The planes luma, Cb and Cr to write to. Rows follow each other without gaps.
    pub fn planes_mut(&mut self) -> [&mut [u8]; 3] {
        let luma_len = self.luma_len();
        let (luma, chroma) = self.samples.split_at_mut(luma_len);
        let (cb, cr) = chroma.split_at_mut(luma_len / 4);
        [luma, cb, cr]
    }

    const fn luma_len(&self) -> usize {
        self.size.width as usize * self.size.height as usize
    }
}

impl<'a> I420View<'a> {
    /// A view of planes with rows `luma_stride` and `chroma_stride` samples apart.
    ///
    /// # Errors
    /// [`H264Error::UnsupportedSize`] unless the size is even and [`is_codable`];
    /// [`H264Error::OutsidePicture`] if a stride or a plane is too short.
    pub fn new(
        size: Size,
        [luma, cb, cr]: [&'a [u8]; 3],
        luma_stride: usize,
        chroma_stride: usize,
    ) -> Result<Self, H264Error> {
        if !is_codable(size) || size != even_size(size) {
            return Err(H264Error::UnsupportedSize { size });
        }
        let chroma_size = Size::new(size.width / 2, size.height / 2);
        let luma_len = plane_len(size, luma_stride).ok_or(H264Error::OutsidePicture)?;
        let chroma_len = plane_len(chroma_size, chroma_stride).ok_or(H264Error::OutsidePicture)?;
        if luma.len() < luma_len || cb.len() < chroma_len || cr.len() < chroma_len {
            return Err(H264Error::OutsidePicture);
        }
        Ok(Self {
            size,
            luma,
            luma_stride,
            cb,
            cr,
            chroma_stride,
        })
    }

    /// Columns and rows of luma; both even.
    #[must_use]
    pub const fn size(&self) -> Size {
        self.size
    }

    /// Luma samples, rows [`luma_stride`](Self::luma_stride) apart.
    #[must_use]
    pub const fn luma(&self) -> &'a [u8] {
        self.luma
    }

    /// Blue-difference samples, rows [`chroma_stride`](Self::chroma_stride) apart.
    #[must_use]
    pub const fn cb(&self) -> &'a [u8] {
        self.cb
    }

    /// Red-difference samples, rows [`chroma_stride`](Self::chroma_stride) apart.
    #[must_use]
    pub const fn cr(&self) -> &'a [u8] {
        self.cr
    }

    /// Samples from one row of luma to the next.
    #[must_use]
    pub const fn luma_stride(&self) -> usize {
        self.luma_stride
    }

    /// Samples from one row of chroma to the next.
    #[must_use]
    pub const fn chroma_stride(&self) -> usize {
        self.chroma_stride
    }
}

/// Samples from the first to the last one of a plane; none if the rows would overlap.
pub(super) fn plane_len(size: Size, stride: usize) -> Option<usize> {
    let (width, height) = (size.width as usize, size.height as usize);
    if height == 0 || width == 0 || stride < width {
        return None;
    }
    stride.checked_mul(height - 1)?.checked_add(width)
}
