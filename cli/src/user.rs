//! The command line of `hackstream`.

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::commands::{
    apps, audit, configure, connect, devices, doctor, launch, list, login, logs, setting, stop,
};
use crate::context::{Common, Context};
use crate::error::{CliError, EXIT_CODES};

const EXAMPLES: &str = "\
Examples:
  hackstream launch browser --url https://example.org
      The first time it asks which hub and who you are. It ends when its window is closed.
  hackstream list
      Your sessions, and when they end by themselves.
  hackstream connect
      Back to your session.
  hackstream stop ID
      End one.
  hackstream doctor
      What does not work, and what to do about it.";

const MORE: &str = "\
Settings are in ~/.config/hackstream/config.toml ($XDG_CONFIG_HOME). The tokens of the login are in
the keyring of the desktop; where there is none, beside the settings in credentials.json. Both files
can be read by their owner only. `config set tokens file` does without the keyring, `config set
tokens keyring` without the file; `doctor` says where they are. The last ten addresses
that were opened are in ~/.local/state/hackstream/recent.json ($XDG_STATE_HOME) and nowhere
else; beside them witness.json has what the hub showed of its audit log, so that nobody can cut
that log or make it anew unseen.

A hub with a certificate of its own is recognised by its key, which `configure` shows and
remembers. A login lasts until it was not used for 30 days, or for 90 days in all; then the next
command asks for the password again. Programs use a service token instead: put it into
HACKSTREAM_API_TOKEN.";

/// Uses sessions of a HackStream hub: launches applications, shows them, ends them.
#[derive(Debug, Parser)]
#[command(name = "hackstream", version, after_help = EXAMPLES,
    after_long_help = format!("{EXAMPLES}\n\n{MORE}\n\n{EXIT_CODES}"))]
pub struct Cli {
    #[command(flatten)]
    common: Common,
    #[command(subcommand)]
    action: Action,
}

/// What to do.
#[derive(Debug, Subcommand)]
enum Action {
    /// Set which hub to use, and log in
    Configure(configure::Configure),
    /// Log in
    Login(login::Login),
    /// Log out, on this machine
    Logout(login::Logout),
    /// Start an application and show it
    Launch(launch::Launch),
    /// Show your sessions
    List(list::List),
    /// Show a session that runs
    Connect(connect::Connect),
    /// End a session
    Stop(stop::Stop),
    /// Show what the programs of a session say
    Logs(logs::Logs),
    /// Show what can be launched
    Apps(apps::Apps),
    /// Show what was done that concerns you: logins, sessions, changes of your account
    Audit(audit::Audit),
    /// Where you are logged in, and logging out there
    #[command(subcommand)]
    Devices(devices::Devices),
    /// Look for what does not work
    Doctor(doctor::Doctor),
    /// Look at single settings, and change them
    Config(setting::Config),
}

impl Cli {
    /// Does it.
    ///
    /// # Errors
    /// Why it was not done.
    pub fn run(self) -> Result<ExitCode, CliError> {
        let context = Context::new(self.common)?;
        let code = match self.action {
            Action::Configure(command) => command.run(&context),
            Action::Login(command) => command.run(&context),
            Action::Logout(command) => command.run(&context),
            Action::Launch(command) => command.run(&context),
            Action::List(command) => command.run(&context),
            Action::Connect(command) => command.run(&context),
            Action::Stop(command) => command.run(&context),
            Action::Logs(command) => command.run(&context),
            Action::Apps(command) => command.run(&context),
            Action::Audit(command) => command.run(&context),
            Action::Devices(command) => command.run(&context),
            Action::Doctor(command) => command.run(&context),
            Action::Config(command) => command.run(&context),
        };
        code.map(|code| context.code(code))
    }
}

/// What a program says in the end.
#[must_use]
pub fn finish(program: &str, result: Result<ExitCode, CliError>) -> ExitCode {
    match result {
        Ok(code) => code,
        // Whoever reads no more has what they wanted.
        Err(error) if error.is_broken_pipe() => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{program}: {error}");
            ExitCode::from(error.exit_code())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn what_the_brief_says_is_understood() {
        for line in [
            "configure",
            "login",
            "launch browser --url https://example.org --profile ephemeral --quality auto",
            "launch browser --url https://example.org --profile persist --quality low",
            "launch browser --quality high",
            "list",
            "connect",
            "stop 01ARZ3NDEKTSV4RRFFQ69G5FAV",
            "logs -f 01ARZ3NDEKTSV4RRFFQ69G5FAV",
            "audit",
            "devices list",
            "devices revoke 01ARZ3NDEKTSV4RRFFQ69G5FAV",
            "doctor",
            "config set api_url https://hub.example.org",
        ] {
            let words = std::iter::once("hackstream").chain(line.split(' '));
            assert!(Cli::try_parse_from(words).is_ok(), "{line}");
        }
        for line in [
            "launch",
            "stop",
            "launch browser --password x",
            "config set colour red",
        ] {
            let words = std::iter::once("hackstream").chain(line.split(' '));
            assert!(Cli::try_parse_from(words).is_err(), "{line}");
        }
    }
}
