//! Files on one connection.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use hackstream_files::size::Shown;
use hackstream_files::{FileError, Progress, Source, StoreError, announced, give, take};
use hackstream_protocol::files::FileName;
use hackstream_protocol::wire::files::FileDemand;
use hackstream_transport::{Connection, TransportError};

use super::state::{Offered, Way};
use crate::shared::Shared;

/// Gives and gets files until the connection ends. The session takes files of so many bytes; `None`:
/// it neither takes nor gives any.
///
/// # Errors
/// How the server broke the protocol.
pub(crate) fn serve(
    connection: Connection,
    shared: Arc<Shared>,
    session_takes: Option<u64>,
) -> impl Future<Output = Result<(), String>> + Send {
    // Before the first message of the server can be heard.
    shared.files.lock().connected();
    shared.files.show(&shared);
    async move {
        let ended = tokio::select! {
            result = give_all(&connection, &shared, session_takes) => result,
            result = take_all(&connection, &shared), if session_takes.is_some() => result,
        };
        match ended {
            // The connection ends for another reason.
            Ok(()) | Err(TransportError::Closed(_)) => Ok(()),
            Err(error) => Err(format!("a file: {error}")),
        }
    }
}

/// Gives the person's files to the session, one after the other.
async fn give_all(
    connection: &Connection,
    shared: &Shared,
    session_takes: Option<u64>,
) -> Result<(), TransportError> {
    let files = &shared.files;
    loop {
        let next = files.lock().to_send.front().cloned();
        let Some(path) = next else {
            files.all_sent.notify_one();
            files.to_send.notified().await;
            continue;
        };
        let given = match session_takes {
            Some(largest) => give_one(connection, shared, path.clone(), largest).await,
            None => Err(Failure::NotTaken),
        };
        let name = shown(&path);
        let story = match given {
            Ok(stored) if stored == name => format!("{name} is in the session"),
            Ok(stored) => format!("{name} is in the session as {stored}"),
            Err(failure) => {
                let failure = failure.unless_of_connection()?;
                let story = format!("{name} was not sent: {failure}");
                files.lock().failed(story.clone());
                story
            }
        };
        told(shared, Way::There, story);
    }
}

async fn give_one(
    connection: &Connection,
    shared: &Shared,
    path: PathBuf,
    largest: u64,
) -> Result<String, Failure> {
    let opened = tokio::task::spawn_blocking(move || Source::open(&path)).await;
    let source = opened
        .map_err(|_| FileError::GivenUp)?
        .map_err(FileError::Source)?;
    let (name, size) = (source.name().clone(), source.size());
    if size > largest {
        let (size, largest) = (Shown(size).to_string(), Shown(largest).to_string());
        return Err(FileError::from(StoreError::TooLarge { size, largest }).into());
    }
    eprintln!("hackstream-view: sending {name} ({})", Shown(size));
    passed(shared, Way::There, &name, Progress { arrived: 0, size });
    let exchange = connection.open_file_to_session().await;
    let exchange = exchange.map_err(FileError::from)?;
    let stored = give(connection, exchange, source, |progress| {
        passed(shared, Way::There, &name, progress);
    });
    // The server's word for it.
    Ok(FileName::of(&stored.await?).as_str().to_owned())
}

/// Gets the files that the person wants, one after the other.
async fn take_all(connection: &Connection, shared: &Shared) -> Result<(), TransportError> {
    let files = &shared.files;
    loop {
        let next = files.lock().wanted.front().cloned();
        let Some(wanted) = next else {
            files.to_fetch.notified().await;
            continue;
        };
        let name = wanted.name.clone();
        let story = match take_one(connection, shared, wanted).await {
            Ok(story) => story,
            Err(failure) => {
                let failure = failure.unless_of_connection()?;
                format!("{name} was not stored: {failure}")
            }
        };
        told(shared, Way::Here, story);
    }
}

async fn take_one(
    connection: &Connection,
    shared: &Shared,
    wanted: Offered,
) -> Result<String, Failure> {
    let (folder, largest) = {
        let state = shared.files.lock();
        (state.folder(), state.largest)
    };
    let Some(folder) = folder else {
        return Err(Failure::Changed);
    };
    let Offered { number, name, size } = wanted;
    eprintln!("hackstream-view: getting {name} ({})", Shown(size));
    let exchange = connection.open_file_to_viewer().await;
    let (mut to_peer, from_peer) = exchange.map_err(FileError::from)?;
    let fetch = to_peer.send(&FileDemand::Fetch(number)).await;
    fetch.map_err(FileError::from)?;
    let announced = announced((to_peer, from_peer)).await?;
    // The person agreed to another one.
    if announced.name != name || announced.size != size {
        return Err(Failure::Changed);
    }
    let stored = take(announced, &folder, largest, |progress| {
        passed(shared, Way::Here, &name, progress);
    });
    let stored = stored.await?;
    Ok(format!("{stored} is in {}", folder.path().display()))
}

/// Why a file did not arrive.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    File(#[from] FileError),
    #[error("the session takes no files (its server was started without --enable file-transfer)")]
    NotTaken,
    #[error("it is no longer what was offered")]
    Changed,
}

impl Failure {
    /// What to tell the person, if the connection can go on.
    fn unless_of_connection(self) -> Result<String, TransportError> {
        let text = match self {
            Self::File(error) => error.not_of_connection()?.to_string(),
            other => other.to_string(),
        };
        // Part of it may be the server's words.
        Ok(text.replace(char::is_control, " "))
    }
}

/// A name of the person's own, for the terminal and the window.
fn shown(path: &Path) -> String {
    let name = path.file_name().unwrap_or(path.as_os_str());
    name.to_string_lossy().replace(char::is_control, "?")
}

fn passed(shared: &Shared, way: Way, name: &FileName, progress: Progress) {
    let is_news = shared.files.lock().passed(way, name, progress);
    if is_news {
        shared.files.show(shared);
    }
}

fn told(shared: &Shared, way: Way, story: String) {
    eprintln!("hackstream-view: {story}");
    shared.files.lock().ended(way, story);
    shared.files.show(shared);
}
