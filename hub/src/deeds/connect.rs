//! Letting somebody into a session: a ticket, signed.

use std::str::FromStr;

use hackstream_control_api::id::{NodeId, SessionId};
use hackstream_control_api::launch::Quality;
use hackstream_control_api::node::Address;
use hackstream_control_api::policy::Policy;
use hackstream_control_api::problem::Code;
use hackstream_control_api::session::{Connect, SessionState};
use hackstream_control_api::time::{Seconds, UnixMillis};
use hackstream_ticket::{
    Feature, KeyHash, Lifetime, Policy as TicketPolicy, Quality as TicketQuality, Seat, Signer,
    Ticket, TicketId, UnixSeconds,
};
use serde_json::json;

use super::who::Caller;
use crate::access::Permission;
use crate::audit::{self, Actor, Record};
use crate::fault::Fault;
use crate::random::bytes;
use crate::store::Tx;
use crate::tables::sessions::{self, Stored};

/// What sessions speak.
const ALPN: &str = "hackstream/1";

/// A ticket for the caller's own session and for nobody but the holder of `client_key`. That it was
/// made is in the audit log before it is given away.
///
/// # Errors
/// [`Code::NotFound`] where the session is not the caller's, whoever that is; [`Code::WrongState`]
/// where nobody can connect to it; those of the store.
pub fn connect(
    tx: &mut Tx<'_>,
    caller: &Caller,
    id: SessionId,
    client_key: KeyHash,
    signer: &Signer,
) -> Result<Connect, Fault> {
    let session = sessions::find(tx, id)?.ok_or(Code::NotFound)?;
    // Not even who may see and stop everything may look inside.
    if session.view.user_id != Some(caller.user) || !caller.may(Permission::SessionOwn) {
        return Err(Code::NotFound.into());
    }
    let place = Place::of(&session)?;
    let now = UnixSeconds(tx.now.0 / 1000);
    let lifetime = Lifetime::USUAL;
    let ticket = Ticket {
        id: TicketId(bytes()?),
        session: name(&id)?,
        node: name(&place.node)?,
        server_key: place.server_key,
        client_key,
        issued_at: now,
        expires_at: now,
        policy: policy(&session.terms.policy),
    }
    .good_for(lifetime, now);
    let record = Record::new(Actor::User(caller.user), "session.connect")
        .session(id, session.view.user_id)
        .meta(json!({ "ticket": ticket.id.to_string() }));
    audit::append(tx, record)?;
    Ok(Connect {
        host: place.address.host,
        port: place.address.port,
        sni: place.address.sni,
        server_spki: place.server_key.to_string(),
        token: ticket.sign(signer),
        expires_at: UnixMillis(now.0 * 1000).plus(Seconds(lifetime.seconds())),
        alpn: ALPN.to_owned(),
    })
}

/// Where a session is, and by what it is known.
struct Place {
    node: NodeId,
    address: Address,
    server_key: KeyHash,
}

impl Place {
    fn of(session: &Stored) -> Result<Self, Fault> {
        let state = session.view.state;
        if !matches!(state, SessionState::Claimed | SessionState::Running) {
            let detail = format!("the session is {}", state.name());
            return Err(Fault::new(Code::WrongState, detail));
        }
        let key = session.server_spki.as_deref().map(str::parse);
        let (Some(node), Some(address), Some(Ok(server_key))) =
            (session.view.node_id, session.address.clone(), key)
        else {
            let detail = "the node has not said yet where the session is";
            return Err(Fault::new(Code::WrongState, detail));
        };
        Ok(Self {
            node,
            address,
            server_key,
        })
    }
}

/// A name of ours as a name in a ticket.
fn name<N: FromStr>(id: &impl ToString) -> Result<N, Fault> {
    let name = id.to_string().parse();
    name.map_err(|_| Code::Internal.into())
}

/// What of a session's policy its viewers are held to; the rest is the node's.
fn policy(policy: &Policy) -> TicketPolicy {
    let features = [
        (Feature::ClipboardIn, policy.clipboard_in),
        (Feature::ClipboardOut, policy.clipboard_out),
        (Feature::Files, policy.files),
        (Feature::Audio, policy.sound),
        (Feature::Microphone, policy.microphone),
    ];
    let disabled = features.into_iter().filter(|(_, allowed)| !allowed);
    TicketPolicy {
        seat: Seat::Control,
        disabled: disabled.map(|(feature, _)| feature).collect(),
        max_bitrate: None,
        quality: match policy.quality_cap {
            Quality::Low => TicketQuality::Low,
            Quality::Auto => TicketQuality::Auto,
            Quality::High => TicketQuality::High,
        },
    }
}
