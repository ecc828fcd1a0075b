//! `hackstreamctl users`.

use std::process::ExitCode;

use clap::{Subcommand, ValueEnum};
use hackstream_control_api::account::{NewUser, Role, User, UserChange};

use crate::api::pages;
use crate::api::request::Request;
use crate::context::Context;
use crate::error::CliError;
use crate::hub::Hub;
use crate::login::password::Password;
use crate::terminal::out::{self, harmless};
use crate::terminal::{table, when};

/// What to do with users.
#[derive(Clone, Debug, Subcommand)]
pub enum Users {
    /// Show them
    List {
        /// As JSON, with all that the hub says
        #[arg(long)]
        json: bool,
    },
    /// Add one; asks for the first password
    Add {
        /// What is typed to log in
        username: String,
        /// What the person is
        #[arg(long, value_enum, default_value_t = RoleName::User)]
        role: RoleName,
        /// Where to write to
        #[arg(long, value_name = "ADDRESS")]
        email: Option<String>,
        /// What the person is called
        #[arg(long, value_name = "NAME")]
        name: Option<String>,
        /// Read the password from the first line of standard input
        #[arg(long)]
        password_stdin: bool,
    },
    /// Close an account: its tokens are void and its sessions end at once
    Disable {
        /// Whose
        username: String,
    },
    /// Open a closed account
    Enable {
        /// Whose
        username: String,
    },
    /// Give somebody a new password; logs them out everywhere
    Password {
        /// Whom
        username: String,
        /// Read the password from the first line of standard input
        #[arg(long)]
        password_stdin: bool,
    },
    /// Change what somebody is
    Role {
        /// Who
        username: String,
        /// What
        #[arg(value_enum)]
        role: RoleName,
    },
}

/// A role's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum RoleName {
    /// Manages users, policies and nodes; uses sessions
    Admin,
    /// Reads the audit log and the lists
    Auditor,
    /// Uses sessions
    User,
}

impl From<RoleName> for Role {
    fn from(name: RoleName) -> Self {
        match name {
            RoleName::Admin => Self::Admin,
            RoleName::Auditor => Self::Auditor,
            RoleName::User => Self::User,
        }
    }
}

impl Users {
    /// Does it.
    ///
    /// # Errors
    /// What the hub says, and those of asking it.
    pub fn run(self, context: &Context) -> Result<ExitCode, CliError> {
        let hub = context.hub()?;
        match self {
            Self::List { json } => list(&hub, json)?,
            Self::Add {
                username,
                role,
                email,
                name,
                password_stdin,
            } => {
                let wish = NewUser {
                    username,
                    password: Password::choose(context, password_stdin)?.into_text(),
                    role: role.into(),
                    email,
                    name,
                };
                let user: User = hub.ask(&Request::post("/v1/users", &wish)?)?;
                out::print(&format!(
                    "{} {} {}",
                    user.role.name(),
                    harmless(&user.username),
                    user.id
                ))?;
            }
            Self::Disable { username } => {
                change(&hub, &username, |change| change.disabled = Some(true))?;
            }
            Self::Enable { username } => {
                change(&hub, &username, |change| change.disabled = Some(false))?;
            }
            Self::Role { username, role } => {
                change(&hub, &username, |change| change.role = Some(role.into()))?;
            }
            Self::Password {
                username,
                password_stdin,
            } => {
                let password = Password::choose(context, password_stdin)?.into_text();
                change(&hub, &username, |change| change.password = Some(password))?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn list(hub: &Hub<'_>, json: bool) -> Result<(), CliError> {
    let users: Vec<User> = pages::all(hub, "/v1/users")?;
    if json {
        return out::print_json(&users);
    }
    let rows: Vec<_> = users.iter().map(row).collect();
    out::print(&table::render(["NAME", "ROLE", "SINCE", "", "ID"], &rows))
}

fn row(user: &User) -> [String; 5] {
    let closed = user
        .disabled_at
        .map(|at| format!("disabled {}", when::show(at)));
    [
        user.username.clone(),
        user.role.name().to_owned(),
        when::show(user.created_at),
        closed.unwrap_or_default(),
        user.id.to_string(),
    ]
}

/// The user of that name.
///
/// # Errors
/// If there is none; those of asking.
pub(super) fn find(hub: &Hub<'_>, username: &str) -> Result<User, CliError> {
    let users: Vec<User> = pages::all(hub, "/v1/users")?;
    let found = users
        .into_iter()
        .find(|user| user.username.eq_ignore_ascii_case(username));
    found.ok_or_else(|| {
        let name = harmless(username);
        CliError::Failed(format!(
            "there is no user {name}: `hackstreamctl users list` shows them"
        ))
    })
}

fn change(
    hub: &Hub<'_>,
    username: &str,
    set: impl FnOnce(&mut UserChange),
) -> Result<(), CliError> {
    let user = find(hub, username)?;
    // Refused if somebody else has changed the account since.
    let mut change = UserChange {
        version: Some(user.version),
        ..UserChange::default()
    };
    set(&mut change);
    let user: User = hub.ask(&Request::patch(format!("/v1/users/{}", user.id), &change)?)?;
    let state = user.disabled_at.map_or("enabled", |_| "disabled");
    out::print(&format!(
        "{} {} {state}",
        user.role.name(),
        harmless(&user.username)
    ))
}
