//! The command line.

use std::path::PathBuf;

use clap::Parser;

const MORE: &str = "\
The configuration is a TOML file:
  node = \"01J…\"                  what the hub calls this node
  hub = \"https://hub.example\"    where the hub is
  hub_certificate = \"hub.pem\"    its certificate, or that of its authority
  token_file = \"node.token\"      what the hub knows this node by; only its owner may read it
  host = \"node1.example\"         where viewers find this machine
  listen = \"0.0.0.0\"             the address of this machine where sessions listen
  ports = [14600, 14999]         their UDP ports
  users = [700000, 1000]         users that sessions run as, the first and how many; nobody else's
  max_sessions = 32
  require_limits = true          run only where the kernel limits sessions' memory and processors
  state_dir = \"/var/lib/hackstream-node\"
  server = \"/usr/bin/hackstream-server\"
  driver = \"local\"               or \"docker\": sessions are containers of an engine

  [docker]                       for that driver
  socket = \"/var/run/docker.sock\"
  image = \"hackstream-session\"   what `cargo xtask image` builds, or something made from it

  [apps.browser]                 what may run; nothing else does, whatever the hub says
  command = [\"firefox-esr\"]
  takes_url = true               a page's address may follow
  own_sandbox = true             it may make user namespaces, for its own sandbox

Sessions go on when the agent ends or is killed; started again, it takes them up.

Exit codes:
  2   the command line or the configuration makes no sense
  73  the agent's own files cannot be used";

/// Starts and ends sessions on this machine as the hub of a control plane says.
#[derive(Debug, Parser)]
#[command(name = "hackstream-noded", version, after_help = MORE)]
pub struct Cli {
    /// The configuration.
    #[arg(long, value_name = "FILE", default_value = "/etc/hackstream/node.toml")]
    pub config: PathBuf,
}
