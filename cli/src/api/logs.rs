//! What the programs of a session say, from the hub as it comes.

use std::ops::ControlFlow;

use hackstream_control_api::id::SessionId;
use hackstream_control_api::node::LogChunk;
use hackstream_control_api::problem::Code;

use super::follow::follow;
use crate::error::CliError;
use crate::hub::Hub;

/// Tells `see` of each piece of a session's log, what is kept first and each once, until it has seen
/// enough or the session has ended.
///
/// # Errors
/// Those of asking, once the hub has been away for a minute; those of `see`.
pub fn read(
    hub: &Hub<'_>,
    session: SessionId,
    mut see: impl FnMut(&LogChunk) -> Result<ControlFlow<()>, CliError>,
) -> Result<(), CliError> {
    let path = format!("/v1/sessions/{session}/logs");
    let mut last = None;
    let read = follow(hub, &path, &mut last, |event| {
        let piece: LogChunk = serde_json::from_str(&event.data)
            .map_err(|_| hub.api().not_understood("a piece of a log"))?;
        let is_enough = see(&piece)?.is_break() || piece.complete;
        Ok(match is_enough {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(piece.end),
        })
    });
    match read {
        // It ended between two connections, and what it said last is gone with it.
        Err(CliError::Refused(problem)) if problem.code == Code::WrongState && last.is_some() => {
            Ok(())
        }
        read => read,
    }
}
