//! The first connection, with the person at hand to vouch for the server.

use std::time::Duration;

use hackstream_protocol::wire::control::RefusalReason;
use tokio::time::timeout;

use super::contact::Contact;
use super::dial::{Admission, DialError, Dialer, Visit};
use super::plight::one_line;
use crate::config::{Options, ServerAddress, TrustPolicy};
use crate::error::ViewError;
use crate::trust;

/// How long the first connection may take.
const FIRST_CONNECTION: Duration = Duration::from_secs(10);

/// The error for a refusal, in the server's words or in ours.
pub(super) fn refusal(server: &ServerAddress, reason: RefusalReason, text: &str) -> ViewError {
    let text = match (text, reason) {
        ("", RefusalReason::WrongToken) => "the token is wrong or missing",
        ("", RefusalReason::BadTicket) => "the connect ticket does not hold",
        ("", RefusalReason::WrongVersion) => "it speaks another version of the protocol",
        ("", RefusalReason::TooManyViewers) => "the session takes no more viewers",
        ("", RefusalReason::SessionEnded) => "the session is over",
        ("", RefusalReason::Replaced) => "another viewer took the place of this one",
        ("", _) => "it gave no reason",
        (text, _) => text,
    };
    let text = one_line(text);
    ViewError::Refused {
        server: server.clone(),
        reason,
        text,
    }
}

/// Connects and, if nobody vouched for the server yet, asks the person.
pub(super) async fn connect_first(options: Options) -> Result<(Admission, Dialer), ViewError> {
    let dialer = Dialer::new(&options).await?;
    let mut policy = options.trust.clone();
    let contact = Contact::default();
    loop {
        match timeout(
            FIRST_CONNECTION,
            dialer.dial(&policy, Visit::First, &contact),
        )
        .await
        {
            Ok(Ok(admission)) => return Ok((admission, dialer)),
            Ok(Err(DialError::Fatal(error))) => return Err(error),
            Ok(Err(DialError::Unknown(found))) => {
                let server = options.server.clone();
                let asked = policy.clone();
                let answer =
                    tokio::task::spawn_blocking(move || trust::ask(&asked, &server, found)).await;
                answer.map_err(|error| ViewError::System {
                    what: "cannot ask at the terminal",
                    reason: error.to_string(),
                })??;
                policy = TrustPolicy::Pinned(found);
            }
            Err(_) => {
                let reason = dialer.trouble();
                return Err(ViewError::Unreachable {
                    server: options.server,
                    reason,
                });
            }
        }
    }
}
