//! The socket on which a session says how it is.
//!
//! Each server has one of its own in the folder `sessions` of its state directory, which only its
//! user can enter. Who connects is told a [`SessionReport`](super::report::SessionReport) as one
//! line of JSON, and that is all.

use std::fs::{DirBuilder, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Weak};
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::net::{UnixListener, UnixStream};
use tokio::time::{sleep, timeout};
use tracing::{debug, warn};

use super::heard;
use super::report::{self, Facts};
use crate::secret::random;
use crate::viewer::attend::Service;

/// How long whoever asks may take to read the answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// After a connection that could not be accepted, for want of descriptors for instance.
const PAUSE: Duration = Duration::from_secs(1);

/// What the names of sockets end in.
const SUFFIX: &str = "sock";

/// The folder of the sockets in a state directory.
#[must_use]
pub fn folder(state_dir: &Path) -> PathBuf {
    state_dir.join("sessions")
}

/// The sockets in a state directory, of sessions that run and of some that were killed.
///
/// # Errors
/// The system's, if the folder cannot be read. One that does not exist is empty.
pub fn sockets(state_dir: &Path) -> io::Result<Vec<PathBuf>> {
    let entries = match std::fs::read_dir(folder(state_dir)) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
    let mut sockets: Vec<_> = paths
        .filter(|path| path.extension().is_some_and(|suffix| suffix == SUFFIX))
        .collect();
    sockets.sort();
    Ok(sockets)
}

/// A socket that answers; it goes when this is dropped.
pub struct StatusSocket {
    path: PathBuf,
}

impl StatusSocket {
    /// Answers from now on, as long as there is a service. Needs a runtime to run in.
    ///
    /// # Errors
    /// The system's: the session can be served without.
    pub fn open(state_dir: &Path, service: Weak<Service>, facts: Facts) -> io::Result<Self> {
        let folder = folder(state_dir);
        let mut builder = DirBuilder::new();
        builder.recursive(true).mode(0o700).create(&folder)?;
        let path = folder.join(format!("{}.{SUFFIX}", unique_name()?));
        // Under another name until it listens and is private: who finds a socket that refuses may
        // take it for one that a killed server left behind.
        let unfinished = path.with_extension("new");
        let listener = UnixListener::bind(&unfinished)?;
        let ready = std::fs::set_permissions(&unfinished, Permissions::from_mode(0o600))
            .and_then(|()| std::fs::rename(&unfinished, &path));
        if let Err(error) = ready {
            let _ = std::fs::remove_file(&unfinished);
            return Err(error);
        }
        tokio::spawn(answer_all(listener, Asker::Anybody, service, facts));
        Ok(Self { path })
    }
}

/// Answers whoever started the session, on a socket that listens already and does not block, and hears
/// what they say. Needs a runtime to run in.
///
/// # Errors
/// The system's.
pub fn serve(
    socket: std::os::unix::net::UnixListener,
    service: Weak<Service>,
    facts: Facts,
) -> io::Result<()> {
    let listener = UnixListener::from_std(socket)?;
    tokio::spawn(answer_all(listener, Asker::Starter, service, facts));
    Ok(())
}

impl Drop for StatusSocket {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.path);
    }
}

/// The number of the process for people, and something else for servers that share the folder and
/// not the numbers of their processes, as containers may.
fn unique_name() -> io::Result<String> {
    let noise: [u8; 4] = random().map_err(io::Error::other)?;
    let noise = u32::from_le_bytes(noise);
    Ok(format!("{}-{noise:08x}", std::process::id()))
}

/// Who asks on a socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Asker {
    /// Any process of the user's: it is only told.
    Anybody,
    /// Who started the session: what they say counts.
    Starter,
}

async fn answer_all(listener: UnixListener, asker: Asker, service: Weak<Service>, facts: Facts) {
    let facts = Arc::new(facts);
    loop {
        match listener.accept().await {
            // One after another: nobody but their own user can ask.
            Ok((stream, _)) => {
                let answered = answer(stream, asker, &service, &facts);
                if let Err(error) = answered.await {
                    debug!(%error, "a question for the status was not answered");
                }
            }
            Err(error) => {
                warn!(%error, "cannot accept a question for the status");
                sleep(PAUSE).await;
            }
        }
    }
}

async fn answer(
    mut stream: UnixStream,
    asker: Asker,
    service: &Weak<Service>,
    facts: &Arc<Facts>,
) -> io::Result<()> {
    let Some(service) = service.upgrade() else {
        return Ok(());
    };
    if asker == Asker::Starter {
        if let Some(heard) = heard::hear(&mut stream).await {
            service.coming_ends.foresee(heard.coming_end());
        }
    }
    let facts = Arc::clone(facts);
    // Not on the thread of the network, which keys wait for.
    let asked = tokio::task::spawn_blocking(move || report::of(&service, &facts));
    let report = asked.await.map_err(io::Error::other)?;
    let mut line = serde_json::to_vec(&report).map_err(io::Error::other)?;
    line.push(b'\n');
    timeout(PATIENCE, stream.write_all(&line)).await?
}
