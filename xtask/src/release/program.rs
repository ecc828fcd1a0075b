//! The programs that are given to people, and how each is compiled.

/// One of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Program {
    /// Of a session.
    Server,
    /// Of a person: as small as it can be without being slower.
    Viewer,
}

/// Options of the C and C++ compilers for the viewer: no tables that only unwinding reads, because
/// it does not unwind; and of Zstandard's compressors only the quickest, because it compresses
/// nothing but a clipboard now and then (a decompressor reads what any of them made).
const SMALL_C: [&str; 10] = [
    "-fno-exceptions",
    "-fno-unwind-tables",
    "-fno-asynchronous-unwind-tables",
    "-DZSTD_EXCLUDE_DFAST_BLOCK_COMPRESSOR",
    "-DZSTD_EXCLUDE_GREEDY_BLOCK_COMPRESSOR",
    "-DZSTD_EXCLUDE_LAZY_BLOCK_COMPRESSOR",
    "-DZSTD_EXCLUDE_LAZY2_BLOCK_COMPRESSOR",
    "-DZSTD_EXCLUDE_BTLAZY2_BLOCK_COMPRESSOR",
    "-DZSTD_EXCLUDE_BTOPT_BLOCK_COMPRESSOR",
    "-DZSTD_EXCLUDE_BTULTRA_BLOCK_COMPRESSOR",
];

/// The same for rustc.
const SMALL_RUST: [&str; 1] = ["-Cforce-unwind-tables=no"];

/// Has the linker write the places that the loader adds the program's address to as a bit map, an eighth
/// of the size. glibc reads it since 2.36, which the viewer needs in any case; binutils 2.40 writes it
/// for x86 only.
const SMALL_RELOCATIONS: &str = "-Clink-arg=-Wl,-z,pack-relative-relocs";

impl Program {
    /// All.
    pub(crate) const ALL: [Self; 2] = [Self::Viewer, Self::Server];

    /// Its package and its file.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Server => "hackstream-server",
            Self::Viewer => "hackstream-view",
        }
    }

    /// Cargo's profile, which the folder with the built program is called after.
    pub(crate) const fn profile(self) -> &'static str {
        match self {
            Self::Server => "release",
            Self::Viewer => "viewer",
        }
    }

    /// The variable that tells cargo what to strip in this profile.
    pub(crate) fn strip_variable(self) -> String {
        format!("CARGO_PROFILE_{}_STRIP", self.profile().to_uppercase())
    }

    /// Options of the C and C++ compilers.
    pub(crate) fn c_options(self) -> &'static [&'static str] {
        match self {
            Self::Server => &[],
            Self::Viewer => &SMALL_C,
        }
    }

    /// Options of rustc, when building for processors of this architecture.
    pub(crate) fn rust_options(self, architecture: &str) -> Vec<&'static str> {
        match self {
            Self::Server => Vec::new(),
            Self::Viewer if architecture == "x86_64" => {
                [&SMALL_RUST[..], &[SMALL_RELOCATIONS]].concat()
            }
            Self::Viewer => SMALL_RUST.to_vec(),
        }
    }
}
