//! OpenH264 and a device that takes its place while pictures follow each other.
//!
//! Not every keyframe begins a film: photographs come as keyframes of many sizes, and to make a device
//! ready for each would take longer than to decode it. So OpenH264 decodes a keyframe of a new size at
//! once, and only when another picture refers to it does the device get both. If the device then
//! fails, OpenH264 has what it needs to go on, and nobody has to be asked for anything.

use hackstream_protocol::geometry::Size;

use super::gate::{self, Contents};
use super::{DeviceFailure, H264Decoder, H264Error, I420View, PictureDevice, Setback};

/// Pixels of the smallest picture that a device is asked to decode. The processor is done with less
/// before a device has been told of it.
const WORTH_A_DEVICE: u64 = 128 * 128;

/// A decoder for the stream of one peer, which is not trusted.
pub(crate) struct AssistedDecoder {
    software: H264Decoder,
    device: Option<Ready>,
    reference: Reference,
    setback: Option<Setback>,
}

/// A device, and what it is ready for.
struct Ready {
    device: Box<dyn PictureDevice>,
    size: Option<Size>,
}

/// Who has the picture that the next one refers to.
enum Reference {
    /// OpenH264.
    Software,
    /// OpenH264; it is this keyframe, which a device could begin with.
    Keyframe(Size, Vec<u8>),
    /// The device.
    Device,
    /// Nobody: the device had it and failed.
    Gone,
}

/// Who made a picture.
enum Maker {
    Software,
    Device,
    Nobody,
}

impl AssistedDecoder {
    /// A decoder without a device.
    ///
    /// # Errors
    /// As [`H264Decoder::new`].
    pub(crate) fn new() -> Result<Self, H264Error> {
        Ok(Self {
            software: H264Decoder::new()?,
            device: None,
            reference: Reference::Software,
            setback: None,
        })
    }

    /// Has `device` decode films from now on.
    pub(crate) fn assist(&mut self, device: Box<dyn PictureDevice>) {
        let size = None;
        self.device = Some(Ready { device, size });
    }

    /// What became of the device if it failed since the last call.
    pub(crate) const fn take_setback(&mut self) -> Option<Setback> {
        self.setback.take()
    }

    /// Decodes one access unit (Annex B) and returns its picture, on loan until the next call;
    /// `None` while a keyframe is needed because the device failed.
    ///
    /// # Errors
    /// As [`H264Decoder::decode`].
    pub(crate) fn decode(&mut self, access_unit: &[u8]) -> Result<Option<I420View<'_>>, H264Error> {
        let maker = match gate::inspect(access_unit) {
            Ok(Contents::Key(size)) => self.key(access_unit, size),
            Ok(Contents::Delta) => self.delta(access_unit)?,
            Err(_) => {
                // OpenH264's side says what is wrong with it, and needs a keyframe from then on.
                self.reference = Reference::Software;
                Maker::Software
            }
        };
        match (maker, &self.device) {
            (Maker::Device, Some(ready)) => ready.device.picture().map(Some),
            (Maker::Software, _) => self.software.decode(access_unit),
            _ => Ok(None),
        }
    }

    fn key(&mut self, access_unit: &[u8], size: Size) -> Maker {
        match &mut self.device {
            Some(ready) if ready.size == Some(size) => match ready.device.decode(access_unit) {
                Ok(()) => {
                    self.reference = Reference::Device;
                    return Maker::Device;
                }
                Err(failure) => self.give_up(Setback::Bridged(failure)),
            },
            Some(_) if size.area() >= WORTH_A_DEVICE => {
                self.reference = Reference::Keyframe(size, access_unit.to_vec());
                return Maker::Software;
            }
            _ => {}
        }
        self.reference = Reference::Software;
        Maker::Software
    }

    fn delta(&mut self, access_unit: &[u8]) -> Result<Maker, H264Error> {
        match core::mem::replace(&mut self.reference, Reference::Software) {
            Reference::Software => Ok(Maker::Software),
            Reference::Keyframe(size, keyframe) => {
                match self.take_over(size, &keyframe, access_unit) {
                    Ok(()) => {
                        // Its memory is for nothing from here on.
                        self.software = H264Decoder::new()?;
                        self.reference = Reference::Device;
                        Ok(Maker::Device)
                    }
                    Err(failure) => {
                        self.give_up(Setback::Bridged(failure));
                        Ok(Maker::Software)
                    }
                }
            }
            Reference::Device => match self.by_device(access_unit) {
                Ok(()) => {
                    self.reference = Reference::Device;
                    Ok(Maker::Device)
                }
                Err(failure) => {
                    self.give_up(Setback::KeyframeNeeded(failure));
                    self.reference = Reference::Gone;
                    Ok(Maker::Nobody)
                }
            },
            Reference::Gone => {
                self.reference = Reference::Gone;
                Ok(Maker::Nobody)
            }
        }
    }

    /// The device begins with a keyframe that OpenH264 has decoded, and the picture after it.
    fn take_over(
        &mut self,
        size: Size,
        keyframe: &[u8],
        access_unit: &[u8],
    ) -> Result<(), DeviceFailure> {
        if let Some(ready) = &mut self.device {
            ready.device.begin(size)?;
            ready.size = Some(size);
        }
        self.by_device(keyframe)?;
        self.by_device(access_unit)
    }

    fn by_device(&mut self, access_unit: &[u8]) -> Result<(), DeviceFailure> {
        let gone = || DeviceFailure("there is no device".to_owned());
        let ready = self.device.as_mut().ok_or_else(gone)?;
        ready.device.decode(access_unit)
    }

    fn give_up(&mut self, setback: Setback) {
        self.device = None;
        self.setback = Some(setback);
    }
}
