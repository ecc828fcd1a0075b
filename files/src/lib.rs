//! Files from one side to the other.
//!
//! * [`give`] sends a file, [`take`] stores one: each over one stream, the same code on both sides.
//! * [`Folder`] is where files are stored, so that nothing is overwritten, left unfinished or put
//!   anywhere else, whatever the peer calls them.
//! * [`download_directory`] says where people expect them ([`picture_directory`]: pictures), [`size`]
//!   how large they are.
//!
//! Reading and writing is done on threads of its own ([`blocking`]), never on that of the network.
#![forbid(unsafe_code)]

mod blocking;
mod directories;
mod error;
mod folder;
mod give;
pub mod size;
mod source;
mod take;

pub use blocking::blocking;
pub use directories::{download_directory, picture_directory};
pub use error::{FileError, StoreError};
pub use folder::{Arriving, Folder};
pub use give::give;
pub use source::Source;
pub use take::{Announced, announced, take};

/// How far a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Bytes that have arrived.
    pub arrived: u64,
    /// Bytes that it has.
    pub size: u64,
}
