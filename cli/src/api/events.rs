//! What happens to a session, from the hub as it happens, over however many connections.

use std::io::BufReader;
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use hackstream_control_api::id::SessionId;
use hackstream_control_api::session::SessionEvent;
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
    let mut last = None;
    let mut heard = Instant::now();
    loop {
        let request = Request::stream(format!("/v1/sessions/{session}/events"), last);
        match hub.send(&request) {
            Ok(answer) => {
                heard = Instant::now();
                let listened = listen(hub.api(), answer, |event| {
                    last = Some(event.seq);
                    see(event).map_break(Some)?;
                    match event.state.is_final() {
                        true => ControlFlow::Break(None),
                        false => ControlFlow::Continue(()),
                    }
                });
                if let ControlFlow::Break(seen) = listened? {
                    return Ok(seen);
                }
            }
            // The session goes on without the hub, which may come back.
            Err(CliError::Unreachable { .. }) if heard.elapsed() < PATIENCE => {}
            Err(error) => return Err(error),
        }
        std::thread::sleep(PAUSE);
    }
}

/// Tells `see` of each event of one connection.
fn listen<T>(
    api: &Api,
    answer: Response<Body>,
    mut see: impl FnMut(&SessionEvent) -> ControlFlow<T>,
) -> Result<ControlFlow<T>, CliError> {
    let mut stream = BufReader::new(answer.into_body().into_reader());
    let mut parser = Parser::default();
    while let Ok(Some(event)) = sse::next(&mut stream, &mut parser) {
        let event = serde_json::from_str(&event.data);
        let event = event.map_err(|_| api.not_understood("an event of a session"))?;
        if let ControlFlow::Break(seen) = see(&event) {
            return Ok(ControlFlow::Break(seen));
        }
    }
    Ok(ControlFlow::Continue(()))
}
