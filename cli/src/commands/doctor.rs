//! `hackstream doctor`: what works between here and a picture, and what to do about what does not.

use std::env;
use std::process::{Command, ExitCode};

use clap::Args;
use hackstream_control_api::health::Health;
use hackstream_control_api::quota::QuotaUse;
use serde::Serialize;

use super::sessions;
use crate::api::Api;
use crate::api::request::Request;
use crate::config::Settings;
use crate::context::Context;
use crate::error::CliError;
use crate::hub::Hub;
use crate::login::TOKEN_VARIABLE;
use crate::terminal::out::{self, harmless};
use crate::viewer;

/// Arguments of `doctor`.
#[derive(Args, Clone, Debug)]
pub struct Doctor {
    /// As JSON
    #[arg(long)]
    json: bool,
}

/// How something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum State {
    Fine,
    Doubtful,
    Broken,
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct Finding {
    what: &'static str,
    state: State,
    text: String,
}

impl Finding {
    fn fine(what: &'static str, text: impl Into<String>) -> Self {
        Self::new(what, State::Fine, text)
    }

    fn broken(what: &'static str, text: impl ToString) -> Self {
        Self::new(what, State::Broken, text.to_string())
    }

    fn new(what: &'static str, state: State, text: impl Into<String>) -> Self {
        let text = text.into();
        Self { what, state, text }
    }
}

impl Doctor {
    /// Looks. Exit code 1 if something is broken.
    ///
    /// # Errors
    /// If nobody reads it.
    pub fn run(&self, context: &Context) -> Result<ExitCode, CliError> {
        let mut findings = Vec::new();
        let settings = settings(context, &mut findings);
        if let Some(settings) = settings {
            findings.extend(tokens(context, &settings));
            hub(context, &settings, &mut findings);
        }
        findings.push(viewer(context));
        findings.push(display());
        match self.json {
            true => out::print_json(&findings)?,
            false => out::print(&text(&findings))?,
        }
        let is_broken = findings
            .iter()
            .any(|finding| finding.state == State::Broken);
        Ok(if is_broken {
            ExitCode::FAILURE
        } else {
            ExitCode::SUCCESS
        })
    }
}

fn settings(context: &Context, findings: &mut Vec<Finding>) -> Option<Settings> {
    let settings = context.settings();
    findings.push(match &settings {
        Err(error) => Finding::broken("settings", error),
        Ok(settings) => match &settings.api_url {
            Some(url) => Finding::fine("settings", format!("the hub is {url}")),
            None => Finding::broken("settings", "no hub is set: run `hackstream configure`"),
        },
    });
    settings.ok().filter(|settings| settings.api_url.is_some())
}

/// What there is to know about the hub: each step needs the one before.
fn hub(context: &Context, settings: &Settings, findings: &mut Vec<Finding>) {
    let api = match Context::api(settings) {
        Ok(api) => api,
        Err(error) => return findings.push(Finding::broken("hub", error)),
    };
    if let Err(error) = api.send(&Request::get("/health/live"), None) {
        return findings.push(Finding::broken("hub", error));
    }
    let trusted = match settings.fingerprint {
        Some(key) => format!("answers, and has the expected key {key}"),
        None => "answers, and an authority of this machine vouches for it".to_owned(),
    };
    findings.push(Finding::fine("hub", trusted));
    findings.push(health(&api));
    // Whoever asks a doctor does not want to be asked for a password.
    if !is_program() && matches!(context.person(api, settings).store.load(), Ok(None)) {
        let text = "not logged in: run `hackstream login`";
        return findings.push(Finding::broken("login", text));
    }
    match context.hub() {
        Ok(hub) => person(&hub, findings),
        Err(error) => findings.push(Finding::broken("login", error)),
    }
}

/// Where the tokens of logins are kept, if that is known without speaking to the hub.
fn tokens(context: &Context, settings: &Settings) -> Option<Finding> {
    if is_program() {
        let text = format!("the one in {TOKEN_VARIABLE}, which is not kept");
        return Some(Finding::fine("tokens", text));
    }
    let hub = settings.api_url.clone()?;
    Some(match context.store(hub, settings).whereabouts() {
        Ok(found) if found.is_doubtful => Finding::new("tokens", State::Doubtful, found.text),
        Ok(found) => Finding::fine("tokens", found.text),
        Err(error) => Finding::broken("tokens", error),
    })
}

/// Whether there is a token for programs, so that nobody logs in.
fn is_program() -> bool {
    env::var_os(TOKEN_VARIABLE).is_some_and(|token| !token.is_empty())
}

fn health(api: &Api) -> Finding {
    // 503 where it is not ready, and it answered just now.
    match api.ask::<Health>(&Request::get("/health/ready"), None) {
        Ok(health) => Finding::fine("nodes", format!("{} that take sessions", health.nodes)),
        Err(CliError::Unreachable { .. }) => Finding::broken(
            "nodes",
            "the hub is not ready: no node reports to it, or its database cannot be written; \
             `hackstreamctl nodes list` shows the nodes to administrators",
        ),
        Err(error) => Finding::broken("nodes", error),
    }
}

fn person(hub: &Hub<'_>, findings: &mut Vec<Finding>) {
    let me = match sessions::me(hub) {
        Ok(me) => me,
        Err(error) => return findings.push(Finding::broken("login", error)),
    };
    let name = harmless(&me.user.username);
    findings.push(Finding::fine(
        "login",
        format!("{name}, {}", me.user.role.name()),
    ));
    findings.push(match hub.ask::<QuotaUse>(&Request::get("/v1/quotas")) {
        Ok(quota) => {
            let (used, most) = (quota.sessions, quota.limit.max_sessions);
            let state = if used < most {
                State::Fine
            } else {
                State::Doubtful
            };
            Finding::new(
                "quota",
                state,
                format!("{used} of {most} sessions are in use"),
            )
        }
        Err(error) => Finding::broken("quota", error),
    });
}

fn viewer(context: &Context) -> Finding {
    let program = context.viewer().and_then(viewer::find);
    let program = match program {
        Ok(program) => program,
        Err(error) => return Finding::broken("viewer", error),
    };
    let asked = Command::new(&program).arg("--version").output();
    let shown = program.display();
    match asked {
        Ok(answer) if answer.status.success() => {
            let version = String::from_utf8_lossy(&answer.stdout);
            let version = harmless(version.trim());
            let own = env!("CARGO_PKG_VERSION");
            match version.ends_with(own) {
                true => Finding::fine("viewer", format!("{shown}: {version}")),
                false => {
                    let text = format!("{shown}: {version}, beside hackstream {own}");
                    Finding::new("viewer", State::Doubtful, text)
                }
            }
        }
        Ok(answer) => Finding::broken(
            "viewer",
            format!("{shown} does not work: {}", answer.status),
        ),
        Err(error) => Finding::broken("viewer", format!("{shown} does not start: {error}")),
    }
}

fn display() -> Finding {
    let names = ["WAYLAND_DISPLAY", "DISPLAY"];
    let set = names
        .iter()
        .find(|name| env::var_os(name).is_some_and(|value| !value.is_empty()));
    match set {
        Some(name) => Finding::fine("display", format!("{name} is set")),
        None => {
            let text = "neither DISPLAY nor WAYLAND_DISPLAY is set: there is no window; \
                        `-- --headless` and, where it was built in, `-- --console` do without";
            Finding::new("display", State::Doubtful, text)
        }
    }
}

fn text(findings: &[Finding]) -> String {
    let line = |finding: &Finding| {
        let state = match finding.state {
            State::Fine => "ok  ",
            State::Doubtful => "note",
            State::Broken => "FAIL",
        };
        format!("{state}  {:<9} {}", finding.what, finding.text)
    };
    findings.iter().map(line).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn findings_are_lines() {
        let findings = [
            Finding::fine("hub", "answers"),
            Finding::broken("login", "not logged in: run `hackstream login`"),
        ];
        assert_eq!(
            text(&findings),
            "ok    hub       answers\nFAIL  login     not logged in: run `hackstream login`"
        );
    }
}
