//! How much the decoder may remember.

use hackstream_codec::DecoderLimits;
use hackstream_protocol::wire::control::Quality;

/// Sized for machines with 512 MB.
const USUAL: DecoderLimits = DecoderLimits {
    history_bytes: 1 << 20,
    cache_bytes: 4 << 20,
};

/// For those that have little else to spare either. A megabyte of packed tiles is a screen of text
/// at 1280x720 three times over: a menu and what was behind it.
const SMALL: DecoderLimits = DecoderLimits {
    history_bytes: 256 << 10,
    cache_bytes: 1 << 20,
};

/// What a viewer that wants this `quality` at its start announces to the server.
pub(crate) const fn limits_for(quality: Quality) -> DecoderLimits {
    match quality {
        Quality::Low => SMALL,
        Quality::Auto | Quality::High => USUAL,
    }
}
