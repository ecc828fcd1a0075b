//! The command line.

use std::path::PathBuf;

use clap::{Parser, Subcommand};

const MORE: &str = "\
The configuration is a TOML file:
  host = \"node1.example\"         where viewers find this machine
  listen = \"0.0.0.0\"             the address of this machine where sessions listen
  ports = [14600, 14999]         their UDP ports
  users = [700000, 1000]         users that sessions run as, the first and how many; nobody else's
  max_sessions = 32
  cpu_overcommit = 4             how many times the machine's processors are promised to sessions
  require_limits = true          run only where the kernel limits sessions' memory and processors
  state_dir = \"/var/lib/hackstream-node\"
  server = \"/usr/bin/hackstream-server\"
  hub_certificate = \"hub.pem\"    of a hub, or its authority, that is not recognised by its key
  driver = \"local\"               or \"docker\": sessions are containers of an engine

  [docker]                       for that driver
  socket = \"/var/run/docker.sock\"
  image = \"hackstream-session\"   what `cargo xtask image` builds, or something made from it

  [ceiling]                      the most that a session may have; more is refused, whatever the hub says
  memory = 4294967296            bytes
  cpu = 4000                     thousandths of a processor
  pids = 4096                    processes and threads
  egress = \"internet\"            or \"none\"

  [apps.browser]                 what may run; nothing else does, whatever the hub says
  command = [\"firefox-esr\"]
  takes_url = true               a page's address may follow
  own_sandbox = true             it may make user namespaces, for its own sandbox

Who the node is to its hub is asked for once: hackstream-noded enroll reads what hackstreamctl nodes add
printed. Instead, node, hub and token_file can stand in the configuration, with the file that
hackstreamd node add --token-file wrote.

Sessions go on when the agent ends or is killed; started again, it takes them up.

Exit codes:
  1   the hub does not let the machine in
  2   the command line or the configuration makes no sense
  73  the agent's own files cannot be used";

/// Starts and ends sessions on this machine as the hub of a control plane says.
#[derive(Debug, Parser)]
#[command(name = "hackstream-noded", version, after_help = MORE)]
pub struct Cli {
    /// The configuration.
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        default_value = "/etc/hackstream/node.toml"
    )]
    pub config: PathBuf,
    /// What to do, if it is not to serve.
    #[command(subcommand)]
    pub action: Option<Action>,
}

/// What to do, if it is not to serve.
#[derive(Debug, Subcommand)]
pub enum Action {
    /// Make this machine a node of a hub, with what `hackstreamctl nodes add` printed there.
    ///
    /// Reads that from standard input. It makes a key that never leaves the machine, and keeps what the
    /// hub answers in the state folder; started again, the agent serves that hub. Where the answer was
    /// lost, the same again does it.
    Enroll {
        /// Read it from this file, which only its owner may read, instead of standard input.
        #[arg(long, value_name = "FILE")]
        join_file: Option<PathBuf>,
    },
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
