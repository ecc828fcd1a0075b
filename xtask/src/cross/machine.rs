//! The kinds of machines that the viewer is built for.

use std::path::Path;
use std::str::FromStr;

use anyhow::{Result, bail};

/// A kind of machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Machine {
    /// ARMv6 with floating point: Raspberry Pi 1, Zero and Zero W.
    Armv6,
    /// ARMv7 and later with 32 bits: Raspberry Pi 2 and later, and the Zero 2 W.
    Armhf,
    /// ARMv8 with 64 bits: Raspberry Pi 3 and later, and the Zero 2 W.
    Arm64,
}

impl FromStr for Machine {
    type Err = anyhow::Error;

    fn from_str(name: &str) -> Result<Self> {
        Ok(match name {
            "armv6" => Self::Armv6,
            "armhf" => Self::Armhf,
            "arm64" => Self::Arm64,
            other => bail!("unknown machine {other}: armv6, armhf and arm64 are known"),
        })
    }
}

impl Machine {
    /// What it is called here.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Armv6 => "armv6",
            Self::Armhf => "armhf",
            Self::Arm64 => "arm64",
        }
    }

    /// Rust's name of the target.
    pub(super) const fn target(self) -> &'static str {
        match self {
            Self::Armv6 => "arm-unknown-linux-gnueabihf",
            Self::Armhf => "armv7-unknown-linux-gnueabihf",
            Self::Arm64 => "aarch64-unknown-linux-gnu",
        }
    }

    /// Rust's name of the processors' architecture.
    pub(super) const fn architecture(self) -> &'static str {
        match self {
            Self::Armv6 | Self::Armhf => "arm",
            Self::Arm64 => "aarch64",
        }
    }

    /// What the names of GNU's tools for it begin with.
    pub(super) const fn gnu(self) -> &'static str {
        match self {
            Self::Armv6 | Self::Armhf => "arm-linux-gnueabihf",
            Self::Arm64 => "aarch64-linux-gnu",
        }
    }

    /// The words that run a program of such a machine here, with the libraries of `root`. The
    /// processor is the weakest that the program is for: with 32 bits one without NEON.
    pub(super) fn emulator(self, root: &Path) -> Vec<String> {
        let (program, processor) = match self {
            Self::Armv6 => ("qemu-arm", "arm1176"),
            Self::Armhf => ("qemu-arm", "cortex-a9,neon=off"),
            Self::Arm64 => ("qemu-aarch64", "cortex-a53"),
        };
        let root = root.to_string_lossy();
        [program, "-cpu", processor, "-L", &root]
            .map(str::to_owned)
            .to_vec()
    }
}
