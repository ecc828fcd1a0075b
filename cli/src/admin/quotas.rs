//! `hackstreamctl quotas`.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use hackstream_control_api::policy::Timers;
use hackstream_control_api::quota::Quota;
use hackstream_control_api::time::Seconds;

use super::users;
use crate::api::request::Request;
use crate::context::Context;
use crate::error::CliError;
use crate::hub::Hub;
use crate::terminal::{out, size, span, table};

/// What to do with quotas.
#[derive(Clone, Debug, Subcommand)]
pub enum Quotas {
    /// Show what was set; the most specific one that says something counts
    Get {
        /// Whose: default, role:NAME or user:NAME
        #[arg(default_value = "default")]
        subject: String,
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Set something; what is not named stays as it is
    Set {
        /// Whose: default, role:NAME or user:NAME
        subject: String,
        /// What to set.
        #[command(flatten)]
        change: Change,
    },
}

/// What to set.
#[derive(Args, Clone, Debug)]
pub struct Change {
    /// Sessions at once
    #[arg(long, value_name = "COUNT")]
    max_sessions: Option<u32>,
    /// Memory of each session, such as 4G
    #[arg(long, value_name = "SIZE", value_parser = size::parse_bytes)]
    memory: Option<u64>,
    /// Processors of each session, such as 2 or 0.5
    #[arg(long, value_name = "COUNT", value_parser = size::parse_cpus)]
    cpus: Option<u64>,
    /// Processes and threads of each session
    #[arg(long, value_name = "COUNT")]
    pids: Option<u64>,
    /// Ends a session that nobody has used for so long, such as 30m, or never
    #[arg(long, value_name = "SPAN", value_parser = span::parse)]
    idle: Option<Seconds>,
    /// Ends a session that had no viewer for so long
    #[arg(long, value_name = "SPAN", value_parser = span::parse)]
    disconnect: Option<Seconds>,
    /// Ends a session after so long in any case
    #[arg(long, value_name = "SPAN", value_parser = span::parse)]
    max_duration: Option<Seconds>,
    /// Forget what was set before for this subject
    #[arg(long)]
    reset: bool,
}

impl Quotas {
    /// Does it.
    ///
    /// # Errors
    /// What the hub says, and those of asking it.
    pub fn run(self, context: &Context) -> Result<ExitCode, CliError> {
        let hub = context.hub()?;
        let (quota, json) = match &self {
            Self::Get { subject, json } => (hub.ask(&Request::get(path(&hub, subject)?))?, *json),
            Self::Set { subject, change } => {
                let path = path(&hub, subject)?;
                let before = match change.reset {
                    true => Quota::default(),
                    false => hub.ask(&Request::get(path.as_str()))?,
                };
                (hub.ask(&Request::put(path, &change.of(before))?)?, false)
            }
        };
        match json {
            true => out::print_json(&quota)?,
            false => out::print(&text(&quota))?,
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// Where the quota of a subject is; people are named, and the hub knows them by their ids.
fn path(hub: &Hub<'_>, subject: &str) -> Result<String, CliError> {
    let id = match subject.strip_prefix("user:") {
        Some(name) => format!("user:{}", users::find(hub, name)?.id),
        None => subject.to_owned(),
    };
    let fits = |c: char| c.is_ascii_alphanumeric() || c == ':';
    match id.chars().all(fits) {
        true => Ok(format!("/v1/quotas/{id}")),
        false => Err(CliError::Usage(
            "a quota is that of default, role:NAME or user:NAME".to_owned(),
        )),
    }
}

impl Change {
    fn of(&self, before: Quota) -> Quota {
        let timers = [self.idle, self.disconnect, self.max_duration];
        let timers = match timers.iter().any(Option::is_some) {
            true => {
                let base = before.timers.unwrap_or_default();
                Some(Timers {
                    idle: self.idle.unwrap_or(base.idle),
                    disconnect: self.disconnect.unwrap_or(base.disconnect),
                    max_duration: self.max_duration.unwrap_or(base.max_duration),
                })
            }
            false => before.timers,
        };
        Quota {
            max_sessions: self.max_sessions.or(before.max_sessions),
            cpu_limit: self.cpus.or(before.cpu_limit),
            mem_limit: self.memory.or(before.mem_limit),
            pids: self.pids.or(before.pids),
            timers,
        }
    }
}

fn text(quota: &Quota) -> String {
    let timer = |pick: fn(&Timers) -> Seconds| {
        quota
            .timers
            .as_ref()
            .map(|timers| span::show_timer(pick(timers)))
    };
    let rows = [
        (
            "max-sessions",
            quota.max_sessions.map(|count| count.to_string()),
        ),
        ("memory", quota.mem_limit.map(size::show_bytes)),
        ("cpus", quota.cpu_limit.map(size::show_cpus)),
        ("pids", quota.pids.map(|count| count.to_string())),
        ("idle", timer(|timers| timers.idle)),
        ("disconnect", timer(|timers| timers.disconnect)),
        ("max-duration", timer(|timers| timers.max_duration)),
    ];
    let rows = rows.map(|(name, value)| [name.to_owned(), value.unwrap_or_else(|| "-".to_owned())]);
    table::render(["QUOTA", "SET TO"], &rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_named_stays() {
        let change = Change {
            max_sessions: Some(2),
            memory: None,
            cpus: None,
            pids: None,
            idle: Some(Seconds(900)),
            disconnect: None,
            max_duration: None,
            reset: false,
        };
        let before = Quota {
            pids: Some(7),
            max_sessions: Some(1),
            ..Quota::default()
        };
        let after = change.of(before);
        assert_eq!(
            (after.max_sessions, after.pids, after.mem_limit),
            (Some(2), Some(7), None)
        );
        let timers = after.timers.unwrap();
        assert_eq!(timers.idle, Seconds(900));
        assert_eq!(timers.disconnect, Timers::default().disconnect);
        assert!(
            text(&after).contains("idle          15 min"),
            "{}",
            text(&after)
        );
    }
}
