//! The command line of `hackstreamctl`, and what it does: one file for each kind of thing.

pub mod audit;
pub mod nodes;
pub mod policies;
pub mod pool;
pub mod quotas;
pub mod tokens;
pub mod users;
mod verify;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::context::{Common, Context};
use crate::error::{CliError, EXIT_CODES};

const EXAMPLES: &str = "\
Examples:
  hackstreamctl users add ann
      Asks for the first password.
  hackstreamctl quotas set role:user --max-sessions 2 --memory 2G --idle 15m
      What each of them may use, from the next session on.
  hackstreamctl policies set user --files on
      What sessions of ordinary users allow.
  hackstreamctl pool set browser --min 2 --max 5
      Two to five browsers wait, started, for whoever launches one.
  hackstreamctl nodes list
      The machines that run sessions, and what is free there.
  hackstreamctl audit verify --from-witness witness.json
      Whether the log is as it was written, and as this node or machine has seen it.

It uses the hub and the login of `hackstream`; `hackstream configure` sets both.";

/// Runs a HackStream hub: users, quotas, policies, nodes, and the audit log.
#[derive(Debug, Parser)]
#[command(name = "hackstreamctl", version, after_help = EXAMPLES,
    after_long_help = format!("{EXAMPLES}\n\n{EXIT_CODES}"))]
pub struct Cli {
    #[command(flatten)]
    common: Common,
    #[command(subcommand)]
    action: Action,
}

/// What to look after.
#[derive(Debug, Subcommand)]
enum Action {
    /// Who may log in, and as what
    #[command(subcommand)]
    Users(users::Users),
    /// How much they may use
    #[command(subcommand)]
    Quotas(quotas::Quotas),
    /// What sessions allow, by role
    #[command(subcommand)]
    Policies(policies::Policies),
    /// Sessions that wait warm, so that a launch is quick
    #[command(subcommand)]
    Pool(pool::Pool),
    /// The machines that run sessions; `hackstreamd node add` adds one
    #[command(subcommand)]
    Nodes(nodes::Nodes),
    /// Tokens by which your programs use the hub
    #[command(subcommand)]
    Tokens(tokens::Tokens),
    /// What was done
    #[command(subcommand)]
    Audit(audit::Audit),
}

impl Cli {
    /// Does it.
    ///
    /// # Errors
    /// Why it was not done.
    pub fn run(self) -> Result<ExitCode, CliError> {
        let context = Context::new(self.common)?;
        let code = match self.action {
            Action::Users(command) => command.run(&context),
            Action::Quotas(command) => command.run(&context),
            Action::Policies(command) => command.run(&context),
            Action::Pool(command) => command.run(&context),
            Action::Nodes(command) => command.run(&context),
            Action::Tokens(command) => command.run(&context),
            Action::Audit(command) => command.run(&context),
        };
        code.map(|code| context.code(code))
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
}
