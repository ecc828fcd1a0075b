//! A stream of events from the hub, over however many connections.

use std::io::BufReader;
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use super::request::Request;
use super::sse::{self, Event, Parser};
use crate::error::CliError;
use crate::hub::Hub;

/// So long a hub may be away.
const PATIENCE: Duration = Duration::from_secs(60);

/// Between two tries to find it again.
const PAUSE: Duration = Duration::from_secs(1);

/// What becomes of a stream: it goes on after the event of this number, or ends with an answer.
pub(super) type Seen<T> = Result<ControlFlow<T, u64>, CliError>;

/// Tells `see` of each event that comes from `path`, until it has an answer. Where a connection ends the
/// next one goes on behind the last event.
///
/// # Errors
/// Those of `see`, and those of asking, once the hub has been away for a minute. `last` is how far it came.
pub(super) fn follow<T>(
    hub: &Hub<'_>,
    path: &str,
    last: &mut Option<u64>,
    mut see: impl FnMut(&Event) -> Seen<T>,
) -> Result<T, CliError> {
    let mut heard = Instant::now();
    loop {
        match hub.send(&Request::stream(path, *last)) {
            Ok(answer) => {
                heard = Instant::now();
                let mut stream = BufReader::new(answer.into_body().into_reader());
                let mut parser = Parser::default();
                while let Ok(Some(event)) = sse::next(&mut stream, &mut parser) {
                    match see(&event)? {
                        ControlFlow::Break(answer) => return Ok(answer),
                        ControlFlow::Continue(number) => *last = Some(number),
                    }
                }
            }
            // The session goes on without the hub, which may come back.
            Err(CliError::Unreachable { .. }) if heard.elapsed() < PATIENCE => {}
            Err(error) => return Err(error),
        }
        std::thread::sleep(PAUSE);
    }
}
