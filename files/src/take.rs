//! A file of the peer's for us.

use hackstream_protocol::files::{FileName, Receipt};
use hackstream_protocol::wire::WireError;
use hackstream_protocol::wire::files::{FileDemand, FileRefusal, FileSupply};
use hackstream_transport::{ControlReader, ControlWriter, Exchange, TransportError};

use crate::size::Shown;
use crate::{Arriving, FileError, Folder, Progress, StoreError, blocking};

/// A file that the peer announced on its stream.
pub struct Announced {
    /// Under which name it would be stored, unless that is taken.
    pub name: FileName,
    /// Its size in bytes, if the peer does not lie.
    pub size: u64,
    to_peer: ControlWriter<FileDemand>,
    from_peer: ControlReader<FileSupply>,
}

/// Waits for the announcement on a stream; on one that was opened for it, for the file that was asked
/// for.
///
/// # Errors
/// [`FileError`]: the peer has no file, or broke the protocol.
pub async fn announced(exchange: Exchange<FileDemand, FileSupply>) -> Result<Announced, FileError> {
    let (to_peer, mut from_peer) = exchange;
    match next(&mut from_peer).await? {
        FileSupply::Start { name, size } => Ok(Announced {
            name: FileName::of(&name),
            size,
            to_peer,
            from_peer,
        }),
        FileSupply::Piece(_) | FileSupply::End => {
            Err(TransportError::from(WireError::Missing("start of a file")).into())
        }
    }
}

/// Stores a file in `folder`, if it is not larger than `largest` bytes; the name that it got.
/// `progress` is called with each piece.
///
/// # Errors
/// [`FileError`]: why it did not arrive. Nothing of it is left then, and the peer was told why.
pub async fn take(
    announced: Announced,
    folder: &Folder,
    largest: u64,
    progress: impl FnMut(Progress),
) -> Result<FileName, FileError> {
    let Announced {
        name,
        size,
        mut to_peer,
        mut from_peer,
    } = announced;
    let peer = (&mut to_peer, &mut from_peer);
    let stored = store(peer, (name, size), folder, largest, progress).await;
    let answer = match &stored {
        Ok(name) => FileDemand::Stored(name.as_str().to_owned()),
        Err(FileError::NotStored(why)) => {
            let (reason, text) = why.refusal();
            FileDemand::Refused { reason, text }
        }
        Err(_) => return stored,
    };
    // A peer that is gone will not hear it; what is stored stays.
    let _ = to_peer.send(&answer).await;
    to_peer.finish();
    stored
}

type Peer<'a> = (
    &'a mut ControlWriter<FileDemand>,
    &'a mut ControlReader<FileSupply>,
);

async fn store(
    (to_peer, from_peer): Peer<'_>,
    (name, size): (FileName, u64),
    folder: &Folder,
    largest: u64,
    mut progress: impl FnMut(Progress),
) -> Result<FileName, FileError> {
    let wrong = |reason| wrong(reason, size, largest);
    let mut receipt = Receipt::begin(size, largest).map_err(wrong)?;
    let folder = folder.clone();
    let mut arriving = blocking(move || folder.begin(name, size)).await??;
    loop {
        match next(from_peer).await? {
            FileSupply::Piece(bytes) => {
                let arrived = receipt.take(&bytes).map_err(wrong)?;
                arriving = blocking(move || written(arriving, &bytes)).await??;
                progress(Progress { arrived, size });
                // A peer that has sent everything may hear no more.
                let _ = to_peer.send(&FileDemand::Taken(arrived)).await;
            }
            FileSupply::End => {
                receipt.finish().map_err(wrong)?;
                return Ok(blocking(move || arriving.finish()).await??);
            }
            FileSupply::Start { .. } => {
                let second = WireError::meaningless("second start of a file", size);
                return Err(TransportError::from(second).into());
            }
        }
    }
}

fn written(mut arriving: Arriving, bytes: &[u8]) -> Result<Arriving, StoreError> {
    arriving.write(bytes)?;
    Ok(arriving)
}

async fn next(from_peer: &mut ControlReader<FileSupply>) -> Result<FileSupply, FileError> {
    match from_peer.receive().await {
        Ok(Some(message)) => Ok(message),
        Ok(None) | Err(TransportError::StreamCut) => Err(FileError::GivenUp),
        Err(error) => Err(error.into()),
    }
}

fn wrong(reason: FileRefusal, size: u64, largest: u64) -> StoreError {
    match reason {
        FileRefusal::TooLarge => StoreError::TooLarge {
            size: Shown(size).to_string(),
            largest: Shown(largest).to_string(),
        },
        _ => StoreError::WrongSize,
    }
}
