//! Files that viewers give to the session and get from it.
//!
//! What viewers give is stored in a folder. What somebody in the session puts into its folder
//! `Outbox` is offered to all viewers that want files, and moved to `Outbox/Sent` once one has it:
//! a folder is what every program can save to.

mod outbox;
mod watch;

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use hackstream_files::Folder;
use tracing::info;

use crate::config::files::FilesChoice;
pub use outbox::{Offer, Outbox};

/// Why there can be no files.
#[derive(Debug, thiserror::Error)]
#[error("cannot use the folder for files {path} (--files-dir): {source}", path = path.display())]
pub struct FilesError {
    path: PathBuf,
    source: io::Error,
}

/// The files of a session.
pub struct Files {
    inbox: Folder,
    largest: u64,
    outbox: Arc<Outbox>,
}

impl Files {
    /// Makes the folders and watches over the one for viewers, from a thread of its own.
    ///
    /// # Errors
    /// [`FilesError`] if the system refuses.
    pub fn start(choice: FilesChoice) -> Result<Arc<Self>, FilesError> {
        let FilesChoice { folder, largest } = choice;
        let outbox = folder.join("Outbox");
        let watched = Outbox::at(&outbox).and_then(|outbox| {
            let outbox = Arc::new(outbox);
            watch::start(&outbox)?;
            Ok(outbox)
        });
        let watched = watched.map_err(|source| FilesError {
            path: outbox.clone(),
            source,
        })?;
        info!(
            "files from viewers go to {}, files in {} to viewers",
            folder.display(),
            outbox.display()
        );
        Ok(Arc::new(Self {
            inbox: Folder::new(folder),
            largest,
            outbox: watched,
        }))
    }

    /// Where files from viewers go.
    #[must_use]
    pub const fn inbox(&self) -> &Folder {
        &self.inbox
    }

    /// Bytes of the largest file that is taken.
    #[must_use]
    pub const fn largest(&self) -> u64 {
        self.largest
    }

    /// The files for viewers.
    #[must_use]
    pub const fn outbox(&self) -> &Arc<Outbox> {
        &self.outbox
    }
}
