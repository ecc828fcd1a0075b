//! `hackstreamctl policies`.

use std::process::ExitCode;

use clap::{Args, Subcommand, ValueEnum};
use hackstream_control_api::account::Role;
use hackstream_control_api::launch::Quality;
use hackstream_control_api::policy::{Egress, Policy};

use super::users::RoleName;
use crate::api::request::Request;
use crate::context::Context;
use crate::error::CliError;
use crate::terminal::{out, table};

/// What to do with policies.
#[derive(Clone, Debug, Subcommand)]
pub enum Policies {
    /// Show what sessions of a role allow
    Get {
        /// Whose
        #[arg(value_enum)]
        role: RoleName,
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Change what sessions allow that are started from then on; what is not named stays as it is
    Set {
        /// Whose
        #[arg(value_enum)]
        role: RoleName,
        /// What to set.
        #[command(flatten)]
        change: Change,
    },
}

/// What to set.
#[derive(Args, Clone, Debug, Default)]
pub struct Change {
    /// Pasting into the session
    #[arg(long, value_enum, value_name = "ON|OFF")]
    clipboard_in: Option<Switch>,
    /// Copying out of it
    #[arg(long, value_enum, value_name = "ON|OFF")]
    clipboard_out: Option<Switch>,
    /// Files in both directions
    #[arg(long, value_enum, value_name = "ON|OFF")]
    files: Option<Switch>,
    /// Hearing its sound
    #[arg(long, value_enum, value_name = "ON|OFF")]
    sound: Option<Switch>,
    /// Speaking into it
    #[arg(long, value_enum, value_name = "ON|OFF")]
    microphone: Option<Switch>,
    /// The node's graphics hardware
    #[arg(long, value_enum, value_name = "ON|OFF")]
    gpu: Option<Switch>,
    /// Where its programs may connect to
    #[arg(long, value_enum)]
    egress: Option<EgressName>,
    /// The best quality that it gives
    #[arg(long, value_enum)]
    quality_cap: Option<QualityCap>,
}

/// Whether something is allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Switch {
    On,
    Off,
}

/// Names of where programs may connect to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum EgressName {
    /// Nowhere
    None,
    /// Public addresses; not the host, not private networks
    Internet,
}

/// Names of qualities.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum QualityCap {
    Low,
    Auto,
    High,
}

impl Policies {
    /// Does it.
    ///
    /// # Errors
    /// What the hub says, and those of asking it.
    pub fn run(self, context: &Context) -> Result<ExitCode, CliError> {
        let hub = context.hub()?;
        let path = |role| format!("/v1/policies/{}", Role::from(role).name());
        let (policy, json) = match &self {
            Self::Get { role, json } => (hub.ask(&Request::get(path(*role)))?, *json),
            Self::Set { role, change } => {
                let before = hub.ask(&Request::get(path(*role)))?;
                (
                    hub.ask(&Request::put(path(*role), &change.of(before))?)?,
                    false,
                )
            }
        };
        match json {
            true => out::print_json(&policy)?,
            false => out::print(&text(&policy))?,
        }
        Ok(ExitCode::SUCCESS)
    }
}

impl Change {
    fn of(&self, before: Policy) -> Policy {
        let switch = |to: Option<Switch>, before| to.map_or(before, |to| to == Switch::On);
        Policy {
            clipboard_in: switch(self.clipboard_in, before.clipboard_in),
            clipboard_out: switch(self.clipboard_out, before.clipboard_out),
            files: switch(self.files, before.files),
            sound: switch(self.sound, before.sound),
            microphone: switch(self.microphone, before.microphone),
            gpu: switch(self.gpu, before.gpu),
            egress: match self.egress {
                Some(EgressName::None) => Egress::None,
                Some(EgressName::Internet) => Egress::Internet,
                None => before.egress,
            },
            quality_cap: match self.quality_cap {
                Some(QualityCap::Low) => Quality::Low,
                Some(QualityCap::Auto) => Quality::Auto,
                Some(QualityCap::High) => Quality::High,
                None => before.quality_cap,
            },
        }
    }
}

fn text(policy: &Policy) -> String {
    let switch = |on| if on { "on" } else { "off" };
    let rows = [
        ("clipboard-in", switch(policy.clipboard_in)),
        ("clipboard-out", switch(policy.clipboard_out)),
        ("files", switch(policy.files)),
        ("sound", switch(policy.sound)),
        ("microphone", switch(policy.microphone)),
        ("gpu", switch(policy.gpu)),
        (
            "egress",
            match policy.egress {
                Egress::None => "none",
                Egress::Internet => "internet",
            },
        ),
        (
            "quality-cap",
            match policy.quality_cap {
                Quality::Low => "low",
                Quality::Auto => "auto",
                Quality::High => "high",
            },
        ),
    ];
    let rows = rows.map(|(name, value)| [name.to_owned(), value.to_owned()]);
    table::render(["POLICY", "IS"], &rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_named_stays() {
        let change = Change {
            files: Some(Switch::On),
            sound: Some(Switch::Off),
            ..Change::default()
        };
        let after = change.of(Policy::default());
        assert!(after.files && !after.sound && after.clipboard_in && !after.microphone);
        assert!(
            text(&after).contains("files          on"),
            "{}",
            text(&after)
        );
    }
}
