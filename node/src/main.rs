//! `hackstream-noded`: see `hackstream-noded --help`.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser;
use hackstream_node::NodeError;
use hackstream_node::agent::Agent;
use hackstream_node::agent::hub::Hub;
use hackstream_node::cli::{Action, Cli};
use hackstream_node::config::{Config, DriverKind};
use hackstream_node::driver::Driver;
use hackstream_node::driver::docker::{self, DockerDriver};
use hackstream_node::driver::local::{self, LocalDriver, keeper, stage};
use hackstream_node::enroll::{self, EnrollError};
use hackstream_node::files;
use hackstream_node::identity::Identity;
use hackstream_secrecy::keep_memory_private;
use tracing_subscriber::EnvFilter;

/// The hub does not let the machine in.
const REFUSED: u8 = 1;
/// The command line or the configuration makes no sense.
const USAGE: u8 = 2;
/// The node's own files cannot be used.
const STATE: u8 = 73;

fn main() -> ExitCode {
    // Before anything that could start a thread.
    if let Some(code) = stage::run_if_stage().or_else(keeper::run_if_keeper) {
        return code;
    }
    if let Err(error) = keeper::keep_descriptors_to_ourselves() {
        eprintln!("hackstream-noded: {error}");
        return ExitCode::from(STATE);
    }
    // Not the keepers, which have nothing of it, and set up processes of other users.
    keep_memory_private();
    let cli = Cli::parse();
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .json()
        .init();
    let failed = |error: &dyn std::error::Error, code| {
        eprintln!("hackstream-noded: {error}");
        ExitCode::from(code)
    };
    let config = match Config::read(&cli.config) {
        Ok(config) => config,
        Err(error) => return failed(&error, USAGE),
    };
    if let Some(Action::Enroll { join_file }) = &cli.action {
        return join(&config, join_file.as_deref());
    }
    let identity = match Identity::of(&config) {
        Ok(identity) => identity,
        Err(error) => return failed(&error, USAGE),
    };
    let hub = match Hub::new(&identity, config.hub_certificate.as_deref()) {
        Ok(hub) => hub,
        Err(error) => return failed(&error, USAGE),
    };
    match serve(config, &identity, hub) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failed(&error, STATE),
    }
}

/// Makes this machine a node, and says so in one line.
fn join(config: &Config, join_file: Option<&Path>) -> ExitCode {
    let done = enroll::read_join(join_file).and_then(|join| enroll::enroll(config, &join));
    match done {
        Ok(name) => {
            let said = format!("this machine is the node {name}; start hackstream-noded");
            // It is, also where nobody reads that.
            let _ = writeln!(std::io::stdout(), "{said}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("hackstream-noded: {error}");
            ExitCode::from(match error {
                EnrollError::State(_) | EnrollError::Key { .. } => STATE,
                error if error.is_of_the_hub() => REFUSED,
                _ => USAGE,
            })
        }
    }
}

fn serve(config: Config, identity: &Identity, hub: Hub) -> Result<(), NodeError> {
    // Before anything is looked for in it.
    let _alone = files::hold(&config.state_dir)?;
    let driver = driver(&config, identity)?;
    // Who says so in each report may find limits later, with another engine.
    if config.require_limits && !driver.limits_enforced() && driver.problem().is_none() {
        return Err(NodeError::Unlimited);
    }
    Agent::new(config, identity, driver, hub)?.run()
}

/// What runs sessions, as the configuration says.
fn driver(config: &Config, identity: &Identity) -> Result<Arc<dyn Driver>, NodeError> {
    let driver: Arc<dyn Driver> = match config.driver {
        DriverKind::Local => {
            if let Some(error) = local::network::closed_device() {
                tracing::warn!(%error, "sessions without a way to the internet run all the same");
            }
            Arc::new(LocalDriver::new(local::Places {
                sessions: config.sessions(),
                program: std::env::current_exe()
                    .unwrap_or_else(|_| PathBuf::from("/proc/self/exe")),
                server: config.server.clone(),
                address: config.listen,
                ports: config.ports,
                users: config.users,
            })?)
        }
        DriverKind::Docker => Arc::new(DockerDriver::new(docker::Places {
            sessions: config.sessions(),
            node: identity.node,
            socket: config.docker.socket.clone(),
            image: config.docker.image.clone(),
            address: config.listen,
            ports: config.ports,
            require_limits: config.require_limits,
        })?),
    };
    Ok(driver)
}
