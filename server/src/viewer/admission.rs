//! Who may come in.

use std::time::Duration;

use hackstream_protocol::PROTOCOL_VERSION;
use hackstream_protocol::geometry::Size;
use hackstream_protocol::wire::control::{
    Hello, RefusalReason, ServerMessage, ViewerMessage, Welcome,
};
use hackstream_transport::{Connection, ControlReader, ControlWriter, TransportError};
use tokio::time::timeout;

use crate::token::Access;

/// How long a viewer may take to greet.
const PATIENCE: Duration = Duration::from_secs(5);

/// A viewer that was let in.
pub struct Admitted {
    /// What it said of itself.
    pub hello: Hello,
    /// What it says from now on.
    pub control_in: ControlReader<ViewerMessage>,
    /// What it is told.
    pub control_out: ControlWriter<ServerMessage>,
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

/// Waits for the viewer's greeting and answers it.
///
/// # Errors
/// [`AdmissionError`] if the viewer is not let in; it has been told, where that was possible.
pub async fn admit(
    connection: &Connection,
    access: &Access,
    screen: Size,
) -> Result<Admitted, AdmissionError> {
    let greeting = timeout(PATIENCE, greet(connection));
    let (hello, control_in, mut control_out) =
        greeting.await.map_err(|_| AdmissionError::Silent)??;
    if let Err((reason, text)) = check(&hello, access) {
        let refusal = ServerMessage::Refused {
            reason,
            text: text.to_owned(),
        };
        // The close below carries the reason as well, should this message not arrive.
        let _ = control_out.send(&refusal).await;
        connection.close(reason, text);
        return Err(AdmissionError::Refused { reason, text });
    }
    let agent = concat!("hackstream-server ", env!("CARGO_PKG_VERSION")).to_owned();
    let welcome = Welcome {
        version: PROTOCOL_VERSION,
        screen,
        agent,
    };
    control_out.send(&ServerMessage::Welcome(welcome)).await?;
    Ok(Admitted {
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

/// Whether version and token are right; else why not, for the peer and for a person.
fn check(hello: &Hello, access: &Access) -> Result<(), (RefusalReason, &'static str)> {
    if hello.version != PROTOCOL_VERSION {
        let text = "server and viewer speak different versions; update the older one";
        return Err((RefusalReason::WrongVersion, text));
    }
    if !access.admits(&hello.token) {
        return Err((RefusalReason::WrongToken, "the token is wrong or missing"));
    }
    Ok(())
}
