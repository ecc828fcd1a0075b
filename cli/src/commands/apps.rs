//! `hackstream apps`.

use std::process::ExitCode;

use clap::Args;
use hackstream_control_api::app::App;

use crate::api::pages;
use crate::context::Context;
use crate::error::CliError;
use crate::terminal::{out, table};

/// Arguments of `apps`.
#[derive(Args, Clone, Debug)]
pub struct Apps {
    /// As JSON, with all that the hub says
    #[arg(long)]
    json: bool,
}

impl Apps {
    /// Shows what can be launched.
    ///
    /// # Errors
    /// Those of asking.
    pub fn run(&self, context: &Context) -> Result<ExitCode, CliError> {
        let apps: Vec<App> = pages::all(&context.hub()?, "/v1/apps")?;
        if self.json {
            out::print_json(&apps)?;
            return Ok(ExitCode::SUCCESS);
        }
        let row = |app: &App| {
            let state = if app.enabled { "" } else { "switched off" };
            [app.id.clone(), app.title.clone(), state.to_owned()]
        };
        let rows: Vec<_> = apps.iter().map(row).collect();
        out::print(&table::render(["APP", "TITLE", ""], &rows))?;
        Ok(ExitCode::SUCCESS)
    }
}
