//! What the programs of a session say, from the hub as it comes, over however many connections.

use std::io::BufReader;
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use hackstream_control_api::id::SessionId;
use hackstream_control_api::node::LogChunk;
use hackstream_control_api::problem::Code;
use ureq::Body;
use ureq::http::Response;

use super::Api;
use super::request::Request;
use super::sse::{self, Parser};
use crate::error::CliError;
use crate::hub::Hub;

/// So long a hub may be away.
const PATIENCE: Duration = Duration::from_secs(60);

/// Between two tries to find it again.
const PAUSE: Duration = Duration::from_secs(1);

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
    let mut last = None;
    let mut heard = Instant::now();
    loop {
        let request = Request::stream(format!("/v1/sessions/{session}/logs"), last);
        match hub.send(&request) {
            Ok(answer) => {
                heard = Instant::now();
                let listened = listen(hub.api(), answer, |piece| {
                    last = Some(piece.end);
                    see(piece)
                });
                if listened?.is_break() {
                    return Ok(());
                }
            }
            // It ended between two connections, and what it said last is gone with it.
            Err(CliError::Refused(problem))
                if problem.code == Code::WrongState && last.is_some() =>
            {
                return Ok(());
            }
            Err(CliError::Unreachable { .. }) if heard.elapsed() < PATIENCE => {}
            Err(error) => return Err(error),
        }
        std::thread::sleep(PAUSE);
    }
}

/// Tells `see` of each piece of one connection.
fn listen(
    api: &Api,
    answer: Response<Body>,
    mut see: impl FnMut(&LogChunk) -> Result<ControlFlow<()>, CliError>,
) -> Result<ControlFlow<()>, CliError> {
    let mut stream = BufReader::new(answer.into_body().into_reader());
    let mut parser = Parser::default();
    while let Ok(Some(event)) = sse::next(&mut stream, &mut parser) {
        let piece: LogChunk = serde_json::from_str(&event.data)
            .map_err(|_| api.not_understood("a piece of a log"))?;
        if see(&piece)?.is_break() || piece.complete {
            return Ok(ControlFlow::Break(()));
        }
    }
    Ok(ControlFlow::Continue(()))
}
