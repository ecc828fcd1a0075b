//! The kinds of machines that the viewer is built for.

use std::str::FromStr;

use anyhow::{Result, bail};

/// A kind of machine, by Debian's name of its architecture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Machine {
    /// ARMv7 and later with 32 bits: Raspberry Pi 2 and later, and the Zero 2 W.
    Armhf,
    /// ARMv8 with 64 bits: Raspberry Pi 3 and later, and the Zero 2 W.
    Arm64,
}

impl FromStr for Machine {
    type Err = anyhow::Error;

    fn from_str(name: &str) -> Result<Self> {
        Ok(match name {
            "armhf" => Self::Armhf,
            "arm64" => Self::Arm64,
            "armel" | "armv6" | "arm" => bail!(
                "Debian has no Rust for {name} that is new enough; docs/small-device.md tells how to \
                 build for the first Raspberry Pi Zero"
            ),
            other => bail!("unknown machine {other}: armhf and arm64 are known"),
        })
    }
}

impl Machine {
    /// Debian's name of the architecture.
    pub(super) const fn debian(self) -> &'static str {
        match self {
            Self::Armhf => "armhf",
            Self::Arm64 => "arm64",
        }
    }

    /// Rust's name of the target.
    pub(super) const fn target(self) -> &'static str {
        match self {
            Self::Armhf => "armv7-unknown-linux-gnueabihf",
            Self::Arm64 => "aarch64-unknown-linux-gnu",
        }
    }

    /// What the names of GNU's tools for it begin with.
    pub(super) const fn gnu(self) -> &'static str {
        match self {
            Self::Armhf => "arm-linux-gnueabihf",
            Self::Arm64 => "aarch64-linux-gnu",
        }
    }

    /// The words that run a program of such a machine here. The processor is the weakest that the
    /// program is for: with 32 bits one without NEON.
    pub(super) fn emulator(self) -> Vec<String> {
        let (program, processor) = match self {
            Self::Armhf => ("qemu-arm", "cortex-a9,neon=off"),
            Self::Arm64 => ("qemu-aarch64", "cortex-a53"),
        };
        let libraries = format!("/usr/{}", self.gnu());
        [program, "-cpu", processor, "-L", &libraries]
            .map(str::to_owned)
            .to_vec()
    }
}
