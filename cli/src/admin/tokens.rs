//! `hackstreamctl tokens`: tokens for programs.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Subcommand;
use hackstream_control_api::login::{MintedServiceToken, NewServiceToken, ServiceToken};
use hackstream_control_api::time::Seconds;

use crate::api::pages;
use crate::api::request::Request;
use crate::config::private_file;
use crate::context::Context;
use crate::error::CliError;
use crate::hub::Hub;
use crate::terminal::out::{self, harmless};
use crate::terminal::{named, span, table, when};

/// What to do with them.
#[derive(Clone, Debug, Subcommand)]
pub enum Tokens {
    /// Show yours that are good
    List {
        /// As JSON, with all that the hub says
        #[arg(long)]
        json: bool,
    },
    /// Make one, and write it into a file that only you can read; it is shown nowhere else
    ///
    /// A program reads it into HACKSTREAM_API_TOKEN. It can never do more than you can.
    Add {
        /// What you call it
        name: String,
        /// What it may do, such as session.create or users.read; can be given several times
        #[arg(long = "scope", value_name = "PERMISSION", required = true)]
        scopes: Vec<String>,
        /// How long it is good, at most 366d
        #[arg(long, value_name = "SPAN", value_parser = span::parse, default_value = "30d")]
        lifetime: Seconds,
        /// The file to write it into; must not exist yet
        #[arg(long, value_name = "FILE")]
        token_file: PathBuf,
    },
    /// Void one at once
    Revoke {
        /// The token, or the beginning or end of its id
        #[arg(value_name = "ID")]
        token: String,
    },
}

impl Tokens {
    /// Does it.
    ///
    /// # Errors
    /// What the hub says, and those of asking it.
    pub fn run(self, context: &Context) -> Result<ExitCode, CliError> {
        let hub = context.hub()?;
        match self {
            Self::List { json } => {
                let tokens: Vec<ServiceToken> = pages::all(&hub, "/v1/tokens")?;
                match json {
                    true => out::print_json(&tokens)?,
                    false => out::print(&text(&tokens))?,
                }
            }
            Self::Add {
                name,
                scopes,
                lifetime,
                token_file,
            } => {
                let wish = NewServiceToken {
                    name,
                    scopes,
                    lifetime: Some(lifetime),
                };
                add(&hub, &wish, &token_file)?;
            }
            Self::Revoke { token } => {
                let tokens: Vec<ServiceToken> = pages::all(&hub, "/v1/tokens")?;
                let ids = tokens.iter().map(|token| token.id.to_string());
                let id = named::one(ids, &token, "hackstreamctl tokens list")?;
                hub.send(&Request::delete(format!("/v1/tokens/{id}")))?;
                out::print(&format!("{id} is void"))?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn add(hub: &Hub<'_>, wish: &NewServiceToken, file: &Path) -> Result<(), CliError> {
    // The file first: a token that nobody has would be good all the same.
    private_file::create(file)?;
    let minted = Request::post("/v1/tokens", wish)
        .and_then(|request| hub.ask::<MintedServiceToken>(&request))
        .inspect_err(|_| {
            // Ours, and empty.
            let _ = private_file::remove(file);
        })?;
    let (id, until) = (minted.about.id, when::show(minted.about.expires_at));
    if let Err(error) = private_file::write(file, &format!("{}\n", minted.token)) {
        // What is not kept shall not be good.
        hub.send(&Request::delete(format!("/v1/tokens/{id}")))?;
        return Err(error);
    }
    let shown = file.display();
    out::print(&format!("{id} is good until {until}; it is in {shown}"))
}

fn text(tokens: &[ServiceToken]) -> String {
    let row = |token: &ServiceToken| {
        [
            token.id.to_string(),
            harmless(&token.name),
            harmless(&token.scopes.join(" ")),
            when::show(token.created_at),
            when::show(token.expires_at),
        ]
    };
    let rows: Vec<_> = tokens.iter().map(row).collect();
    table::render(["ID", "NAME", "SCOPES", "MADE", "ENDS"], &rows)
}
