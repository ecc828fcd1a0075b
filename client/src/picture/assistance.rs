//! A device that decodes films in place of the processor, where the viewer was built with one.

use hackstream_codec::Decoder;

use crate::config::Options;

/// What the picture needs after a device failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Need {
    /// Nothing.
    Nothing,
    /// The whole picture from the server, for part of it cannot be decoded.
    #[cfg(feature = "v4l2")]
    WholePicture,
}

/// The device, over all connections.
pub(crate) struct Assistance {
    #[cfg(feature = "v4l2")]
    device: devices::Choice,
}

#[cfg(not(feature = "v4l2"))]
impl Assistance {
    /// What the person asked for: there is nothing to ask for.
    #[inline]
    pub(crate) const fn wished(_: &Options) -> Self {
        Self {}
    }

    /// Has the device help the decoder of a connection.
    #[inline]
    pub(super) const fn help(&mut self, _: &mut Decoder) {}

    /// What follows for the picture from what became of the device while a frame was decoded.
    #[inline]
    pub(super) const fn follow(&mut self, _: &mut Decoder) -> Need {
        Need::Nothing
    }
}

#[cfg(feature = "v4l2")]
impl Assistance {
    /// What the person asked for.
    pub(crate) fn wished(options: &Options) -> Self {
        Self {
            device: devices::Choice::of(options.hardware_decoder.clone()),
        }
    }

    /// Has the device help the decoder of a connection.
    pub(super) fn help(&mut self, decoder: &mut Decoder) {
        self.device.help(decoder);
    }

    /// What follows for the picture from what became of the device while a frame was decoded. A device
    /// that failed once is not used again.
    pub(super) fn follow(&mut self, decoder: &mut Decoder) -> Need {
        use hackstream_codec::h264::Setback;
        let Some(setback) = decoder.take_setback() else {
            return Need::Nothing;
        };
        let (failure, need) = match setback {
            Setback::Bridged(failure) => (failure, Need::Nothing),
            Setback::KeyframeNeeded(failure) => (failure, Need::WholePicture),
        };
        self.device.give_up(&failure.to_string());
        need
    }
}

#[cfg(feature = "v4l2")]
mod devices {
    use std::path::PathBuf;

    use hackstream_codec::Decoder;

    use crate::config::HardwareDecoder;
    use crate::v4l2::V4l2Decoder;

    /// Which device decodes films.
    pub(super) enum Choice {
        /// None: nobody asked for one, or it failed.
        Processor,
        /// One that was not opened yet.
        Wished(HardwareDecoder),
        /// One that was opened before.
        Known(PathBuf),
    }

    impl Choice {
        pub(super) fn of(wish: Option<HardwareDecoder>) -> Self {
            wish.map_or(Self::Processor, Self::Wished)
        }

        /// Opens the device for the decoder of a connection; the one before has closed it.
        pub(super) fn help(&mut self, decoder: &mut Decoder) {
            let opened = match self {
                Self::Processor => return,
                Self::Wished(HardwareDecoder::AnyV4l2) => V4l2Decoder::open(None),
                Self::Wished(HardwareDecoder::V4l2(path)) | Self::Known(path) => {
                    V4l2Decoder::open(Some(path))
                }
            };
            let device = match opened {
                Ok(device) => device,
                Err(error) => return self.give_up(&error.to_string()),
            };
            let path = device.path().to_owned();
            if let Err(error) = decoder.assist(Box::new(device)) {
                return self.give_up(&error.to_string());
            }
            if let Self::Wished(_) = self {
                eprintln!("hackstream-view: {} decodes films", path.display());
            }
            *self = Self::Known(path);
        }

        /// The processor decodes from now on.
        pub(super) fn give_up(&mut self, why: &str) {
            *self = Self::Processor;
            eprintln!(
                "hackstream-view: the processor decodes films, not the hardware decoder: {why}"
            );
        }
    }
}

#[cfg(all(test, feature = "v4l2"))]
mod tests {
    use super::*;
    use crate::config::HardwareDecoder;
    use crate::picture::limits_for;
    use hackstream_protocol::wire::control::Quality;

    #[test]
    fn a_device_that_cannot_be_opened_is_tried_once() {
        for path in ["/dev/hackstream-has-no-such-device", "/dev/null"] {
            let wish = HardwareDecoder::V4l2(path.into());
            let mut assistance = Assistance {
                device: devices::Choice::of(Some(wish)),
            };
            let mut decoder = Decoder::new(limits_for(Quality::Auto));
            assistance.help(&mut decoder);
            assert!(matches!(assistance.device, devices::Choice::Processor));
            assert_eq!(assistance.follow(&mut decoder), Need::Nothing);
        }
    }
}
