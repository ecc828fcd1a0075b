//! One thing that is measured.

use std::hint::black_box;

use anyhow::{Context, Result};

/// Work that was prepared; returns the bytes that it made, 0 where it makes none.
///
/// Does one thing, some thousands of instructions at least, so that the call does not count.
pub(crate) type Work = Box<dyn FnMut() -> Result<usize>>;

/// One thing that is measured.
pub(crate) struct Case {
    /// `part/what/how`, unique.
    pub(crate) name: String,
    prepare: Box<dyn Fn() -> Result<Work>>,
}

impl Case {
    /// A case whose work is made by `prepare`, which is not measured.
    pub(crate) fn new(
        name: impl Into<String>,
        prepare: impl Fn() -> Result<Work> + 'static,
    ) -> Self {
        let (name, prepare) = (name.into(), Box::new(prepare));
        Self { name, prepare }
    }

    /// Makes all that the work needs, and the work.
    ///
    /// # Errors
    /// If a recording is missing, or what is measured does not work.
    pub(crate) fn prepare(&self) -> Result<Work> {
        (self.prepare)().with_context(|| format!("cannot prepare {}", self.name))
    }
}

/// Does prepared work.
///
/// `bench-check` has callgrind count between entering and leaving the function of this name. That
/// must happen once, and as calls: never inlined, nor left by a jump, which `black_box` prevents.
#[inline(never)]
pub(crate) fn measured_work(work: &mut dyn FnMut() -> Result<usize>) -> Result<usize> {
    black_box(work())
}
