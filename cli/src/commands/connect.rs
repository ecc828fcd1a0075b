//! `hackstream connect`, and what it has in common with `launch`: waiting until a session is ready,
//! getting a ticket, and what is said afterwards.

use std::ffi::OsString;
use std::ops::ControlFlow;
use std::process::{ExitCode, ExitStatus};

use clap::Args;
use hackstream_control_api::id::SessionId;
use hackstream_control_api::launch::Quality;
use hackstream_control_api::session::{
    Connect as Goal, ConnectRequest, Session, SessionEvent, SessionState,
};
use hackstream_ticket::ClientKey;

use super::launch::QualityName;
use super::sessions;
use crate::api::events;
use crate::api::request::Request;
use crate::context::Context;
use crate::error::CliError;
use crate::hub::Hub;
use crate::terminal::out;
use crate::terminal::progress::{Progress, Stage};
use crate::viewer::{self, Wish};

const EXAMPLES: &str = "\
Examples:
  hackstream connect
      Back to the only session that you have.
  hackstream connect 5FAV
      To the one whose id begins or ends so.";

/// Arguments of `connect`.
#[derive(Args, Clone, Debug)]
#[command(after_help = EXAMPLES)]
pub struct Connect {
    /// The session, or the beginning or end of its id; your only one if nothing is said
    session: Option<String>,
    /// What to prefer where quality costs time, if not what the session was launched with; the hub's
    /// policy may allow less
    #[arg(long, value_enum)]
    quality: Option<QualityName>,
    /// End the session when the window is closed
    #[arg(long)]
    stop_on_exit: bool,
    /// For the viewer
    #[arg(last = true, value_name = "VIEWER OPTION")]
    viewer: Vec<OsString>,
}

impl Connect {
    /// Shows a session.
    ///
    /// # Errors
    /// Why there is nothing to see.
    pub fn run(&self, context: &Context) -> Result<ExitCode, CliError> {
        let program = viewer::find(context.viewer()?)?;
        let hub = context.hub()?;
        let id = match &self.session {
            Some(name) => sessions::find(&hub, name)?,
            None => sessions::only(&hub)?,
        };
        let session = sessions::one(&hub, id)?;
        if session.state < SessionState::Claimed {
            Start::new(&hub, id).look(&mut Progress::begin(&session.app))?;
        }
        let key = viewer::new_key()?;
        let goal = ticket(&hub, id, &key)?;
        let wish = Wish {
            quality: self.quality.map_or(session.quality, Quality::from),
            arguments: self.viewer.clone(),
        };
        let shown = viewer::show(context, &program, &goal, &key, &wish);
        after(context, &hub, id, shown, self.stop_on_exit)
    }
}

/// A session that starts.
pub(super) struct Start<'a> {
    hub: &'a Hub<'a>,
    session: SessionId,
}

impl<'a> Start<'a> {
    pub(super) const fn new(hub: &'a Hub<'a>, session: SessionId) -> Self {
        Self { hub, session }
    }

    /// Waits until one can connect. Who leaves meanwhile does not want the session any more.
    pub(super) fn wait(&self, context: &Context, progress: &mut Progress) -> Result<(), CliError> {
        let (api, token) = (self.hub.api().clone(), self.hub.tokens().access()?);
        let stop = stop_request(self.session);
        let _reset = context.interrupts.before_leaving(move || {
            let _ = out::tell("\nEnding the session.");
            let _ = api.send(&stop, Some(&token));
        });
        self.look(progress)
    }

    /// The same; who leaves leaves it as it is.
    pub(super) fn look(&self, progress: &mut Progress) -> Result<(), CliError> {
        let mut last = None;
        let ready = events::watch(self.hub, self.session, |event| {
            let stage = Stage::of(event);
            progress.show(stage);
            last = Some(event.clone());
            match stage {
                Stage::Ready => ControlFlow::Break(true),
                Stage::Over => ControlFlow::Break(false),
                _ => ControlFlow::Continue(()),
            }
        })?;
        match ready {
            Some(true) => Ok(()),
            _ => Err(CliError::NoSession(did_not_start(last.as_ref()))),
        }
    }
}

/// Why a session did not start, for a person.
fn did_not_start(last: Option<&SessionEvent>) -> String {
    let reason = last.and_then(|event| event.reason.as_deref());
    let cause = last.and_then(|event| event.stop_cause).map(sessions::cause);
    match (reason, cause) {
        (Some(reason), _) => format!("the session did not start: {}", out::harmless(reason)),
        (None, Some(cause)) => format!("the session did not start: {cause}"),
        (None, None) => "the session did not start".to_owned(),
    }
}

/// How to connect, for the holder of `key`, once and soon.
pub(super) fn ticket(hub: &Hub<'_>, session: SessionId, key: &ClientKey) -> Result<Goal, CliError> {
    let wish = ConnectRequest {
        client_key: key.public().hash().to_string(),
    };
    hub.ask(&Request::post(
        format!("/v1/sessions/{session}/connect"),
        &wish,
    )?)
}

fn stop_request(session: SessionId) -> Request {
    Request::post_nothing(format!("/v1/sessions/{session}/stop"))
}

/// What is to be done and said when the viewer is gone.
pub(super) fn after(
    context: &Context,
    hub: &Hub<'_>,
    id: SessionId,
    shown: Result<ExitStatus, CliError>,
    stop: bool,
) -> Result<ExitCode, CliError> {
    let session: Result<Session, CliError> = match stop {
        true => hub.ask(&stop_request(id)),
        false => sessions::one(hub, id),
    };
    match &session {
        Ok(session) => context.tell(&sessions::afterwards(session, context.now()))?,
        Err(error) => context.tell(&format!(
            "Whether the session goes on is not known: {error}.\n  back to it:  hackstream connect {id}"
        ))?,
    }
    let status = shown?;
    if status.success() {
        return Ok(ExitCode::SUCCESS);
    }
    let how = status
        .code()
        .map_or_else(|| status.to_string(), |code| format!("exit code {code}"));
    Err(CliError::Viewer(format!(
        "the viewer failed ({how}); what it said stands above"
    )))
}

#[cfg(test)]
mod tests {
    use super::*;
    use hackstream_control_api::session::StopCause;
    use hackstream_control_api::time::UnixMillis;

    #[test]
    fn why_a_session_did_not_start_is_told_with_what_is_known() {
        let mut event = SessionEvent {
            seq: 3,
            at: UnixMillis(0),
            state: SessionState::Failed,
            phase: None,
            reason: Some("bwrap: no such file\x1b[2J".to_owned()),
            stop_cause: Some(StopCause::StartFailed),
        };
        let text = did_not_start(Some(&event));
        assert_eq!(
            text,
            "the session did not start: bwrap: no such file\u{fffd}[2J"
        );
        event.reason = None;
        assert!(did_not_start(Some(&event)).ends_with("it could not be started"));
        assert_eq!(did_not_start(None), "the session did not start");
    }
}
