//! Having a session's log sent by its node.

use hackstream_control_api::id::SessionId;
use hackstream_control_api::node::{JobKind, SendLog};
use hackstream_control_api::problem::Code;
use hackstream_control_api::time::Seconds;

use super::who::Caller;
use crate::access::Permission;
use crate::fault::Fault;
use crate::store::Tx;
use crate::tables::sessions::Stored;
use crate::tables::{jobs, nodes, sessions};

/// Who reads asks again if nothing comes.
const WITHIN: Seconds = Seconds(30);

/// A session whose log the caller may read: their own. What a program says is what the session shows,
/// and so not for those who may see everything else.
///
/// # Errors
/// [`Code::NotFound`] where it is not the caller's; those of the store.
pub fn readable(tx: &mut Tx<'_>, caller: &Caller, id: SessionId) -> Result<Stored, Fault> {
    let found = sessions::find(tx, id)?;
    let own = found.filter(|stored| stored.view.user_id == Some(caller.user));
    let own = own.filter(|_| caller.may(Permission::SessionOwn));
    own.ok_or_else(|| Code::NotFound.into())
}

/// Has the node of the caller's session send its log from byte `after` on; false where the session has
/// ended, and its log with it.
///
/// # Errors
/// As of [`readable`].
pub fn ask(tx: &mut Tx<'_>, caller: &Caller, id: SessionId, after: u64) -> Result<bool, Fault> {
    let session = readable(tx, caller, id)?;
    if session.view.state.is_final() {
        return Ok(false);
    }
    // One that has no node yet has nothing to say either.
    if let Some(node) = session.view.node_id {
        nodes::lock(tx, node)?;
        let wish = SendLog { session: id, after };
        jobs::give(tx, node, JobKind::SendLog(wish), WITHIN)?;
    }
    Ok(true)
}
