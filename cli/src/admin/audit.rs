//! `hackstreamctl audit`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Subcommand;
use hackstream_audit::Contradiction;
use hackstream_control_api::audit::{AuditState, SignedCheckpoint};

use super::verify;
use crate::api::request::Request;
use crate::commands::audit::{last, show};
use crate::config::private_file;
use crate::context::Context;
use crate::error::CliError;
use crate::hub::Hub;
use crate::terminal::{out, when};

/// What to do with the log.
#[derive(Clone, Debug, Subcommand)]
pub enum Audit {
    /// Show the last rows; that they were read is written down, too
    List {
        /// So many
        #[arg(long, value_name = "ROWS", default_value_t = 50)]
        last: usize,
        /// As JSON, with all that the hub says
        #[arg(long)]
        json: bool,
    },
    /// Fetch the whole log, and check it here: that nothing was changed, and that it is the one that was
    /// signed and seen before
    Verify {
        /// Compare it with what this file knows as well: witness.json of a node or of another machine, or
        /// what `checkpoint --save` wrote
        #[arg(long, value_name = "FILE")]
        from_witness: Option<PathBuf>,
        /// Have the hub check its own log, without fetching it: quicker, but its word
        #[arg(long, conflicts_with = "from_witness")]
        by_hub: bool,
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Show the last point of the log that the hub has signed; keep it elsewhere, and no row before it
    /// can be changed unseen
    Checkpoint {
        /// Write it into this file, too
        #[arg(long, value_name = "FILE")]
        save: Option<PathBuf>,
        /// As JSON
        #[arg(long)]
        json: bool,
    },
}

impl Audit {
    /// Does it. Exit code 1 if the log is not as it was written.
    ///
    /// # Errors
    /// What the hub says, and those of asking it.
    pub fn run(self, context: &Context) -> Result<ExitCode, CliError> {
        let hub = context.hub()?;
        match self {
            Self::List { last: rows, json } => {
                // Rows rise by one, so the place is known where the last ones begin, if nothing was
                // written meanwhile; what was, is read as well.
                let (state, _) = state(context, &hub)?;
                let begin = state.end.seq.saturating_sub(rows as u64);
                show(
                    &last(&hub, "/v1/audit", Some(begin.to_string()), rows)?,
                    json,
                )?;
                Ok(ExitCode::SUCCESS)
            }
            Self::Verify {
                from_witness,
                by_hub,
                json,
            } => match by_hub {
                true => verify::by_hub(&hub, json),
                false => verify::here(context, &hub, from_witness.as_deref(), json),
            },
            Self::Checkpoint { save, json } => checkpoint(context, &hub, save.as_deref(), json),
        }
    }
}

/// How the log is now, compared with what this machine remembers of it.
///
/// # Errors
/// Those of asking the hub, and of files.
pub(super) fn state(
    context: &Context,
    hub: &Hub<'_>,
) -> Result<(AuditState, Option<Contradiction>), CliError> {
    // Before anything else is asked: that may renew the login, and what is known with it.
    hub.tokens().access()?;
    let witness = context.witness(hub.api());
    let known = witness.load()?;
    let path = match &known {
        Some(known) => format!("/v1/audit/checkpoint?seen={}", known.end.seq),
        None => "/v1/audit/checkpoint".to_owned(),
    };
    let shown: AuditState = hub.ask(&Request::get(path))?;
    let contradiction = context.heard(&witness, known.as_ref(), &shown)?;
    Ok((shown, contradiction))
}

fn checkpoint(
    context: &Context,
    hub: &Hub<'_>,
    save: Option<&Path>,
    json: bool,
) -> Result<ExitCode, CliError> {
    let (state, _) = state(context, hub)?;
    let signed = state.signed.ok_or_else(|| {
        let text = "the hub has signed nothing yet: its log tells why, or it has only just started";
        CliError::Failed(text.to_owned())
    })?;
    if let Some(path) = save {
        let text = serde_json::to_string_pretty(&signed);
        let text = text.map_err(|error| CliError::Failed(error.to_string()))?;
        private_file::write(path, &format!("{text}\n"))?;
    }
    match json {
        true => out::print_json(&signed)?,
        false => out::print(&text(&signed))?,
    }
    Ok(ExitCode::SUCCESS)
}

fn text(signed: &SignedCheckpoint) -> String {
    let restored = match signed.restored_at.0 {
        0 => String::new(),
        _ => format!(
            "\na backup was restored before {}",
            when::show(signed.restored_at)
        ),
    };
    format!(
        "row {}, signed on {}\nhash {}\nkey  {}{restored}",
        signed.seq,
        when::show(signed.ts),
        out::harmless(&signed.head),
        out::harmless(&signed.key),
    )
}
