//! `hackstream launch`: a session is asked for, starts, and is shown.

use std::ffi::OsString;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, ValueEnum};
use hackstream_control_api::app::App;
use hackstream_control_api::launch::{Launch as Order, ProfileMode, Quality};
use hackstream_control_api::problem::{Code, Problem};
use hackstream_control_api::session::Launched;
use hackstream_control_api::time::Seconds;
use hackstream_ticket::ClientKey;

use super::connect::{self, Start};
use crate::api::pages;
use crate::api::request::Request;
use crate::context::Context;
use crate::error::CliError;
use crate::hub::Hub;
use crate::recent;
use crate::terminal::progress::{Progress, Stage};
use crate::terminal::{out, span};
use crate::viewer::{self, Wish};

const EXAMPLES: &str = "\
Examples:
  hackstream launch browser --url https://example.org
      A browser on a node of the hub, in a window here.
  hackstream launch browser --quality low -- --fullscreen
      For weak machines and thin links; what follows -- is the viewer's (hackstream-view --help).
  hackstream launch browser --detach
      Start it and print its id; `hackstream connect` shows it later.

When the window is closed the session goes on for a while, and `hackstream connect` comes back to it.";

/// Between two tries where there is no room, if the hub does not say.
const AGAIN: Seconds = Seconds(5);

/// Arguments of `launch`.
#[derive(Args, Clone, Debug)]
#[command(after_help = EXAMPLES)]
pub struct Launch {
    /// The application, such as browser; `hackstream apps` shows which there are
    app: String,
    /// What a browser opens: http:// or https://
    #[arg(long, value_name = "URL", value_hint = clap::ValueHint::Url)]
    url: Option<String>,
    /// What remains when the session is over
    #[arg(long, value_enum, default_value_t = ProfileName::Ephemeral)]
    profile: ProfileName,
    /// What to prefer where quality costs time; the hub's policy may allow less
    #[arg(long, value_enum, default_value_t = QualityName::Auto)]
    quality: QualityName,
    /// Where there is no room, try again for so long, such as 5m
    #[arg(long, value_name = "SPAN", value_parser = span::parse)]
    wait: Option<Seconds>,
    /// Do not show it; print its id when one can connect
    #[arg(long)]
    detach: bool,
    /// End the session when the window is closed
    #[arg(long, conflicts_with = "detach")]
    stop_on_exit: bool,
    /// For the viewer
    #[arg(last = true, value_name = "VIEWER OPTION", conflicts_with = "detach")]
    viewer: Vec<OsString>,
}

/// Names of profiles.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum ProfileName {
    /// Nothing
    Ephemeral,
    /// Your profile of this application
    Persist,
}

/// Names of qualities.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum QualityName {
    /// What the link and this machine can take
    Auto,
    /// Few bytes and coarse video, for weak machines and thin links
    Low,
    /// Sharpness before frame rate
    High,
}

impl From<QualityName> for Quality {
    fn from(name: QualityName) -> Self {
        match name {
            QualityName::Auto => Self::Auto,
            QualityName::Low => Self::Low,
            QualityName::High => Self::High,
        }
    }
}

impl Launch {
    /// Launches the application.
    ///
    /// # Errors
    /// Why there is no session, or nothing to see of it.
    pub fn run(&self, context: &Context) -> Result<ExitCode, CliError> {
        // Before anything is started that nobody could look at.
        let program = match self.detach {
            true => None,
            false => Some(viewer::find(context.viewer()?)?),
        };
        let hub = context.hub()?;
        let key = viewer::new_key()?;
        let mut progress = Progress::begin(&self.app);
        let launched = self.order(context, &hub, &key)?;
        self.remember(context);
        let start = Start::new(&hub, launched.session_id);
        let connect = match launched.connect {
            Some(connect) => {
                progress.show(Stage::Ready);
                Some(connect)
            }
            None => {
                start.wait(context, &mut progress)?;
                None
            }
        };
        drop(progress);
        let Some(program) = program else {
            out::print(&launched.session_id.to_string())?;
            return Ok(ExitCode::SUCCESS);
        };
        let connect = match connect {
            Some(connect) => connect,
            None => connect::ticket(&hub, launched.session_id, &key)?,
        };
        let wish = Wish {
            quality: self.quality.into(),
            arguments: self.viewer.clone(),
        };
        let shown = viewer::show(context, &program, &connect, &key, &wish);
        connect::after(context, &hub, launched.session_id, shown, self.stop_on_exit)
    }

    /// Asks for the session, again where there is no room yet and the person has time.
    fn order(
        &self,
        context: &Context,
        hub: &Hub<'_>,
        key: &ClientKey,
    ) -> Result<Launched, CliError> {
        let order = Order {
            app: self.app.clone(),
            url: self.url.clone(),
            profile: match self.profile {
                ProfileName::Ephemeral => ProfileMode::Ephemeral,
                ProfileName::Persist => ProfileMode::Persist,
            },
            quality: self.quality.into(),
            screen: None,
            // A ticket that nobody uses would stand in the log all the same.
            client_key: (!self.detach).then(|| key.public().hash().to_string()),
        };
        let name: [u8; 16] = viewer::random()?;
        let name: String = name.iter().map(|byte| format!("{byte:02x}")).collect();
        let request = Request::post("/v1/sessions", &order)?.once(name);
        let deadline = context.now().plus(self.wait.unwrap_or_default());
        let mut told = false;
        loop {
            let error = match hub.ask(&request) {
                Ok(launched) => return Ok(launched),
                Err(error) => error,
            };
            let wait = error.problem().and_then(until_room);
            match wait.filter(|wait| context.now().plus(*wait) < deadline) {
                Some(wait) => {
                    if !std::mem::replace(&mut told, true) {
                        context.tell(&format!("{error}. Waiting for room …"))?;
                    }
                    std::thread::sleep(Duration::from_secs(wait.0));
                }
                None => return Err(with_apps(hub, error)),
            }
        }
    }

    /// The address, for the next time; that it cannot be kept is no reason not to open it.
    fn remember(&self, context: &Context) {
        if let Some(url) = &self.url {
            let kept = recent::add(&context.places.recent_file(), url);
            context.warn(kept.err().map(|error| error.to_string()).as_deref());
        }
    }
}

/// How long to wait where there is no room now.
fn until_room(problem: &Problem) -> Option<Seconds> {
    let is_full = matches!(
        problem.code,
        Code::NoCapacity | Code::NoNode | Code::QuotaExceeded
    );
    let wait = problem.retry_after.unwrap_or(AGAIN).0.clamp(1, 60);
    is_full.then_some(Seconds(wait))
}

/// Says which applications there are, where one was not.
fn with_apps(hub: &Hub<'_>, error: CliError) -> CliError {
    let is_unknown = error
        .problem()
        .is_some_and(|problem| problem.code == Code::UnknownApp);
    if !is_unknown {
        return error;
    }
    let Ok(apps) = pages::all::<App>(hub, "/v1/apps") else {
        return error;
    };
    let names: Vec<_> = apps
        .iter()
        .filter(|app| app.enabled)
        .map(|app| app.id.as_str())
        .collect();
    let names = match names.is_empty() {
        true => "there is none".to_owned(),
        false => format!("there is {}", names.join(", ")),
    };
    CliError::NoSession(format!("there is no such application for you: {names}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room_is_waited_for_and_other_things_are_not() {
        let full = Problem::new(Code::NoCapacity).retry_after(Seconds(10));
        assert_eq!(until_room(&full), Some(Seconds(10)));
        assert_eq!(until_room(&Problem::new(Code::QuotaExceeded)), Some(AGAIN));
        assert_eq!(until_room(&Problem::new(Code::UnknownApp)), None);
        let never = Problem::new(Code::NoNode).retry_after(Seconds(u64::MAX));
        assert_eq!(until_room(&never), Some(Seconds(60)));
    }
}
