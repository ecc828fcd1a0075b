//! Pictures to access units.

use hackstream_protocol::geometry::Size;
use openh264_sys2 as sys;

use super::raw::RawEncoder;
use super::{Content, EntropyCoding, H264Error, H264Settings, I420, even_size, is_codable};

/// Largest quantization parameter: the coarsest picture. Six more halve the bits.
pub const MAX_QP: u8 = 51;

/// Finest quantization parameter that is used: OpenH264 gives up beyond 16 bits for each pixel, and
/// noise takes 13 with this one.
const FINEST_QP: u8 = 12;

/// Frame rate that OpenH264 is told. Without rate control it only decides on the level written
/// into the stream, and a lower level is what small decoders can take.
const NOMINAL_FRAME_RATE: f32 = 30.0;

/// Time that OpenH264 is told to have passed between two pictures; it must only grow.
const NOMINAL_FRAME_MILLISECONDS: i64 = 33;

/// QP to begin with; every picture sets its own.
const INITIAL_QP: u8 = 26;

/// Whether an access unit can be decoded on its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum H264FrameKind {
    /// With parameter sets; needs nothing that came before.
    Key,
    /// Refers to the picture before it.
    Delta,
}

/// An encoder for pictures of one size. For another size make a new one.
///
/// Can be sent to another thread; not shared. After an error make a new one too.
pub struct H264Encoder {
    raw: RawEncoder,
    parameters: Box<sys::SEncParamExt>,
    size: Size,
    milliseconds: i64,
}

impl H264Encoder {
    /// An encoder with the default settings for pictures of `size`, odd edges made even.
    ///
    /// # Errors
    /// [`H264Error::UnsupportedSize`] unless [`is_codable`]; [`H264Error::Setup`].
    pub fn new(size: Size) -> Result<Self, H264Error> {
        Self::with_settings(size, H264Settings::default())
    }

    /// An encoder for pictures of `size`, odd edges made even.
    ///
    /// # Errors
    /// [`H264Error::UnsupportedSize`] unless [`is_codable`]; [`H264Error::Setup`].
    pub fn with_settings(size: Size, settings: H264Settings) -> Result<Self, H264Error> {
        if !is_codable(size) {
            return Err(H264Error::UnsupportedSize { size });
        }
        let size = even_size(size);
        let (raw, parameters) = RawEncoder::new(|parameters| {
            configure(parameters, size);
            apply(parameters, settings);
        })?;
        Ok(Self {
            raw,
            parameters: Box::new(parameters),
            size,
            milliseconds: 0,
        })
    }

    /// Size of the pictures; both edges are even.
    #[must_use]
    pub const fn size(&self) -> Size {
        self.size
    }

    /// Codes `picture` with quantization parameter `qp` (12 to [`MAX_QP`], others count as the
    /// nearest of these) and appends its access unit to `out`.
    ///
    /// The first picture is a keyframe whatever is `wanted`, and no other unless it is. Nothing is
    /// left in the encoder: the access unit is complete.
    ///
    /// # Errors
    /// [`H264Error::SizeMismatch`]; [`H264Error::Encode`] and [`H264Error::Setup`], after which
    /// the encoder should be replaced. `out` is then as it was.
    pub fn encode(
        &mut self,
        picture: &I420,
        qp: u8,
        wanted: H264FrameKind,
        out: &mut Vec<u8>,
    ) -> Result<H264FrameKind, H264Error> {
        if picture.size() != self.size {
            return Err(H264Error::SizeMismatch {
                expected: self.size,
                got: picture.size(),
            });
        }
        self.set_qp(qp)?;
        if wanted == H264FrameKind::Key {
            self.raw.force_keyframe()?;
        }
        let before = out.len();
        self.milliseconds += NOMINAL_FRAME_MILLISECONDS;
        let made = self.raw.encode(picture.view(), self.milliseconds, out);
        let kind = made.and_then(frame_kind);
        if kind.is_err() {
            out.truncate(before);
        }
        kind
    }

    fn set_qp(&mut self, qp: u8) -> Result<(), H264Error> {
        let qp = i32::from(qp.clamp(FINEST_QP, MAX_QP));
        let layer = &mut self.parameters.sSpatialLayers[0];
        if layer.iDLayerQp == qp {
            return Ok(());
        }
        layer.iDLayerQp = qp;
        self.raw.set_parameters(&self.parameters)
    }
}

const fn frame_kind(made: sys::EVideoFrameType) -> Result<H264FrameKind, H264Error> {
    match made {
        sys::videoFrameTypeIDR => Ok(H264FrameKind::Key),
        sys::videoFrameTypeI | sys::videoFrameTypeP | sys::videoFrameTypeIPMixed => {
            Ok(H264FrameKind::Delta)
        }
        other => Err(H264Error::Encode { code: other }),
    }
}

/// What every one of our streams needs; see the module's description.
fn configure(parameters: &mut sys::SEncParamExt, size: Size) {
    parameters.iPicWidth = size.width as i32;
    parameters.iPicHeight = size.height as i32;
    parameters.fMaxFrameRate = NOMINAL_FRAME_RATE;
    parameters.iRCMode = sys::RC_OFF_MODE;
    parameters.bEnableFrameSkip = false;
    parameters.bEnableSceneChangeDetect = false;
    // Takes slowly changing areas for background and does not code them at all.
    parameters.bEnableBackgroundDetection = false;
    parameters.bEnableAdaptiveQuant = false;
    parameters.bEnableDenoise = false;
    parameters.uiIntraPeriod = 0;
    parameters.iNumRefFrame = 1;
    parameters.eSpsPpsIdStrategy = sys::CONSTANT_ID;
    parameters.iComplexityMode = sys::LOW_COMPLEXITY;
    parameters.iLoopFilterDisableIdc = 0;
    // With it OpenH264's buffers hold 12 bits for each pixel, and CABAC writes beyond their end
    // without looking; without it they hold 24. Noise takes 13 at the finest QP.
    parameters.bUseLoadBalancing = false;

    let layer = &mut parameters.sSpatialLayers[0];
    layer.iVideoWidth = parameters.iPicWidth;
    layer.iVideoHeight = parameters.iPicHeight;
    layer.fFrameRate = NOMINAL_FRAME_RATE;
    layer.iDLayerQp = i32::from(INITIAL_QP);
    layer.bVideoSignalTypePresent = true;
    layer.uiVideoFormat = sys::VF_UNDEF as u8;
    layer.bFullRange = false;
    layer.bColorDescriptionPresent = true;
    layer.uiColorPrimaries = sys::CP_BT709 as u8;
    // The pixels of a screen are sRGB; the transfer function does not enter the conversion.
    layer.uiTransferCharacteristics = sys::TRC_IEC61966_2_1 as u8;
    layer.uiColorMatrix = sys::CM_BT709 as u8;
}

fn apply(parameters: &mut sys::SEncParamExt, settings: H264Settings) {
    parameters.iUsageType = match settings.content {
        Content::Camera => sys::CAMERA_VIDEO_REAL_TIME,
        Content::Screen => sys::SCREEN_CONTENT_REAL_TIME,
    };
    let layer = &mut parameters.sSpatialLayers[0];
    (parameters.iEntropyCodingModeFlag, layer.uiProfileIdc) = match settings.entropy {
        EntropyCoding::Cavlc => (0, sys::PRO_BASELINE),
        EntropyCoding::Cabac => (1, sys::PRO_HIGH),
    };
    let slices = settings.slices.clamp(1, 4);
    parameters.iMultipleThreadIdc = u16::from(slices);
    layer.sSliceArgument.uiSliceNum = u32::from(slices);
    layer.sSliceArgument.uiSliceMode = if slices == 1 {
        sys::SM_SINGLE_SLICE
    } else {
        sys::SM_FIXEDSLCNUM_SLICE
    };
}
