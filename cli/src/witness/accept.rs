//! Taking a hub's log as it is now, after a person has heard why it is another one.

use std::process::ExitCode;

use hackstream_audit::Memory;
use hackstream_audit::checkpoint::verified;
use hackstream_control_api::audit::{AuditState, Checkpoint, SignedCheckpoint};

use crate::api::request::Request;
use crate::context::Context;
use crate::error::CliError;
use crate::terminal::out;

/// Shows what was and what is, asks (unless `is_sure`), and remembers what is.
///
/// # Errors
/// If nobody can be asked; those of asking the hub and of files.
pub fn accept(context: &Context, is_sure: bool) -> Result<ExitCode, CliError> {
    let hub = context.hub()?;
    let witness = context.witness(hub.api());
    let shown: AuditState = hub.ask(&Request::get("/v1/audit/checkpoint"))?;
    if let Some(signed) = &shown.signed {
        let is_signed = verified(signed).is_ok() && signed.seq <= shown.end.seq;
        if !is_signed {
            let text = "the hub's log contradicts its own checkpoint: that cannot be accepted; tell whoever runs it";
            return Err(CliError::Failed(text.to_owned()));
        }
    }
    let before = witness.load()?;
    let known = before.as_ref();
    out::tell(&format!(
        "known: {}\nnow:   {}",
        known.map_or_else(
            || "nothing".to_owned(),
            |known| line(&known.end, known.signed.as_ref())
        ),
        line(&shown.end, shown.signed.as_ref()),
    ))?;
    if !is_sure && !context.ask_yes_or_no("Take the log as it is now?")? {
        out::tell("Nothing was changed.")?;
        return Ok(ExitCode::FAILURE);
    }
    witness.replace(Memory::of(&shown))?;
    context.quiet_alarm();
    out::tell("This machine goes on from the log as it is now.")?;
    Ok(ExitCode::SUCCESS)
}

fn line(end: &Checkpoint, signed: Option<&SignedCheckpoint>) -> String {
    let head: String = out::harmless(&end.head).chars().take(16).collect();
    let key = signed.map_or_else(
        || "by nobody".to_owned(),
        |signed| {
            format!(
                "up to row {} by the key {}",
                signed.seq,
                out::harmless(&signed.key)
            )
        },
    );
    format!("{} rows, the last one {head}…; signed {key}", end.seq)
}
