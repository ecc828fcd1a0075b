//! `hackstream config`: single settings.

use std::process::ExitCode;

use clap::{Args, Subcommand, ValueEnum as _};

use crate::config;
use crate::config::settings::Key;
use crate::context::Context;
use crate::error::CliError;
use crate::terminal::out;

const EXAMPLES: &str = "\
Examples:
  hackstream config set api_url https://hub.example.org:8443
  hackstream config set viewer /opt/hackstream/hackstream-view
  hackstream config list";

/// Arguments of `config`.
#[derive(Args, Clone, Debug)]
#[command(after_help = EXAMPLES)]
pub struct Config {
    #[command(subcommand)]
    action: Action,
}

/// What to do with settings.
#[derive(Clone, Debug, Subcommand)]
enum Action {
    /// Set one. With another api_url the fingerprint of the old hub is forgotten
    Set {
        /// Which
        key: Key,
        /// To what
        value: String,
    },
    /// Show one; fails if it is not set
    Get {
        /// Which
        key: Key,
    },
    /// Forget one
    Unset {
        /// Which
        key: Key,
    },
    /// Show all, and where they are kept
    List,
}

impl Config {
    /// Does it.
    ///
    /// # Errors
    /// If a value makes no sense; those of files.
    pub fn run(&self, context: &Context) -> Result<ExitCode, CliError> {
        let places = &context.places;
        match &self.action {
            Action::Set { key, value } => {
                config::change(places, |settings| settings.set(*key, value))?;
            }
            Action::Unset { key } => {
                config::change(places, |settings| {
                    settings.unset(*key);
                    Ok(())
                })?;
            }
            Action::Get { key } => match config::load(places)?.value(*key) {
                Some(value) => out::print(&value)?,
                None => return Ok(ExitCode::FAILURE),
            },
            Action::List => {
                let settings = config::load(places)?;
                out::tell(&format!("# {}", places.config_file().display()))?;
                for key in Key::value_variants() {
                    let name = key.to_possible_value();
                    let name = name.as_ref().map_or("", |name| name.get_name());
                    let value = settings.value(*key).unwrap_or_default();
                    out::print(&format!("{name} = {value}"))?;
                }
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}
