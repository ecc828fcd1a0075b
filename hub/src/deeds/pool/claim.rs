//! Who asks gets what waits; and where there is no room for them, what waits makes room.

use hackstream_control_api::id::{ClaimId, UserId};
use hackstream_control_api::launch::Launch;
use hackstream_control_api::node::{Claim, JobKind};
use hackstream_control_api::problem::Code;
use hackstream_control_api::session::{SessionState, StopCause};
use hackstream_failpoint::reach;

use super::GRACE;
use crate::audit::Actor;
use crate::deeds::launch::BOOT_WITHIN;
use crate::deeds::stop::end;
use crate::fault::Fault;
use crate::session::life::Event;
use crate::session::placement::{self, Room};
use crate::store::{Tx, values};
use crate::tables::sessions::{Stored, Terms};
use crate::tables::{jobs, pools, sessions};

/// Whether a member can become a session of these terms: what is left to decide is in the ticket and
/// in the timers.
fn suits(member: &Terms, wanted: &Terms) -> bool {
    let fixed = |terms: &Terms| (terms.resources, terms.policy.egress, terms.policy.gpu);
    fixed(member) == fixed(wanted)
}

/// The member that has waited longest of those that suit, if somebody may have one.
///
/// # Errors
/// Those of the store.
pub(in crate::deeds) fn waiting(
    tx: &mut Tx<'_>,
    wish: &Launch,
    terms: &Terms,
    rooms: &[Room],
) -> Result<Option<Stored>, Fault> {
    let mut all = sessions::lock_warm(tx, &wish.app)?;
    all.retain(|member| {
        let on = |room: &&Room| Some(room.id) == member.view.node_id;
        let room = rooms.iter().find(on);
        let serves = room.is_some_and(|room| room.is_alive(tx.now) && !room.cordoned);
        serves && member.view.state == SessionState::Ready && suits(&member.terms, terms)
    });
    all.sort_by_key(|member| member.view.ready_at);
    Ok(all.into_iter().next())
}

/// Gives a locked member its owner: a session like one that was started for them.
///
/// # Errors
/// Those of the store.
pub(in crate::deeds) fn claim(
    tx: &mut Tx<'_>,
    member: &mut Stored,
    owner: UserId,
    wish: &Launch,
    terms: Terms,
) -> Result<(), Fault> {
    let id = member.view.session_id;
    let node = member.view.node_id.ok_or(Code::Internal)?;
    let quality = wish.quality.min(terms.policy.quality_cap);
    let claim = Claim {
        session: id,
        claim: tx.id(ClaimId::new)?,
        owner,
        url: wish.url.clone(),
        screen: wish.screen,
        quality,
        policy: terms.policy.clone(),
        timers: terms.timers,
    };
    let claim_id = claim.claim;
    jobs::give(tx, node, JobKind::Claim(Box::new(claim)), BOOT_WITHIN)?;
    member.wish = Launch {
        url: None,
        client_key: None,
        ..wish.clone()
    };
    member.terms = terms;
    let view = &mut member.view;
    (view.user_id, view.pool_hit) = (Some(owner), true);
    (view.quality, view.created_at) = (quality, tx.now);
    sessions::advance(tx, member, Event::Claimed)?;
    sessions::save(tx, member)?;
    let sql = "UPDATE sessions SET claim_id = ?2, wish = ?3, terms = ?4, pool_hit = ?5, \
               created_at = ?6 WHERE id = ?1";
    let (wish, terms) = (
        serde_json::to_string(&member.wish)?,
        serde_json::to_string(&member.terms)?,
    );
    tx.execute(sql, values![id, claim_id, wish, terms, true, tx.now])?;
    reach("hub.claim.decided");
    Ok(())
}

/// Ends members so that somebody's session has room soon, and lets their pools stand back. False if
/// that is no use.
///
/// # Errors
/// Those of the store.
pub(in crate::deeds) fn make_room(
    tx: &mut Tx<'_>,
    app: &str,
    terms: &Terms,
    rooms: &[Room],
) -> Result<bool, Fault> {
    let mut members = Vec::new();
    for pool in pools::list(tx)? {
        members.extend(sessions::lock_warm(tx, &pool.app)?);
    }
    // The newest first: what has waited longest is the surest.
    members.sort_by_key(|member| std::cmp::Reverse(member.view.created_at));
    let given = rooms.iter().filter_map(|room| {
        let (id, mut room) = (room.id, room.clone());
        let mut given = Vec::new();
        let mut on_it = members
            .iter()
            .filter(|member| member.view.node_id == Some(id));
        while placement::choose(std::slice::from_ref(&room), app, &terms.resources, tx.now).is_err()
        {
            let member = on_it.next()?;
            room.release(&member.terms.resources);
            given.push(member.view.session_id);
        }
        Some(given)
    });
    let Some(given) = given.min_by_key(Vec::len) else {
        return Ok(false);
    };
    for mut member in members {
        if given.contains(&member.view.session_id) {
            let now = tx.now;
            pools::remember(tx, &member.view.app, |memory| memory.breaker.yields(now))?;
            end(tx, &mut member, StopCause::PoolShrink, GRACE, Actor::Hub)?;
        }
    }
    Ok(true)
}
