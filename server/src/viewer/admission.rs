//! Who may come in.

use std::time::Duration;

use hackstream_protocol::PROTOCOL_VERSION;
use hackstream_protocol::geometry::Size;
use hackstream_protocol::wire::control::{
    Hello, RefusalReason, ServerMessage, ViewerMessage, Welcome,
};
use hackstream_transport::{Connection, ControlReader, ControlWriter, TransportError};
use tokio::time::timeout;
use tracing::warn;

use super::pass::{Pass, Present};
use super::tickets::Tickets;
use crate::token::Access;

/// How long a viewer may take to greet.
const PATIENCE: Duration = Duration::from_secs(5);

/// How a viewer came in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entrance {
    /// With a token, or through an open door.
    New,
    /// With the ticket of an earlier connection.
    Again,
}

/// A viewer that was let in.
pub struct Admitted<'a> {
    /// Its hold on its ticket, if it has one.
    pub pass: Option<Pass<'a>>,
    /// How it came in.
    pub entrance: Entrance,
    /// What it said of itself.
    pub hello: Hello,
    /// What it says from now on.
    pub control_in: ControlReader<ViewerMessage>,
    /// What it is told.
    pub control_out: ControlWriter<ServerMessage>,
}

/// What a welcome says of the session.
#[derive(Clone, Copy, Debug)]
pub struct About {
    /// Size of its screen now.
    pub screen: Size,
    /// Whether viewers may speak in it.
    pub microphone: bool,
}

/// Why a viewer was not let in.
#[derive(Debug, thiserror::Error)]
pub enum AdmissionError {
    /// The connection broke.
    #[error(transparent)]
    Transport(#[from] TransportError),
    /// It did not greet.
    #[error("the viewer did not greet in time")]
    Silent,
    /// It was refused.
    #[error("refused: {text}")]
    Refused {
        /// Why.
        reason: RefusalReason,
        /// The same for a person.
        text: &'static str,
    },
}

/// Waits for the viewer's greeting and answers it. A viewer that shows a ticket takes the place of
/// its earlier connection, which has ended when this returns.
///
/// # Errors
/// [`AdmissionError`] if the viewer is not let in; it has been told, where that was possible.
pub async fn admit<'a>(
    connection: &Connection,
    access: &Access,
    tickets: &'a Tickets<Present>,
    about: About,
) -> Result<Admitted<'a>, AdmissionError> {
    let greeting = timeout(PATIENCE, greet(connection));
    let (hello, control_in, mut control_out) =
        greeting.await.map_err(|_| AdmissionError::Silent)??;
    let welcomed = welcome(connection, &hello, access, tickets).await;
    let (entrance, pass, ticket) = match welcomed {
        Ok(welcomed) => welcomed,
        Err((reason, text)) => {
            let refusal = ServerMessage::Refused {
                reason,
                text: text.to_owned(),
            };
            // The close below carries the reason as well, should this message not arrive; a peer
            // that gives it no room must not stay for that.
            let _ = timeout(PATIENCE, control_out.send(&refusal)).await;
            connection.close(reason, text);
            return Err(AdmissionError::Refused { reason, text });
        }
    };
    let agent = concat!("hackstream-server ", env!("CARGO_PKG_VERSION")).to_owned();
    let welcome = Welcome {
        version: PROTOCOL_VERSION,
        screen: about.screen,
        agent,
        ticket,
        microphone: about.microphone,
    };
    let welcome = ServerMessage::Welcome(welcome);
    let told = timeout(PATIENCE, control_out.send(&welcome));
    told.await.map_err(|_| AdmissionError::Silent)??;
    Ok(Admitted {
        pass,
        entrance,
        hello,
        control_in,
        control_out,
    })
}

type Greeting = (
    Hello,
    ControlReader<ViewerMessage>,
    ControlWriter<ServerMessage>,
);

async fn greet(connection: &Connection) -> Result<Greeting, AdmissionError> {
    let (control_out, mut control_in) = connection.accept_control().await?;
    match control_in.receive().await? {
        Some(ViewerMessage::Hello(hello)) => Ok((hello, control_in, control_out)),
        _ => {
            let text = "the first message was not a greeting";
            connection.close(RefusalReason::ProtocolError, text);
            Err(AdmissionError::Refused {
                reason: RefusalReason::ProtocolError,
                text,
            })
        }
    }
}

/// Lets the viewer in by its ticket or else by its token, with its pass and the ticket that it has
/// to be told, empty if it has it already; else why not, for the peer and for a person.
async fn welcome<'a>(
    connection: &Connection,
    hello: &Hello,
    access: &Access,
    tickets: &'a Tickets<Present>,
) -> Result<(Entrance, Option<Pass<'a>>, Vec<u8>), (RefusalReason, &'static str)> {
    if hello.version != PROTOCOL_VERSION {
        let text = "server and viewer speak different versions; update the older one";
        return Err((RefusalReason::WrongVersion, text));
    }
    if let Some(pass) = Pass::renew(tickets, connection, &hello.ticket).await {
        return Ok((Entrance::Again, Some(pass), Vec::new()));
    }
    if !access.admits(&hello.token) {
        return Err((RefusalReason::WrongToken, "the token is wrong or missing"));
    }
    Ok(match Pass::issue(tickets, connection) {
        Ok((pass, ticket)) => (Entrance::New, Some(pass), ticket),
        Err(error) => {
            // It comes back with its token.
            warn!(%error, "no ticket for a viewer");
            (Entrance::New, None, Vec::new())
        }
    })
}
