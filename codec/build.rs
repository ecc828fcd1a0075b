//! Refuses to build a slow H.264 codec by accident.
//!
//! openh264-sys2 leaves its assembly out, without a word, when it does not find `nasm`; encoding
//! is then three times slower. Only x86 is concerned: the ARM assembly needs nothing but the C
//! compiler.

use std::process::{Command, ExitCode, Stdio};

/// Set to 1 to build without assembly on purpose.
const ALLOW_SLOW: &str = "HACKSTREAM_ALLOW_SLOW_H264";

fn main() -> ExitCode {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed={ALLOW_SLOW}");
    println!("cargo::rerun-if-env-changed=OPENH264_NO_ASM");
    println!("cargo::rustc-check-cfg=cfg(h264_assembly)");

    if !wants_h264() || !is_x86() || is_set(ALLOW_SLOW) {
        return ExitCode::SUCCESS;
    }
    if std::env::var_os("OPENH264_NO_ASM").is_some() {
        println!("cargo::error=OPENH264_NO_ASM makes H.264 three times slower; unset it");
    } else if !has_nasm() {
        println!(
            "cargo::error=`nasm` is missing: H.264 would be built without assembly and be three \
             times slower. Install it (Debian: apt install nasm), then run `cargo clean -p \
             openh264-sys2`; or set {ALLOW_SLOW}=1 to build the slow codec on purpose."
        );
    } else {
        println!("cargo::rustc-cfg=h264_assembly");
        return ExitCode::SUCCESS;
    }
    ExitCode::FAILURE
}

fn wants_h264() -> bool {
    ["CARGO_FEATURE_H264_DECODE", "CARGO_FEATURE_H264_ENCODE"]
        .iter()
        .any(|feature| std::env::var_os(feature).is_some())
}

fn is_x86() -> bool {
    std::env::var("CARGO_CFG_TARGET_ARCH").is_ok_and(|arch| arch == "x86" || arch == "x86_64")
}

fn is_set(name: &str) -> bool {
    std::env::var(name).is_ok_and(|value| value == "1")
}

fn has_nasm() -> bool {
    Command::new("nasm")
        .arg("-v")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}
