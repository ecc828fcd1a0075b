//! `hackstream audit`: what was done that concerns oneself. The same rows for administrators are in
//! [`crate::admin::audit`].

use std::collections::VecDeque;
use std::process::ExitCode;

use clap::Args;
use hackstream_control_api::audit::AuditEntry;

use crate::api::pages::{self, Go};
use crate::context::Context;
use crate::error::CliError;
use crate::hub::Hub;
use crate::terminal::{out, table, when};
use crate::witness::accept::accept;

/// Arguments of `audit`.
#[derive(Args, Clone, Debug)]
pub struct Audit {
    /// So many rows, the last ones
    #[arg(long, value_name = "ROWS", default_value_t = 50)]
    last: usize,
    /// As JSON, with all that the hub says
    #[arg(long)]
    json: bool,
    /// Take the hub's log as it is now, after whoever runs the hub has told you why it is another one
    /// than this machine has seen
    #[arg(long, conflicts_with_all = ["last", "json"])]
    accept: bool,
    /// Do not ask whether that is meant
    #[arg(long, requires = "accept")]
    yes: bool,
}

impl Audit {
    /// Shows the rows, the oldest first.
    ///
    /// # Errors
    /// Those of asking.
    pub fn run(&self, context: &Context) -> Result<ExitCode, CliError> {
        if self.accept {
            return accept(context, self.yes);
        }
        let rows = last(&context.hub()?, "/v1/me/audit", None, self.last)?;
        show(&rows, self.json)?;
        Ok(ExitCode::SUCCESS)
    }
}

/// The last rows of a log, looked for behind `cursor`.
///
/// # Errors
/// Those of asking.
pub fn last(
    hub: &Hub<'_>,
    path: &str,
    cursor: Option<String>,
    most: usize,
) -> Result<Vec<AuditEntry>, CliError> {
    let mut rows = VecDeque::new();
    pages::each(hub, path, cursor, |row| {
        rows.push_back(row);
        if rows.len() > most {
            rows.pop_front();
        }
        Go::On
    })?;
    Ok(rows.into())
}

/// Shows rows.
///
/// # Errors
/// If nobody reads them.
pub fn show(rows: &[AuditEntry], json: bool) -> Result<(), CliError> {
    match json {
        true => out::print_json(&rows),
        false => out::print(&text(rows)),
    }
}

fn text(rows: &[AuditEntry]) -> String {
    let rows: Vec<_> = rows.iter().map(row).collect();
    table::render(["ROW", "TIME", "WHO", "WHAT", "TO", "OUTCOME"], &rows)
}

fn row(entry: &AuditEntry) -> [String; 6] {
    let named = |kind: &str, id: &Option<String>| match id {
        Some(id) => format!("{kind} {id}"),
        None => kind.to_owned(),
    };
    let session = entry.session_id.map(|id| format!("session {id}"));
    let target = entry
        .target_type
        .as_ref()
        .map(|kind| named(kind, &entry.target_id));
    [
        entry.seq.to_string(),
        when::show(entry.ts),
        named(&entry.actor_type, &entry.actor_id),
        entry.action.clone(),
        target.or(session).unwrap_or_default(),
        entry.outcome.clone(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use hackstream_control_api::time::UnixMillis;

    #[test]
    fn a_row_says_who_did_what_when_to_what() {
        let entry = AuditEntry {
            seq: 7,
            ts: UnixMillis(1_795_405_892_000),
            actor_type: "user".to_owned(),
            actor_id: Some("01A".to_owned()),
            action: "session.stop".to_owned(),
            target_type: None,
            target_id: None,
            subject_user_id: None,
            session_id: Some("01ARZ3NDEKTSV4RRFFQ69G5FAV".parse().unwrap()),
            outcome: "ok".to_owned(),
            meta: "{}".to_owned(),
            prev_hash: String::new(),
            hash: String::new(),
        };
        assert_eq!(
            row(&entry).join("|"),
            "7|2026-11-23 03:51:32Z|user 01A|session.stop|session 01ARZ3NDEKTSV4RRFFQ69G5FAV|ok"
        );
    }
}
