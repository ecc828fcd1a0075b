//! `hackstream stop`.

use std::process::ExitCode;

use clap::Args;
use hackstream_control_api::session::{Session, StopRequest};
use hackstream_control_api::time::Seconds;

use super::sessions;
use crate::api::request::Request;
use crate::context::Context;
use crate::error::CliError;
use crate::terminal::{out, span};

/// Arguments of `stop`.
#[derive(Args, Clone, Debug)]
pub struct Stop {
    /// The session, or the beginning or end of its id
    #[arg(value_name = "ID")]
    session: String,
    /// How long its programs may take for ending themselves, at most 60s
    #[arg(long, value_name = "SPAN", value_parser = span::parse)]
    grace: Option<Seconds>,
    /// Print the session as JSON
    #[arg(long)]
    json: bool,
}

impl Stop {
    /// Ends a session, in whatever state it is.
    ///
    /// # Errors
    /// Those of asking.
    pub fn run(&self, context: &Context) -> Result<ExitCode, CliError> {
        let hub = context.hub()?;
        let id = sessions::find(&hub, &self.session)?;
        let wish = StopRequest { grace: self.grace };
        let request = Request::post(format!("/v1/sessions/{id}/stop"), &wish)?;
        let session: Session = hub.ask(&request)?;
        match self.json {
            true => out::print_json(&session)?,
            false => out::print(&format!("{id} {}", session.state.name()))?,
        }
        Ok(ExitCode::SUCCESS)
    }
}
