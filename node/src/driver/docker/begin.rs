//! The start of a container: it runs, gets its network, and then the sockets that its server waits for.

use std::net::IpAddr;
use std::time::Duration;

use hackstream_control_api::node::StartPhase;
use hackstream_control_api::policy::Egress;
use tokio::time::sleep;

use super::door::{Door, hand_out};
use super::engine::State;
use super::network;
use super::tend::Tender;
use crate::NodeError;
use crate::driver::local::processes::Process;
use crate::driver::sockets::{Sockets, bind, listen};
use crate::record::Life;

/// Between two looks whether the container still runs, while its server does not knock.
const LOOK: Duration = Duration::from_millis(250);

/// Starts a session's container, which listens then on a port of its own.
///
/// # Errors
/// [`NodeError`] if something of it cannot be made, or the container ends before.
pub(super) async fn begin(
    tender: &mut Tender,
    address: IpAddr,
    ports: (u16, u16),
) -> Result<(), NodeError> {
    let session = tender.spec.session;
    let door = Door::make(&tender.folder)?;
    let viewers = bind(address, ports)?;
    let port = viewers.local_addr().map(|address| address.port());
    tender.record.port = port.map_err(NodeError::system("a socket has no address"))?;
    let sockets = Sockets {
        viewers,
        status: listen(&tender.folder)?,
    };
    tender.engine.start(session).await?;
    let knocked = tokio::select! {
        knocked = door.knocked() => knocked,
        ended = ended(tender) => return Err(ended),
    };
    let knocked = knocked.map_err(NodeError::system("nobody takes the session's sockets"))?;
    let pid = pid(tender).await?;
    tender.record.init = Process::of(pid);
    if tender.spec.egress == Egress::Internet {
        let reached = network::reach(pid)?;
        // It was the container's, if that still is.
        if self::pid(tender).await? != pid {
            return Err(NodeError::Unknown(session));
        }
        tender.way_out = Some(network::open(reached).await?);
    }
    let lifeline = tender.way_out.as_ref().map(|way_out| &way_out.lifeline);
    let handed = hand_out(&tender.folder, door, &knocked, &sockets, lifeline);
    handed.map_err(NodeError::system("the session does not take its sockets"))?;
    tender.record.enter(Life::Starting {
        phase: StartPhase::Display,
    });
    tender.tell();
    Ok(())
}

/// Waits for the container's end: an error, so early.
async fn ended(tender: &Tender) -> NodeError {
    loop {
        match tender.engine.find(tender.spec.session).await {
            Ok(Some(found)) => {
                if let State::Ended(ended) = found.state {
                    let why = match (ended.error, ended.code) {
                        (Some(error), _) => error,
                        (None, Some(code)) => format!("it ended with code {code}"),
                        (None, None) => "it ended".to_owned(),
                    };
                    let what = "keep the container running";
                    return NodeError::EngineRefuses { what, why };
                }
            }
            Ok(None) => return NodeError::Unknown(tender.spec.session),
            // It is asked again.
            Err(_) => {}
        }
        sleep(LOOK).await;
    }
}

/// The number of the container's first process.
async fn pid(tender: &Tender) -> Result<i32, NodeError> {
    let session = tender.spec.session;
    let found = tender.engine.find(session).await?;
    match found.map(|found| found.state) {
        Some(State::Runs(pid)) if pid > 0 => Ok(pid),
        _ => Err(NodeError::Unknown(session)),
    }
}
