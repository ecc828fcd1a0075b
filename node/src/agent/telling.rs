//! What the hub is told of a session.

use hackstream_control_api::node::{Address, NodeSession, NodeSessionState};
use hackstream_control_api::session::StopCause;

use crate::clock::now;
use crate::driver::{Broken, Found};
use crate::record::Life;

/// Bytes of a text that comes from a session.
const MOST_TEXT: usize = 200;

/// What a session's record says. `host` is how viewers call the machine; `will_end_for` why it will end.
pub(super) fn described(found: &Found, host: &str, will_end_for: Option<StopCause>) -> NodeSession {
    let record = &found.record;
    let (state, phase, cause) = match &record.life {
        Life::Starting { phase } => (NodeSessionState::Starting, Some(*phase), None),
        Life::Ready => (NodeSessionState::Ready, None, will_end_for),
        Life::Stopping { cause } => (NodeSessionState::Stopping, None, Some(*cause)),
        Life::Ended { cause, .. } => (end_state(*cause), None, Some(*cause)),
    };
    let (exit, detail) = match &record.life {
        Life::Ended { exit, detail, .. } => (*exit, detail.as_deref().map(shortened)),
        _ => (None, None),
    };
    let address = record.server_spki.as_ref().map(|_| Address {
        host: host.to_owned(),
        port: record.port,
        sni: host.to_owned(),
    });
    NodeSession {
        phase,
        since: record.since,
        start: record.start,
        server_spki: record.server_spki.clone(),
        address,
        stop_cause: cause,
        exit,
        detail,
        labels: found.spec.labels.clone(),
        ..nothing(found.spec.session, state)
    }
}

/// One that cannot be looked after is as it was when it was seen last; of one that never was, it is
/// known only that it is no good any more and not yet gone.
pub(super) fn broken(broken: &Broken, last: Option<&NodeSession>) -> NodeSession {
    last.cloned().unwrap_or_else(|| NodeSession {
        detail: Some(shortened(&broken.why)),
        ..nothing(broken.session, NodeSessionState::Stopping)
    })
}

/// A session of which nothing else is known.
fn nothing(session: hackstream_control_api::id::SessionId, state: NodeSessionState) -> NodeSession {
    NodeSession {
        session,
        owner: None,
        claim: None,
        state,
        phase: None,
        since: now(),
        server_spki: None,
        address: None,
        viewers: 0,
        last_input: None,
        last_viewer: None,
        start: Default::default(),
        first_frame_ago_ms: None,
        stops_at: None,
        stop_cause: None,
        exit: None,
        detail: None,
        usage: Default::default(),
        labels: Default::default(),
    }
}

const fn end_state(cause: StopCause) -> NodeSessionState {
    match cause {
        StopCause::StartFailed | StopCause::Crashed => NodeSessionState::Failed,
        _ => NodeSessionState::Ended,
    }
}

/// Texts of a session are a stranger's: one line, and not too long.
pub(super) fn shortened(text: &str) -> String {
    let mut clean: String = text.chars().filter(|c| !c.is_control()).collect();
    let end = (0..=MOST_TEXT).rev().find(|&at| clean.is_char_boundary(at));
    clean.truncate(end.unwrap_or(0));
    clean
}

#[cfg(test)]
mod tests {
    use super::*;
    use hackstream_control_api::limits::MAX_NODE_TEXT_BYTES;

    #[test]
    fn what_a_session_wrote_is_one_short_line() {
        let long = "\u{fffd}\u{1b}[1m\n".repeat(1000);
        let short = shortened(&long);
        assert!(short.len() <= MAX_NODE_TEXT_BYTES && short.len() > 190);
        assert!(!short.contains(char::is_control));
        assert_eq!(shortened("why"), "why");
    }
}
