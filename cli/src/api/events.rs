//! What happens to a session, from the hub as it happens.

use std::ops::ControlFlow;

use hackstream_control_api::id::SessionId;
use hackstream_control_api::session::SessionEvent;

use super::follow::follow;
use crate::error::CliError;
use crate::hub::Hub;

/// Tells `see` of each event of a session, the past ones first and each once, until it has seen enough
/// or there will be no more.
///
/// # Errors
/// Those of asking, once the hub has been away for a minute; what `see` breaks with is the answer.
pub fn watch<T>(
    hub: &Hub<'_>,
    session: SessionId,
    mut see: impl FnMut(&SessionEvent) -> ControlFlow<T>,
) -> Result<Option<T>, CliError> {
    let path = format!("/v1/sessions/{session}/events");
    follow(hub, &path, &mut None, |event| {
        let event: SessionEvent = serde_json::from_str(&event.data)
            .map_err(|_| hub.api().not_understood("an event of a session"))?;
        Ok(match see(&event) {
            ControlFlow::Break(seen) => ControlFlow::Break(Some(seen)),
            ControlFlow::Continue(()) if event.state.is_final() => ControlFlow::Break(None),
            ControlFlow::Continue(()) => ControlFlow::Continue(event.seq),
        })
    })
}
