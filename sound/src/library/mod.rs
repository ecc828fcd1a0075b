//! Libraries that are loaded when they are needed.

pub(crate) mod raw;

/// What is loaded, and what to install if it is not there.
pub(crate) struct Name {
    /// The file, with the number of its binary interface.
    pub(crate) file: &'static str,
    /// What Debian calls its package.
    pub(crate) package: &'static str,
}
