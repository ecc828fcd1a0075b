//! OpenH264's decoder object.

use core::ffi::{c_int, c_uchar, c_void};
use core::ptr::{self, NonNull};

use hackstream_protocol::geometry::Size;
use openh264_sys2 as sys;
use sys::source::APILoader;

use super::{LOG_QUIET, NO_FUNCTION};
use crate::h264::picture::plane_len;
use crate::h264::{H264Error, I420View, is_codable};

/// A decoder that was set up and is destroyed with this value.
pub(in crate::h264) struct RawDecoder {
    /// INVARIANT: made by `WelsCreateDecoder`, owned by this value alone.
    object: NonNull<sys::ISVCDecoder>,
    last: Option<Planes>,
}

/// Where the picture decoded last lies.
///
/// INVARIANT: the planes belong to the decoder's object, have the size and strides given, and
/// stay as they are until the next call of one of its functions.
struct Planes {
    size: Size,
    data: [NonNull<u8>; 3],
    luma_stride: usize,
    chroma_stride: usize,
}

/// Where the decoder writes what it made.
struct Output {
    planes: [*mut c_uchar; 3],
    info: sys::SBufferInfo,
}

impl Default for Output {
    fn default() -> Self {
        Self {
            planes: [ptr::null_mut(); 3],
            info: sys::SBufferInfo::default(),
        }
    }
}

// SAFETY: the object has no ties to the thread that made it; only one thread at a time can call
// it, because every call but the destruction takes `&mut self`.
unsafe impl Send for RawDecoder {}

impl RawDecoder {
    /// Makes a decoder without threads of its own and without error concealment.
    pub(in crate::h264) fn new() -> Result<Self, H264Error> {
        let mut object: *mut sys::ISVCDecoder = ptr::null_mut();
        // SAFETY: the argument points to a place for the pointer.
        let code = unsafe { APILoader::WelsCreateDecoder(&raw mut object) };
        let code = i32::try_from(code).unwrap_or(NO_FUNCTION);
        let object = NonNull::new(object).ok_or(H264Error::Setup { code })?;
        let mut decoder = Self { object, last: None };
        decoder.silence()?;
        decoder.initialize()?;
        Ok(decoder)
    }

    /// Decodes one access unit; returns the size of the picture it made.
    pub(in crate::h264) fn decode(
        &mut self,
        access_unit: &[u8],
    ) -> Result<Option<Size>, H264Error> {
        self.last = None;
        let mut output = Output::default();
        self.decode_without_delay(access_unit, &mut output)?;
        if output.info.iBufferStatus != 1 {
            // The decoder keeps each picture of a profile with B pictures until the next one
            // comes, whatever the stream says about its order.
            self.flush(&mut output)?;
        }
        if output.info.iBufferStatus != 1 {
            return Ok(None);
        }
        // SAFETY: the union has this member only.
        let buffer = unsafe { output.info.UsrData.sSystemBuffer };
        self.last = Planes::new(output.planes, &buffer);
        match &self.last {
            Some(planes) => Ok(Some(planes.size)),
            None => Err(H264Error::Decode { state: NO_FUNCTION }),
        }
    }

    fn decode_without_delay(
        &mut self,
        access_unit: &[u8],
        output: &mut Output,
    ) -> Result<(), H264Error> {
        let function = self.functions().DecodeFrameNoDelay;
        let function = function.ok_or(H264Error::Decode { state: NO_FUNCTION })?;
        let length = c_int::try_from(access_unit.len());
        let length = length.map_err(|_| H264Error::Invalid { what: "length" })?;
        let planes = output.planes.as_mut_ptr();
        // SAFETY: the object is alive and initialized; the bytes are read, the two places of
        // `output` written to, and none is kept.
        decoded(unsafe {
            function(
                self.object.as_ptr(),
                access_unit.as_ptr(),
                length,
                planes,
                &raw mut output.info,
            )
        })
    }

    fn flush(&mut self, output: &mut Output) -> Result<(), H264Error> {
        let function = self.functions().FlushFrame;
        let function = function.ok_or(H264Error::Decode { state: NO_FUNCTION })?;
        let planes = output.planes.as_mut_ptr();
        // SAFETY: the object is alive and initialized; the two places of `output` are written to
        // and not kept.
        decoded(unsafe { function(self.object.as_ptr(), planes, &raw mut output.info) })
    }

    /// The picture that the last call of [`decode`](Self::decode) made.
    pub(in crate::h264) fn picture(&self) -> Result<I420View<'_>, H264Error> {
        let planes = self.last.as_ref();
        let planes = planes.ok_or(H264Error::Decode { state: NO_FUNCTION })?;
        let [luma, cb, cr] = planes.data;
        let chroma_size = Size::new(planes.size.width / 2, planes.size.height / 2);
        let luma_len = plane_len(planes.size, planes.luma_stride);
        let chroma_len = plane_len(chroma_size, planes.chroma_stride);
        let (Some(luma_len), Some(chroma_len)) = (luma_len, chroma_len) else {
            return Err(H264Error::Decode { state: NO_FUNCTION });
        };
        // SAFETY: invariant of `Planes`; the loan of `self` keeps the decoder from being called.
        let luma = unsafe { core::slice::from_raw_parts(luma.as_ptr(), luma_len) };
        // SAFETY: as above.
        let cb = unsafe { core::slice::from_raw_parts(cb.as_ptr(), chroma_len) };
        // SAFETY: as above.
        let cr = unsafe { core::slice::from_raw_parts(cr.as_ptr(), chroma_len) };
        I420View::new(
            planes.size,
            [luma, cb, cr],
            planes.luma_stride,
            planes.chroma_stride,
        )
    }

    fn silence(&mut self) -> Result<(), H264Error> {
        let function = self.functions().SetOption;
        let function = function.ok_or(H264Error::Setup { code: NO_FUNCTION })?;
        let mut level = LOG_QUIET;
        let value: *mut c_void = (&raw mut level).cast();
        let option = sys::DECODER_OPTION_TRACE_LEVEL;
        // SAFETY: the object is alive; this option reads an int, which is not kept. It is the one
        // option that may be set before the initialization, so its result says nothing.
        unsafe { function(self.object.as_ptr(), option, value) };
        Ok(())
    }

    fn initialize(&mut self) -> Result<(), H264Error> {
        let function = self.functions().Initialize;
        let function = function.ok_or(H264Error::Setup { code: NO_FUNCTION })?;
        let parameters = sys::SDecodingParam {
            uiTargetDqLayer: u8::MAX,
            // A concealed error would stay in all the pictures after it; a keyframe is better.
            eEcActiveIdc: sys::ERROR_CON_DISABLE,
            sVideoProperty: sys::SVideoProperty {
                size: size_of::<sys::SVideoProperty>() as u32,
                eVideoBsType: sys::VIDEO_BITSTREAM_AVC,
            },
            ..Default::default()
        };
        // SAFETY: the object is alive; the parameters are read and not kept.
        match unsafe { function(self.object.as_ptr(), &raw const parameters) } {
            0 => Ok(()),
            code => Err(H264Error::Setup {
                code: i32::try_from(code).unwrap_or(NO_FUNCTION),
            }),
        }
    }

    fn functions(&self) -> sys::ISVCDecoderVtbl {
        // SAFETY: the object is alive and starts with the pointer to its table.
        let table: *const sys::ISVCDecoderVtbl = unsafe { *self.object.as_ptr() };
        // SAFETY: the table is a constant of the library.
        unsafe { *table }
    }
}

impl Drop for RawDecoder {
    fn drop(&mut self) {
        if let Some(function) = self.functions().Uninitialize {
            // SAFETY: the object is alive; an object never initialized may be uninitialized.
            unsafe { function(self.object.as_ptr()) };
        }
        // SAFETY: the object is alive and not used afterwards.
        unsafe { APILoader::WelsDestroyDecoder(self.object.as_ptr()) };
    }
}

impl Planes {
    /// Takes what the decoder says for granted only as far as it makes sense.
    fn new(data: [*mut c_uchar; 3], buffer: &sys::SSysMEMBuffer) -> Option<Self> {
        let [luma, cb, cr] = data;
        let size = Size::new(
            u32::try_from(buffer.iWidth).ok()?,
            u32::try_from(buffer.iHeight).ok()?,
        );
        let luma_stride = usize::try_from(buffer.iStride[0]).ok()?;
        let chroma_stride = usize::try_from(buffer.iStride[1]).ok()?;
        if buffer.iFormat != sys::videoFormatI420 || !is_codable(size) {
            return None;
        }
        Some(Self {
            size,
            data: [NonNull::new(luma)?, NonNull::new(cb)?, NonNull::new(cr)?],
            luma_stride,
            chroma_stride,
        })
    }
}

const fn decoded(state: sys::DECODING_STATE) -> Result<(), H264Error> {
    match state {
        sys::dsErrorFree => Ok(()),
        state => Err(H264Error::Decode { state }),
    }
}
