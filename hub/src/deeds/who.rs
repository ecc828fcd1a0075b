//! Who shows a token.

use hackstream_control_api::account::Role;
use hackstream_control_api::id::{DeviceId, TokenId, UserId};
use hackstream_control_api::problem::Code;
use hackstream_control_api::time::UnixMillis;

use crate::access::Permission;
use crate::auth::token::{Kind, Token};
use crate::fault::Fault;
use crate::store::{Row, StoreError, Tx, values};
use crate::tables::users;

/// Somebody who has shown a good token.
#[derive(Clone, Debug)]
pub struct Caller {
    /// Whose token it is.
    pub user: UserId,
    /// What that user is at this moment.
    pub role: Role,
    /// Which token it is.
    pub token: TokenId,
    /// The device that logged in; none for service tokens.
    pub device: Option<DeviceId>,
    /// What a service token is good for; `None`: for all that the role may do.
    pub scopes: Option<Vec<Permission>>,
}

impl Caller {
    /// Whether it may do this.
    #[must_use]
    pub fn may(&self, permission: Permission) -> bool {
        let scopes = self.scopes.as_ref();
        permission.is_of(self.role) && scopes.is_none_or(|scopes| scopes.contains(&permission))
    }

    /// All that it may do.
    #[must_use]
    pub fn permissions(&self) -> Vec<Permission> {
        let all = Permission::ALL.iter().copied();
        all.filter(|permission| self.may(*permission)).collect()
    }
}

const KNOWN: &str = "SELECT t.id, t.user_id, t.device_id, t.scopes, t.expires_at, t.revoked_at, \
    u.role, u.disabled_at, d.revoked_at, d.expires_at \
    FROM tokens t JOIN users u ON u.id = t.user_id LEFT JOIN devices d ON d.id = t.device_id \
    WHERE t.hash = ?1 AND t.kind = ?2";

/// Who shows `token`.
///
/// # Errors
/// [`Code::Unauthenticated`], or [`Code::TokenExpired`] where a refresh may help.
pub fn authenticate(tx: &mut Tx<'_>, token: &Token) -> Result<Caller, Fault> {
    if !matches!(token.kind(), Kind::Access | Kind::Service) {
        return Err(Code::Unauthenticated.into());
    }
    let found = tx.first(KNOWN, values![token.hash(), token.kind().name()], read)?;
    let known = found.ok_or(Code::Unauthenticated)?;
    let past = |time: Option<UnixMillis>| time.is_some_and(|time| tx.now >= time);
    if known.revoked || past(known.device_expires_at) {
        return Err(Code::Unauthenticated.into());
    }
    if past(Some(known.expires_at)) {
        return Err(Code::TokenExpired.into());
    }
    Ok(known.caller)
}

struct Known {
    caller: Caller,
    expires_at: UnixMillis,
    device_expires_at: Option<UnixMillis>,
    revoked: bool,
}

fn read(row: &mut Row) -> Result<Known, StoreError> {
    let (token, user, device) = (row.take()?, row.take()?, row.take()?);
    let scopes: Option<String> = row.take()?;
    let expires_at = row.take()?;
    let revoked_at: Option<UnixMillis> = row.take()?;
    let role = users::role(&row.take::<String>()?)?;
    let disabled_at: Option<UnixMillis> = row.take()?;
    let device_revoked_at: Option<UnixMillis> = row.take()?;
    // A scope that this version does not know gives nothing.
    let known = |text: String| text.split(' ').filter_map(Permission::named).collect();
    Ok(Known {
        caller: Caller {
            user,
            role,
            token,
            device,
            scopes: scopes.map(known),
        },
        expires_at,
        device_expires_at: row.take()?,
        revoked: revoked_at.or(disabled_at).or(device_revoked_at).is_some(),
    })
}
