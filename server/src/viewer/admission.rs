//! Who may come in.

use std::time::Duration;

use hackstream_protocol::PROTOCOL_VERSION;
use hackstream_protocol::geometry::Size;
use hackstream_protocol::wire::control::{
    DesktopShare, Hello, RefusalReason, ServerMessage, ViewerMessage, Welcome,
};
use hackstream_transport::{Connection, ControlReader, ControlWriter, TransportError};
use tokio::time::timeout;
use tracing::warn;

use super::door::{Refusal, enter, proven_key};
use super::pass::{Pass, Present};
use super::rights::Rights;
use super::tickets::Tickets;
use crate::token::Access;

/// How long a viewer may take to greet.
const PATIENCE: Duration = Duration::from_secs(5);

/// How a viewer came in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entrance {
    /// With a token or a connect ticket, or through an open door.
    New,
    /// With the ticket of an earlier connection.
    Again,
}

/// A viewer that was let in.
pub struct Admitted<'a, Member> {
    /// Its hold on its ticket, if it has one.
    pub pass: Option<Pass<'a>>,
    /// How it came in.
    pub entrance: Entrance,
    /// What it may do.
    pub rights: Rights,
    /// What it said of itself.
    pub hello: Hello,
    /// Its place among the viewers.
    pub member: Member,
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
    /// Bytes of the largest file that it takes, if it takes files.
    pub files: Option<u64>,
    /// Whether it has a microphone.
    pub microphone: Option<()>,
    /// What of it goes to the desktops of viewers.
    pub desktop: DesktopShare,
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
/// its earlier connection, which has ended when this returns. Whoever may come in is given what
/// `join` returns; a session without a place left refuses it. It learns what is `about` the session,
/// as far as it may have that.
///
/// # Errors
/// [`AdmissionError`] if the viewer is not let in; it has been told, where that was possible.
pub async fn admit<'a, Member>(
    connection: &Connection,
    access: &Access,
    tickets: &'a Tickets<Present>,
    about: About,
    join: impl FnOnce() -> Option<Member>,
) -> Result<Admitted<'a, Member>, AdmissionError> {
    let greeting = timeout(PATIENCE, greet(connection));
    let (hello, control_in, mut control_out) =
        greeting.await.map_err(|_| AdmissionError::Silent)??;
    let welcomed = welcome(connection, &hello, access, tickets, join).await;
    let welcomed = match welcomed {
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
    let role = welcomed.rights.role();
    let welcome = Welcome {
        version: PROTOCOL_VERSION,
        screen: about.screen,
        agent,
        renewed: welcomed.entrance == Entrance::Again && !welcomed.ticket.is_empty(),
        ticket: welcomed.ticket,
        files: welcomed.rights.files(about.files),
        microphone: welcomed.rights.microphone(about.microphone).is_some(),
        scales: true,
        desktop: role.grants(Some(about.desktop)).unwrap_or_default(),
    };
    let welcome = ServerMessage::Welcome(welcome);
    let told = timeout(PATIENCE, control_out.send(&welcome));
    told.await.map_err(|_| AdmissionError::Silent)??;
    Ok(Admitted {
        pass: welcomed.pass,
        entrance: welcomed.entrance,
        rights: welcomed.rights,
        hello,
        member: welcomed.member,
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
    match control_in.receive_greeting().await? {
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

/// A viewer that may come in.
struct Welcomed<'a, Member> {
    member: Member,
    rights: Rights,
    entrance: Entrance,
    pass: Option<Pass<'a>>,
    /// The ticket that it has to be told; empty if it has it already.
    ticket: Vec<u8>,
}

/// Lets the viewer in by its ticket or else as a new one, if there is a place for it.
async fn welcome<'a, Member>(
    connection: &Connection,
    hello: &Hello,
    access: &Access,
    tickets: &'a Tickets<Present>,
    join: impl FnOnce() -> Option<Member>,
) -> Result<Welcomed<'a, Member>, Refusal> {
    const FULL: Refusal = (
        RefusalReason::TooManyViewers,
        "the session has too many viewers",
    );
    if hello.version != PROTOCOL_VERSION {
        let text = "server and viewer speak different versions; update the older one";
        return Err((RefusalReason::WrongVersion, text));
    }
    // It joins last: its earlier connection has left by then.
    let key = proven_key(connection, hello);
    let renewed = Pass::renew(tickets, connection, &hello.ticket, key).await;
    if let Some((pass, rights, ticket)) = renewed {
        return Ok(Welcomed {
            member: join().ok_or(FULL)?,
            rights,
            entrance: Entrance::Again,
            pass: Some(pass),
            ticket,
        });
    }
    let (rights, bond) = enter(access, connection, hello)?;
    let member = join().ok_or(FULL)?;
    let (pass, ticket) = match Pass::issue(tickets, connection, rights, bond) {
        Ok((pass, ticket)) => (Some(pass), ticket),
        Err(error) => {
            // It comes back with its token.
            warn!(%error, "no ticket for a viewer");
            (None, Vec::new())
        }
    };
    Ok(Welcomed {
        member,
        rights,
        entrance: Entrance::New,
        pass,
        ticket,
    })
}
