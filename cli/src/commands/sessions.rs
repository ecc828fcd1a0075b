//! What several commands do with sessions: finding the one that is meant, and telling how one is.

use hackstream_control_api::account::Me;
use hackstream_control_api::id::{SessionId, UserId};
use hackstream_control_api::session::{Session, SessionState, StopCause};
use hackstream_control_api::time::{Seconds, UnixMillis};

use crate::api::pages;
use crate::api::request::Request;
use crate::error::CliError;
use crate::hub::Hub;
use crate::terminal::out::harmless;
use crate::terminal::span;

/// The one that is asking.
///
/// # Errors
/// Those of asking.
pub fn me(hub: &Hub<'_>) -> Result<Me, CliError> {
    hub.ask(&Request::get("/v1/me"))
}

/// One session.
///
/// # Errors
/// Those of asking.
pub fn one(hub: &Hub<'_>, id: SessionId) -> Result<Session, CliError> {
    hub.ask(&Request::get(format!("/v1/sessions/{id}")))
}

/// The session that is meant: by its id, or by the beginning or end of one that is not over.
///
/// # Errors
/// If there is none, or more than one.
pub fn find(hub: &Hub<'_>, name: &str) -> Result<SessionId, CliError> {
    if let Ok(id) = name.to_ascii_uppercase().parse() {
        return Ok(id);
    }
    let live = live(pages::all(hub, "/v1/sessions")?);
    named(&live, name)
}

/// The only session of one's own that is not over.
///
/// # Errors
/// If there is none, or more than one.
pub fn only(hub: &Hub<'_>) -> Result<SessionId, CliError> {
    let me = me(hub)?.user.id;
    let live = own(live(pages::all(hub, "/v1/sessions")?), me);
    match live.as_slice() {
        [one] => Ok(one.session_id),
        [] => Err(CliError::Failed(
            "you have no session: `hackstream launch browser` starts one".to_owned(),
        )),
        _ => Err(CliError::Usage(
            "you have several sessions: say which; `hackstream list` shows them".to_owned(),
        )),
    }
}

/// Those that are not over.
#[must_use]
pub fn live(mut sessions: Vec<Session>) -> Vec<Session> {
    sessions.retain(|session| !session.state.is_final());
    sessions
}

/// Those of this user.
#[must_use]
pub fn own(mut sessions: Vec<Session>, user: UserId) -> Vec<Session> {
    sessions.retain(|session| session.user_id == Some(user));
    sessions
}

fn named(sessions: &[Session], name: &str) -> Result<SessionId, CliError> {
    let wanted = name.to_ascii_uppercase();
    let fits = |session: &&Session| {
        let id = session.session_id.to_string();
        id.starts_with(&wanted) || id.ends_with(&wanted)
    };
    let mut found = sessions.iter().filter(fits);
    match (found.next(), found.next()) {
        (Some(one), None) => Ok(one.session_id),
        (None, _) => Err(CliError::Failed(format!(
            "no session is called {}: `hackstream list` shows yours",
            harmless(name)
        ))),
        _ => Err(CliError::Usage(format!(
            "{} is more than one session: give more of the id",
            harmless(name)
        ))),
    }
}

/// Why a session ends, for a person.
#[must_use]
pub const fn cause(cause: StopCause) -> &'static str {
    match cause {
        StopCause::User => "its owner ended it",
        StopCause::Admin => "an administrator ended it",
        StopCause::UserDisabled => "its owner's account was disabled",
        StopCause::Idle => "nobody did anything for too long",
        StopCause::Disconnected => "no viewer was there for too long",
        StopCause::MaxDuration => "it ran as long as it may",
        StopCause::ApplicationEnded => "its application ended",
        StopCause::StartFailed => "it could not be started",
        StopCause::Crashed => "it broke, or needed more memory than it may have",
        StopCause::NodeLost => "its node no longer has it",
        StopCause::NodeRemoved => "its node was taken out",
        StopCause::PoolShrink => "it was not needed",
        StopCause::Unknown => "for a reason that this version does not know",
    }
}

/// When and why it will end by itself; empty where it will not.
#[must_use]
pub fn ends(session: &Session, now: UnixMillis) -> String {
    let Some(at) = session.stops_at.filter(|_| session.state.is_live()) else {
        return String::new();
    };
    let left = span::show(Seconds(at.millis_since(now) / 1000));
    match session.stop_cause {
        Some(StopCause::Idle) => format!("in {left} without input"),
        Some(StopCause::Disconnected) => format!("in {left} without viewer"),
        Some(StopCause::MaxDuration) => format!("in {left}, in any case"),
        _ => format!("in {left}"),
    }
}

/// How a session is after its viewer was closed: whether it goes on, and how to come back.
#[must_use]
pub fn afterwards(session: &Session, now: UnixMillis) -> String {
    let id = session.session_id;
    if session.state == SessionState::Stopping || session.state.is_final() {
        let why = session.stop_cause.map_or("", cause);
        let why = match why {
            "" => String::new(),
            why => format!(": {why}"),
        };
        return format!("The session is over{why}.");
    }
    let ends = match ends(session, now) {
        ends if ends.is_empty() => String::new(),
        ends => format!("; it ends {ends}"),
    };
    format!(
        "The session goes on{ends}.\n  back to it:  hackstream connect {id}\n  end it:      \
         hackstream stop {id}"
    )
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use hackstream_control_api::launch::{ProfileMode, Quality};

    pub(crate) fn session(id: &str, state: SessionState) -> Session {
        Session {
            session_id: id.parse().unwrap(),
            user_id: None,
            app: "browser".to_owned(),
            state,
            phase: None,
            reason: None,
            node_id: None,
            profile: ProfileMode::Ephemeral,
            quality: Quality::Auto,
            pool_hit: false,
            created_at: UnixMillis(0),
            ready_at: None,
            first_frame_at: None,
            viewers: 0,
            last_input_at: None,
            last_viewer_at: None,
            stops_at: None,
            stop_cause: None,
            ended_at: None,
            exit: None,
        }
    }

    const ONE: &str = "01ARZ3NDEKTSV4RRFFQ69G5FAV";
    const TWO: &str = "01ARZ3NDEKTSV4RRFFQ69G5FAW";

    #[test]
    fn a_part_of_an_id_will_do_if_there_is_only_one() {
        let sessions = [
            session(ONE, SessionState::Running),
            session(TWO, SessionState::Running),
        ];
        assert_eq!(named(&sessions, "5fav").unwrap(), ONE.parse().unwrap());
        assert_eq!(named(&sessions, "01ARZ").unwrap_err().exit_code(), 2);
        assert_eq!(named(&sessions, "nothing").unwrap_err().exit_code(), 1);
    }

    #[test]
    fn afterwards_one_knows_how_to_come_back() {
        let mut session = session(ONE, SessionState::Running);
        session.stops_at = Some(UnixMillis(900_000));
        session.stop_cause = Some(StopCause::Disconnected);
        let text = afterwards(&session, UnixMillis(0));
        assert!(
            text.starts_with("The session goes on; it ends in 15 min without viewer."),
            "{text}"
        );
        assert!(
            text.contains(&format!("hackstream connect {ONE}")),
            "{text}"
        );
        session.state = SessionState::Stopped;
        session.stop_cause = Some(StopCause::ApplicationEnded);
        assert_eq!(
            afterwards(&session, UnixMillis(0)),
            "The session is over: its application ended."
        );
    }
}
