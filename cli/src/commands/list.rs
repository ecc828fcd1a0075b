//! `hackstream list`.

use std::process::ExitCode;

use clap::Args;
use hackstream_control_api::session::Session;
use hackstream_control_api::time::UnixMillis;

use super::sessions;
use crate::api::pages;
use crate::context::Context;
use crate::error::CliError;
use crate::terminal::{out, table, when};

/// Arguments of `list`.
#[derive(Args, Clone, Debug)]
pub struct List {
    /// Also those that are over
    #[arg(long)]
    all: bool,
    /// Also those of others, for administrators and auditors
    #[arg(long)]
    everybody: bool,
    /// As JSON, with all that the hub says
    #[arg(long)]
    json: bool,
}

impl List {
    /// Shows the sessions, the newest first.
    ///
    /// # Errors
    /// Those of asking.
    pub fn run(&self, context: &Context) -> Result<ExitCode, CliError> {
        let hub = context.hub()?;
        let mut found: Vec<Session> = pages::all(&hub, "/v1/sessions")?;
        if !self.everybody {
            found = sessions::own(found, sessions::me(&hub)?.user.id);
        }
        if !self.all {
            found = sessions::live(found);
        }
        match (self.json, found.is_empty()) {
            (true, _) => out::print_json(&found)?,
            (false, true) => out::tell("No session. `hackstream launch browser` starts one.")?,
            (false, false) => out::print(&text(&found, context.now()))?,
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn text(sessions: &[Session], now: UnixMillis) -> String {
    let rows: Vec<_> = sessions.iter().map(|session| row(session, now)).collect();
    table::render(["SESSION", "APP", "STATE", "AGE", "VIEWERS", "ENDS"], &rows)
}

fn row(session: &Session, now: UnixMillis) -> [String; 6] {
    let why = session.stop_cause.map(sessions::cause);
    let ends = match session.state.is_live() {
        true => sessions::ends(session, now),
        false => session
            .reason
            .clone()
            .or(why.map(str::to_owned))
            .unwrap_or_default(),
    };
    [
        session.session_id.to_string(),
        session.app.clone(),
        session.state.name().to_owned(),
        when::ago(session.created_at, now),
        session.viewers.to_string(),
        ends,
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use hackstream_control_api::session::{SessionState, StopCause};

    #[test]
    fn a_list_says_how_sessions_are_and_when_they_end() {
        let mut running =
            sessions::tests::session("01ARZ3NDEKTSV4RRFFQ69G5FAV", SessionState::Running);
        running.viewers = 1;
        running.stops_at = Some(UnixMillis(120_000));
        running.stop_cause = Some(StopCause::Idle);
        let mut over =
            sessions::tests::session("01ARZ3NDEKTSV4RRFFQ69G5FAW", SessionState::Stopped);
        over.stop_cause = Some(StopCause::User);
        assert_eq!(
            text(&[running, over], UnixMillis(60_000)),
            "SESSION                     APP      STATE    AGE    VIEWERS  ENDS\n\
             01ARZ3NDEKTSV4RRFFQ69G5FAV  browser  running  1 min  1        in 1 min without input\n\
             01ARZ3NDEKTSV4RRFFQ69G5FAW  browser  stopped  1 min  0        its owner ended it"
        );
    }
}
