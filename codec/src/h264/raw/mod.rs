//! The only place that calls OpenH264. Everything public here is safe to call.
//!
//! OpenH264 hands out objects with a table of functions, as C++ does; each call goes through it.

#[cfg(feature = "h264-decode")]
mod decoder;
#[cfg(feature = "h264-encode")]
mod encoder;

#[cfg(feature = "h264-decode")]
pub(super) use decoder::RawDecoder;
#[cfg(feature = "h264-encode")]
pub(super) use encoder::RawEncoder;

/// OpenH264's `WELS_LOG_QUIET`: it would write to the standard error stream.
const LOG_QUIET: i32 = 0;

/// Code reported when OpenH264's table of functions has a hole, which no version has.
const NO_FUNCTION: i32 = i32::MIN;

/// Fails the linking when OpenH264 was built without its assembly although `nasm` is here now:
/// cargo does not rebuild a dependency because a tool was installed. The remedy is
/// `cargo clean -p openh264-sys2`.
#[cfg(h264_assembly)]
mod assembly {
    // SAFETY: the signature is that of OpenH264's common/inc/cpu.h; it is never called.
    unsafe extern "C" {
        fn WelsCPUIdVerify() -> i32;
    }

    #[used]
    static NEEDS_ASSEMBLY: unsafe extern "C" fn() -> i32 = WelsCPUIdVerify;
}
