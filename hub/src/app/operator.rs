//! What an operator does on the machine of the hub, beside a hub that runs or without one.

use std::fs::OpenOptions;
use std::future::Future;
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use hackstream_control_api::account::{Role, UserChange};
use hackstream_control_api::id::NodeId;

use super::error::AppError;
use super::{open, open_existing, password};
use crate::audit::{Actor, verify};
use crate::auth::password::{Passwords, check};
use crate::auth::token::{Kind, Token};
use crate::config::{Audit, Init, Node, PasswordSource, Place, RoleName, User};
use crate::deeds::admin::{self, Draft};
use crate::deeds::{fleet, login};
use crate::fault::Fault;
use crate::http::handlers::admin::check_username;
use crate::keys::{self, Keys};
use crate::metrics::Metrics;
use crate::store::{Store, StoreError, Tx, values};

/// Makes the first administrator.
///
/// # Errors
/// If there is a user already; and why else it was not done.
pub fn init(init: &Init) -> Result<(), AppError> {
    let store = open(&init.place, &Arc::new(Metrics::default()))?;
    let users = |tx: &mut Tx<'_>| tx.query("SELECT id FROM users LIMIT 1", values![]);
    if !wait(store.read::<_, StoreError>(users))?.is_empty() {
        let reason = "there are users already; `hackstreamd user add` adds more";
        return Err(AppError::Refused(reason.to_owned()));
    }
    add(&store, &init.username, Role::Admin, &init.password)
}

/// Adds users, or gives them new passwords.
///
/// # Errors
/// Why it was not done.
pub fn user(user: &User) -> Result<(), AppError> {
    let metrics = Arc::new(Metrics::default());
    match user {
        User::Add {
            place,
            username,
            role,
            password,
        } => {
            let role = match role {
                RoleName::Admin => Role::Admin,
                RoleName::Auditor => Role::Auditor,
                RoleName::User => Role::User,
            };
            add(&open(place, &metrics)?, username, role, password)
        }
        User::Password {
            place,
            username,
            password,
        } => {
            let store = open_existing(place, &metrics)?;
            let phc = hash(password)?;
            let name = username.clone();
            let change = move |tx: &mut Tx<'_>| -> Result<bool, Fault> {
                let Some(account) = login::account(tx, &name)? else {
                    return Ok(false);
                };
                let nothing = UserChange::default();
                admin::change_user(tx, Actor::Operator, account.id, &nothing, Some(&phc))?;
                Ok(true)
            };
            if wait(store.write(change))? {
                return say(&format!(
                    "{username} has a new password and is logged out everywhere"
                ));
            }
            Err(AppError::Refused(format!("there is no user {username}")))
        }
    }
}

fn add(
    store: &Store,
    username: &str,
    role: Role,
    password: &PasswordSource,
) -> Result<(), AppError> {
    check_username(username)?;
    let draft = Draft {
        username: username.to_owned(),
        phc: hash(password)?,
        role,
        email: None,
        name: None,
    };
    let user = wait(store.write(move |tx| admin::add_user(tx, Actor::Operator, &draft)))?;
    say(&format!(
        "{} {} {}",
        user.role.name(),
        user.username,
        user.id
    ))
}

fn hash(from: &PasswordSource) -> Result<String, AppError> {
    let password = password::read(from)?;
    check(&password).map_err(|unfit| AppError::Refused(unfit.to_string()))?;
    Ok(Passwords::new()?.hash(&password)?)
}

/// Adds nodes, or gives them other tokens.
///
/// # Errors
/// Why it was not done.
pub fn node(node: &Node) -> Result<(), AppError> {
    let metrics = Arc::new(Metrics::default());
    match node {
        Node::Add {
            place,
            name,
            token_file,
        } => {
            check_username(name).map_err(|_| {
                let reason = "a node's name has letters, digits, '.', '_' and '-'";
                AppError::Refused(reason.to_owned())
            })?;
            with_token(&open(place, &metrics)?, name, token_file, fleet::add)
        }
        Node::Token {
            place,
            name,
            token_file,
        } => {
            let store = open_existing(place, &metrics)?;
            with_token(&store, name, token_file, fleet::set_token)
        }
    }
}

/// Makes a token for a node, and keeps it in a file and in the store.
fn with_token(
    store: &Store,
    name: &str,
    token_file: &Path,
    keep: fn(&mut Tx<'_>, Actor, &str, &Token) -> Result<NodeId, Fault>,
) -> Result<(), AppError> {
    let token = Token::random(Kind::Node)?;
    // The file first: a node without its token would be of no use.
    write_new(token_file, &format!("{}\n", token.text()))?;
    let name = name.to_owned();
    let kept = wait(store.write(move |tx| keep(tx, Actor::Operator, &name, &token)));
    if kept.is_err() {
        let _ = std::fs::remove_file(token_file);
    }
    say(&format!(
        "node {}; its token is in {}",
        kept?,
        token_file.display()
    ))
}

fn write_new(path: &Path, text: &str) -> Result<(), AppError> {
    let mut options = OpenOptions::new();
    let file = options.write(true).create_new(true).mode(0o600).open(path);
    let written = file.and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        file.sync_all()
    });
    written.map_err(|source| AppError::Write {
        path: path.to_owned(),
        source,
    })
}

/// Looks after the audit log.
///
/// # Errors
/// If it cannot be read, or not be signed.
pub fn audit(audit: &Audit) -> Result<ExitCode, AppError> {
    match audit {
        Audit::Verify { place } => check_audit(place),
        Audit::Restored { place } => {
            let store = open_existing(place, &Arc::new(Metrics::default()))?;
            let notary = Keys::open(&place.state_dir)?.notary()?;
            let signed = wait(notary.declare_restored(&store))?;
            say(&format!(
                "row {} is signed as the end of the log that goes on from a backup; each node and each \
                 person's machine is told so when it comes next",
                signed.seq
            ))?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

fn check_audit(place: &Place) -> Result<ExitCode, AppError> {
    let store = open_existing(place, &Arc::new(Metrics::default()))?;
    let known = match keys::notary_in(&place.state_dir)? {
        Some(notary) => Some(notary.known()?),
        None => None,
    };
    let verdict = wait(store.read(move |tx| verify(tx, known)))?;
    if verdict.ok {
        say(&format!(
            "{} rows, all as they were written; checkpoints agree up to row {}; head {}",
            verdict.rows, verdict.witnessed, verdict.head
        ))?;
        return Ok(ExitCode::SUCCESS);
    }
    let seq = verdict.first_bad_seq.unwrap_or(0);
    let reason = verdict.reason.unwrap_or_default();
    say(&format!(
        "row {seq} is the first that is not as it was written: {reason}"
    ))?;
    Ok(ExitCode::FAILURE)
}

/// Prints what was asked for.
///
/// # Errors
/// If nobody reads it.
pub fn print(text: &str) -> Result<(), AppError> {
    Ok(io::stdout().write_all(text.as_bytes())?)
}

fn say(text: &str) -> Result<(), AppError> {
    print(&format!("{text}\n"))
}

fn wait<T, E>(work: impl Future<Output = Result<T, E>>) -> Result<T, AppError>
where
    AppError: From<E>,
{
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    Ok(runtime.block_on(work)?)
}
