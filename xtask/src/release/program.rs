//! The programs that are given to people, and how each is compiled.

use anyhow::Result;

use crate::command;

/// One of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Program {
    /// Of a session.
    Server,
    /// Of a person: as small as it can be without being slower.
    Viewer,
    /// Of a service.
    Hub,
    /// Of each of its machines.
    NodeAgent,
    /// Of those who use it.
    User,
    /// Of those who look after it.
    Administrator,
}

/// Options of the C and C++ compilers for the viewer: nothing in OpenH264 throws; and of Zstandard's
/// compressors only the quickest, because the viewer compresses nothing but a clipboard now and then
/// (a decompressor reads what any of them made).
const SMALL_C: [&str; 8] = [
    "-fno-exceptions",
    "-DZSTD_EXCLUDE_DFAST_BLOCK_COMPRESSOR",
    "-DZSTD_EXCLUDE_GREEDY_BLOCK_COMPRESSOR",
    "-DZSTD_EXCLUDE_LAZY_BLOCK_COMPRESSOR",
    "-DZSTD_EXCLUDE_LAZY2_BLOCK_COMPRESSOR",
    "-DZSTD_EXCLUDE_BTLAZY2_BLOCK_COMPRESSOR",
    "-DZSTD_EXCLUDE_BTOPT_BLOCK_COMPRESSOR",
    "-DZSTD_EXCLUDE_BTULTRA_BLOCK_COMPRESSOR",
];

/// Has the linker write the places that the loader adds the program's address to as a bit map, which is
/// a fiftieth of the size. glibc reads it since 2.36, which the viewer needs in any case; binutils 2.40
/// writes it for x86 only.
const SMALL_RELOCATIONS: &str = "-Clink-arg=-Wl,-z,pack-relative-relocs";

/// For the linker: leaves out what unwinding would read. Not on ARM with 32 bits, which keeps that
/// elsewhere, and little of it.
const NO_UNWINDING: &str = "xtask/src/release/no_unwinding.ld";

impl Program {
    /// All.
    pub(crate) const ALL: [Self; 6] = [
        Self::Viewer,
        Self::Server,
        Self::Hub,
        Self::NodeAgent,
        Self::User,
        Self::Administrator,
    ];

    /// Its file.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Server => "hackstream-server",
            Self::Viewer => "hackstream-view",
            Self::Hub => "hackstreamd",
            Self::NodeAgent => "hackstream-noded",
            Self::User => "hackstream",
            Self::Administrator => "hackstreamctl",
        }
    }

    /// The package that it is built from.
    pub(crate) const fn package(self) -> &'static str {
        match self {
            Self::Server | Self::Viewer => self.name(),
            Self::Hub => "hackstream-hub",
            Self::NodeAgent => "hackstream-node",
            Self::User | Self::Administrator => "hackstream-cli",
        }
    }

    /// Cargo's profile, which the folder with the built program is called after.
    pub(crate) const fn profile(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            _ => "release",
        }
    }

    /// The variable that tells cargo what to strip in this profile.
    pub(crate) fn strip_variable(self) -> String {
        format!("CARGO_PROFILE_{}_STRIP", self.profile().to_uppercase())
    }

    /// Options of the C and C++ compilers.
    pub(crate) fn c_options(self) -> &'static [&'static str] {
        match self {
            Self::Viewer => &SMALL_C,
            _ => &[],
        }
    }

    /// Options of rustc for the program itself, when building for processors of this architecture, as
    /// Rust calls it. They concern the linker only.
    pub(crate) fn link_options(self, architecture: &str) -> Result<Vec<String>> {
        let mut options = Vec::new();
        if self != Self::Viewer {
            return Ok(options);
        }
        if architecture == "x86_64" {
            options.push(SMALL_RELOCATIONS.to_owned());
        }
        if architecture != "arm" {
            let script = command::root()?.join(NO_UNWINDING);
            options.push(format!("-Clink-arg=-Wl,-T,{}", script.display()));
            options.push("-Clink-arg=-Wl,--no-eh-frame-hdr".to_owned());
        }
        Ok(options)
    }
}
