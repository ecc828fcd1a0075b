//! `hackstreamctl audit verify`: the whole log is fetched page by page and checked on this machine.

use std::path::Path;
use std::process::ExitCode;

use hackstream_audit::chain::Break;
use hackstream_audit::{Auditor, Contradiction, Finding, hex};
use hackstream_control_api::audit::{AuditEntry, AuditVerdict};
use hackstream_control_api::time::UnixMillis;

use super::audit::state;
use crate::api::pages::{self, Go};
use crate::api::request::Request;
use crate::context::Context;
use crate::error::CliError;
use crate::hub::Hub;
use crate::terminal::{out, when};
use crate::witness::source::{self, Witnessed};

/// Has the hub check its own log.
///
/// # Errors
/// Those of asking it.
pub(super) fn by_hub(hub: &Hub<'_>, json: bool) -> Result<ExitCode, CliError> {
    let verdict: AuditVerdict = hub.ask(&Request::get("/v1/audit/verify"))?;
    tell(&verdict, json)
}

/// Checks the log here, with what this machine and the `file` know of it.
///
/// # Errors
/// Those of asking the hub, and of files.
pub(super) fn here(
    context: &Context,
    hub: &Hub<'_>,
    file: Option<&Path>,
    json: bool,
) -> Result<ExitCode, CliError> {
    let mut witnessed = match file {
        Some(path) => source::read(path, hub.api().address().as_str())?,
        None => Vec::new(),
    };
    let known = context.witness(hub.api()).load()?;
    let (shown, contradiction) = state(context, hub)?;
    // What this machine knew before it asked: the hub's answer may have taken its place.
    let known = known.iter().map(source::of_memory);
    let damaged = |reason| CliError::Failed(format!("what this machine remembers: {reason}"));
    for points in known {
        witnessed.extend(points.map_err(damaged)?);
    }
    let signed = shown.signed.as_ref();
    let restored_at = signed.map_or(UnixMillis(0), |signed| signed.restored_at);
    let mut auditor = Auditor::default();
    let (before, since) = split(witnessed, restored_at);
    for point in since {
        auditor.expect(point.point);
    }
    // What the hub has signed counts only if it has: else the contradiction tells of it.
    for point in source::known(None, shown.signed.as_slice()).unwrap_or_default() {
        auditor.expect(point.point);
    }
    let until = shown.end.seq.max(auditor.last_expected());
    let mut log = Fetched {
        auditor,
        before,
        until,
    };
    let finding = log.fetch(hub)?;
    if finding.is_none() {
        for note in log.notes(restored_at) {
            context.tell(&note)?;
        }
    }
    tell(
        &verdict(&log.auditor, finding, contradiction.as_ref()),
        json,
    )
}

fn verdict(
    auditor: &Auditor,
    finding: Option<Finding>,
    contradiction: Option<&Contradiction>,
) -> AuditVerdict {
    // Where nothing is wrong with the rows themselves, something can be with what was signed.
    let reason = finding.map(|finding| finding.fault.to_string());
    let reason = reason.or_else(|| contradiction.map(Contradiction::to_string));
    AuditVerdict {
        ok: reason.is_none(),
        rows: auditor.seq(),
        witnessed: auditor.witnessed(),
        first_bad_seq: finding.map(|finding| finding.seq),
        reason,
        head: hex(&auditor.head()),
    }
}

/// What was seen before the operator last declared a restored backup, and what since.
fn split(witnessed: Vec<Witnessed>, restored_at: UnixMillis) -> (Vec<Witnessed>, Vec<Witnessed>) {
    let mut different: Vec<Witnessed> = Vec::new();
    for one in witnessed {
        if !different.contains(&one) {
            different.push(one);
        }
    }
    let is_before = |one: &Witnessed| one.restored_at < restored_at;
    different.into_iter().partition(is_before)
}

/// The log, as far as it was fetched.
struct Fetched {
    auditor: Auditor,
    /// What was seen before a backup was restored: it need not be there any more.
    before: Vec<Witnessed>,
    until: u64,
}

impl Fetched {
    /// Fetches and checks it, one page after the other; what is wrong with it.
    fn fetch(&mut self, hub: &Hub<'_>) -> Result<Option<Finding>, CliError> {
        while self.auditor.seq() < self.until {
            let from = self.auditor.seq();
            let mut finding = None;
            pages::each(
                hub,
                "/v1/audit",
                Some(from.to_string()),
                |entry: AuditEntry| {
                    finding = self.entry(&entry).err();
                    match finding.is_some() || self.auditor.seq() >= self.until {
                        true => Go::Enough,
                        false => Go::On,
                    }
                },
            )?;
            if finding.is_some() {
                return Ok(finding);
            }
            if self.auditor.seq() == from {
                break;
            }
        }
        Ok(self.end().err())
    }

    fn entry(&mut self, entry: &AuditEntry) -> Result<(), Finding> {
        self.auditor.entry(entry)?;
        let (seq, head) = (self.auditor.seq(), self.auditor.head());
        let is_met = |one: &Witnessed| one.point.seq == seq && one.point.head == head;
        self.before.retain(|one| !is_met(one));
        Ok(())
    }

    fn end(&self) -> Result<(), Finding> {
        self.auditor.end()?;
        let seq = self.auditor.seq() + 1;
        match seq > self.until {
            true => Ok(()),
            // The hub itself has told of more.
            false => Err(Finding {
                seq,
                fault: Break::Cut,
            }),
        }
    }

    /// What went with a restored backup.
    fn notes(&self, restored_at: UnixMillis) -> impl Iterator<Item = String> {
        let at = when::show(restored_at);
        self.before.iter().map(move |one| {
            format!(
                "note: row {} was seen before {at} and is not in the log any more: whoever runs the hub \
                 declared then that a backup was restored",
                one.point.seq
            )
        })
    }
}

fn tell(verdict: &AuditVerdict, json: bool) -> Result<ExitCode, CliError> {
    match json {
        true => out::print_json(verdict)?,
        false => out::print(&text(verdict))?,
    }
    Ok(match verdict.ok {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    })
}

fn text(verdict: &AuditVerdict) -> String {
    if verdict.ok {
        let (rows, witnessed, head) = (verdict.rows, verdict.witnessed, &verdict.head);
        return format!(
            "{rows} rows, all as they were written; checkpoints agree up to row {witnessed}; head {}",
            out::harmless(head)
        );
    }
    let reason = verdict.reason.as_deref();
    let reason = out::harmless(reason.unwrap_or("the hub does not say why"));
    match verdict.first_bad_seq {
        Some(seq) => format!("row {seq} is the first that is not as it was written: {reason}"),
        None => {
            format!("the rows agree with each other, but it is not the log that was seen: {reason}")
        }
    }
}
