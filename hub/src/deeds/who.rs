//! Who shows a token.

use hackstream_control_api::account::Role;
use hackstream_control_api::id::{DeviceId, TokenId, UserId};
use hackstream_control_api::problem::Code;
use hackstream_control_api::time::UnixMillis;

use crate::access::Permission;
use crate::audit::Actor;
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
    /// The permissions of which one let them in.
    pub let_in_by: &'static [Permission],
}

impl Caller {
    /// As the audit log names them.
    #[must_use]
    pub const fn actor(&self) -> Actor {
        Actor::User(self.user)
    }

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

macro_rules! known {
    ($rest:literal) => {
        concat!(
            "SELECT  t.id, t.user_id, t.device_id, t.scopes, t.expires_at, t.revoked_at, \
             u.role, u.disabled_at, d.revoked_at, d.expires_at \
             FROM tokens t JOIN users u ON u.id = t.user_id \
             LEFT JOIN devices d ON d.id = t.device_id ",
            $rest
        )
    };
}

/// Who shows `token`, if they have one of `permissions`.
///
/// # Errors
/// [`Code::Unauthenticated`], or [`Code::TokenExpired`] where a refresh may help;
/// [`Code::Forbidden`].
pub fn authenticate(
    tx: &mut Tx<'_>,
    token: &Token,
    permissions: &'static [Permission],
) -> Result<Caller, Fault> {
    if !matches!(token.kind(), Kind::Access | Kind::Service) {
        return Err(Code::Unauthenticated.into());
    }
    const SQL: &str = known!("WHERE t.hash = ?1 AND t.kind = ?2");
    let found = tx.first(SQL, values![token.hash(), token.kind().name()], read)?;
    good(tx, found, permissions)
}

/// Looks again, in the transaction of what they want to do, whether a caller may: since they were let
/// in, time has passed that they may have chosen. Returns them as they are now.
///
/// Their account is locked until the transaction is over. Whoever closes it, changes its role or
/// voids its tokens locks it first, and so comes before this deed or after it.
///
/// # Errors
/// As of [`authenticate`].
pub fn acting(tx: &mut Tx<'_>, caller: &Caller) -> Result<Caller, Fault> {
    users::lock(tx, caller.user)?;
    still(tx, caller)
}

/// Whether a caller may still do what they were let in for, where nothing is changed.
///
/// # Errors
/// As of [`authenticate`].
pub fn still(tx: &mut Tx<'_>, caller: &Caller) -> Result<Caller, Fault> {
    const SQL: &str = known!("WHERE t.id = ?1");
    let found = tx.first(SQL, values![caller.token], read)?;
    good(tx, found, caller.let_in_by)
}

fn good(
    tx: &Tx<'_>,
    known: Option<Known>,
    permissions: &'static [Permission],
) -> Result<Caller, Fault> {
    let known = known.ok_or(Code::Unauthenticated)?;
    let past = |time: Option<UnixMillis>| time.is_some_and(|time| tx.now >= time);
    if known.revoked || past(known.device_expires_at) {
        return Err(Code::Unauthenticated.into());
    }
    if past(Some(known.expires_at)) {
        return Err(Code::TokenExpired.into());
    }
    let caller = Caller {
        let_in_by: permissions,
        ..known.caller
    };
    if permissions.iter().any(|permission| caller.may(*permission)) {
        return Ok(caller);
    }
    let names: Vec<_> = permissions.iter().map(|each| each.name()).collect();
    let detail = format!("this takes the permission {}", names.join(" or "));
    Err(Fault::new(Code::Forbidden, detail))
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
            let_in_by: &[],
        },
        expires_at,
        device_expires_at: row.take()?,
        revoked: revoked_at.or(disabled_at).or(device_revoked_at).is_some(),
    })
}
