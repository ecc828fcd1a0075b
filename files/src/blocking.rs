//! Threads that may wait for a disk.

use tokio::task::spawn_blocking;

use crate::FileError;

/// Runs what may wait for a disk on a thread of its own, so that the network's goes on. Once begun it
/// is finished, whether or not anybody still waits for it.
///
/// # Errors
/// [`FileError::GivenUp`] if the process is about to end, or if the work panicked.
pub async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, FileError> {
    spawn_blocking(work).await.map_err(|_| FileError::GivenUp)
}
