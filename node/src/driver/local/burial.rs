//! Ending what is left of a session whose keeper is gone.

use std::fs::File;
use std::time::Duration;

use hackstream_control_api::session::StopCause;

use super::keeper::Means;
use super::processes;
use crate::folder::Folder;
use crate::record::{Life, Record};
use crate::{NodeError, files};

/// How long the kernel may take to end what was killed.
pub(super) const KILL: Duration = Duration::from_secs(10);

/// What a session's keeper was given; `None` if it was never started.
pub(super) fn means(folder: &Folder) -> Result<Option<Means>, NodeError> {
    files::read_json(&folder.join("keep.json"))
}

/// Ends what is left of a session whose keeper was killed, or never came to life. Whoever calls this
/// holds its lock. When it returns nothing of the session runs.
///
/// # Errors
/// [`NodeError::Immortal`] if something does.
pub(super) fn bury(folder: &Folder, _lock: &File) -> Result<Record, NodeError> {
    let read = folder.record();
    let is_damaged = read.is_err();
    let record = read.ok().flatten();
    if let Some(record) = record.as_ref().filter(|record| record.life.is_over()) {
        return Ok(record.clone());
    }
    let means = means(folder)?;
    end_all(folder, record.as_ref(), means.as_ref())?;
    let (cause, detail) = match record.as_ref().map(|record| &record.life) {
        Some(Life::Stopping { cause }) => (*cause, None),
        Some(Life::Ready) => (StopCause::Crashed, Some("its keeper was killed")),
        Some(_) => (StopCause::StartFailed, Some("its keeper was killed")),
        None if is_damaged => (StopCause::Crashed, Some("its record was damaged")),
        None => (StopCause::StartFailed, Some("its keeper did not start")),
    };
    let mut ended = record.unwrap_or_else(|| Record::begun(None));
    ended.enter(Life::Ended {
        cause,
        exit: None,
        detail: detail.map(str::to_owned),
    });
    folder.set_record(&ended)?;
    Ok(ended)
}

fn end_all(
    folder: &Folder,
    record: Option<&Record>,
    means: Option<&Means>,
) -> Result<(), NodeError> {
    let is_over = match means.map(|means| (&means.group, means.user)) {
        // Without a group nothing but their user tells the session's processes from others.
        Some((Some(group), _)) => group.end(KILL),
        Some((None, Some(user))) => processes::kill_user(user, KILL),
        _ => true,
    };
    let init = record.and_then(|record| record.init);
    if !is_over || init.is_some_and(|init| !init.kill(KILL)) {
        return Err(NodeError::Immortal(folder.path().display().to_string()));
    }
    tidy(folder)
}

/// Removes what a session had beside its record and its log.
pub(super) fn tidy(folder: &Folder) -> Result<(), NodeError> {
    let _ = std::fs::remove_file(folder.status_socket());
    files::remove_folder(&folder.join("etc"))
}
