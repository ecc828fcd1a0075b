//! OpenH264's encoder object.

use core::ffi::{c_int, c_void};
use core::ptr::{self, NonNull};

use openh264_sys2 as sys;
use sys::source::APILoader;

use super::{LOG_QUIET, NO_FUNCTION};
use crate::h264::{H264Error, I420View};

/// An encoder that was set up and is destroyed with this value.
pub(in crate::h264) struct RawEncoder {
    /// INVARIANT: made by `WelsCreateSVCEncoder`, owned by this value alone.
    object: NonNull<sys::ISVCEncoder>,
    /// Where OpenH264 describes the access unit it made last; kept because it is 7 KB large.
    made: Box<sys::SFrameBSInfo>,
}

// SAFETY: the object has no ties to the thread that made it; only one thread at a time can call
// it, because every call but the destruction takes `&mut self`.
unsafe impl Send for RawEncoder {}

impl RawEncoder {
    /// Makes an encoder with OpenH264's default parameters after `adjust` changed them; returns
    /// the parameters too.
    pub(in crate::h264) fn new(
        adjust: impl FnOnce(&mut sys::SEncParamExt),
    ) -> Result<(Self, sys::SEncParamExt), H264Error> {
        let mut object: *mut sys::ISVCEncoder = ptr::null_mut();
        // SAFETY: the argument points to a place for the pointer.
        let code = unsafe { APILoader::WelsCreateSVCEncoder(&raw mut object) };
        let object = NonNull::new(object).ok_or(H264Error::Setup { code })?;
        let mut encoder = Self {
            object,
            made: Box::default(),
        };
        let mut level = LOG_QUIET;
        encoder.set_option(sys::ENCODER_OPTION_TRACE_LEVEL, (&raw mut level).cast())?;
        let mut parameters = sys::SEncParamExt::default();
        encoder.default_parameters(&mut parameters)?;
        adjust(&mut parameters);
        encoder.initialize(&parameters)?;
        Ok((encoder, parameters))
    }

    /// Replaces the parameters. Only the QP of a layer may change without a keyframe.
    pub(in crate::h264) fn set_parameters(
        &mut self,
        parameters: &sys::SEncParamExt,
    ) -> Result<(), H264Error> {
        let mut copy = *parameters;
        self.set_option(
            sys::ENCODER_OPTION_SVC_ENCODE_PARAM_EXT,
            (&raw mut copy).cast(),
        )
    }

    /// Makes the next picture a keyframe.
    pub(in crate::h264) fn force_keyframe(&mut self) -> Result<(), H264Error> {
        let function = self.functions().ForceIntraFrame;
        let function = function.ok_or(H264Error::Encode { code: NO_FUNCTION })?;
        // SAFETY: the object is alive and initialized.
        encoded(unsafe { function(self.object.as_ptr(), true) })
    }

    /// Codes `picture`, appends its access unit to `out` and returns OpenH264's frame type.
    ///
    /// The picture must have the size that the encoder was initialized with.
    pub(in crate::h264) fn encode(
        &mut self,
        picture: I420View<'_>,
        milliseconds: i64,
        out: &mut Vec<u8>,
    ) -> Result<sys::EVideoFrameType, H264Error> {
        let function = self.functions().EncodeFrame;
        let function = function.ok_or(H264Error::Encode { code: NO_FUNCTION })?;
        let source = source_picture(&picture, milliseconds);
        let made: *mut sys::SFrameBSInfo = &raw mut *self.made;
        // SAFETY: the object is alive and initialized; the planes are as long as the strides and
        // the size say (invariant of `I420View`) and are only read, while the call lasts.
        encoded(unsafe { function(self.object.as_ptr(), &raw const source, made) })?;
        self.append_to(out)?;
        Ok(self.made.eFrameType)
    }

    fn append_to(&self, out: &mut Vec<u8>) -> Result<(), H264Error> {
        let layers = usize::try_from(self.made.iLayerNum).unwrap_or(0);
        let layers = self.made.sLayerInfo.get(..layers);
        for layer in layers.ok_or(H264Error::Encode { code: NO_FUNCTION })? {
            let nals = usize::try_from(layer.iNalCount).unwrap_or(0);
            if nals == 0 || layer.pNalLengthInByte.is_null() || layer.pBsBuf.is_null() {
                continue;
            }
            // SAFETY: the encoder wrote that many lengths; they live until its next call, which
            // needs `&mut self`.
            let lengths = unsafe { core::slice::from_raw_parts(layer.pNalLengthInByte, nals) };
            let length = lengths
                .iter()
                .map(|&length| usize::try_from(length).unwrap_or(0))
                .sum();
            // SAFETY: the NAL units of a layer follow each other in its buffer, which lives until
            // the encoder's next call.
            let bytes = unsafe { core::slice::from_raw_parts(layer.pBsBuf, length) };
            out.extend_from_slice(bytes);
        }
        Ok(())
    }

    fn default_parameters(&mut self, parameters: &mut sys::SEncParamExt) -> Result<(), H264Error> {
        let function = self.functions().GetDefaultParams;
        let function = function.ok_or(H264Error::Setup { code: NO_FUNCTION })?;
        // SAFETY: the object is alive; the parameters are written to and not kept.
        set_up(unsafe { function(self.object.as_ptr(), &raw mut *parameters) })
    }

    fn initialize(&mut self, parameters: &sys::SEncParamExt) -> Result<(), H264Error> {
        let function = self.functions().InitializeExt;
        let function = function.ok_or(H264Error::Setup { code: NO_FUNCTION })?;
        // SAFETY: the object is alive; the parameters are read and not kept.
        set_up(unsafe { function(self.object.as_ptr(), &raw const *parameters) })
    }

    /// `value` must point to what `option` expects.
    fn set_option(
        &mut self,
        option: sys::ENCODER_OPTION,
        value: *mut c_void,
    ) -> Result<(), H264Error> {
        let function = self.functions().SetOption;
        let function = function.ok_or(H264Error::Setup { code: NO_FUNCTION })?;
        // SAFETY: the object is alive; both callers in this file pass the type that goes with
        // their option, and it is not kept.
        set_up(unsafe { function(self.object.as_ptr(), option, value) })
    }

    fn functions(&self) -> sys::ISVCEncoderVtbl {
        // SAFETY: the object is alive and starts with the pointer to its table.
        let table: *const sys::ISVCEncoderVtbl = unsafe { *self.object.as_ptr() };
        // SAFETY: the table is a constant of the library.
        unsafe { *table }
    }
}

impl Drop for RawEncoder {
    fn drop(&mut self) {
        if let Some(function) = self.functions().Uninitialize {
            // SAFETY: the object is alive; an object never initialized may be uninitialized.
            unsafe { function(self.object.as_ptr()) };
        }
        // SAFETY: the object is alive and not used afterwards.
        unsafe { APILoader::WelsDestroySVCEncoder(self.object.as_ptr()) };
    }
}

fn source_picture(picture: &I420View<'_>, milliseconds: i64) -> sys::SSourcePicture {
    // Strides and sizes are at most a few thousand.
    let stride = [
        picture.luma_stride() as c_int,
        picture.chroma_stride() as c_int,
        picture.chroma_stride() as c_int,
        0,
    ];
    let data = [
        picture.luma().as_ptr().cast_mut(),
        picture.cb().as_ptr().cast_mut(),
        picture.cr().as_ptr().cast_mut(),
        ptr::null_mut(),
    ];
    sys::SSourcePicture {
        iColorFormat: sys::videoFormatI420,
        iStride: stride,
        pData: data,
        iPicWidth: picture.size().width as c_int,
        iPicHeight: picture.size().height as c_int,
        uiTimeStamp: milliseconds,
        ..Default::default()
    }
}

const fn set_up(code: c_int) -> Result<(), H264Error> {
    match code {
        0 => Ok(()),
        code => Err(H264Error::Setup { code }),
    }
}

const fn encoded(code: c_int) -> Result<(), H264Error> {
    match code {
        0 => Ok(()),
        code => Err(H264Error::Encode { code }),
    }
}
