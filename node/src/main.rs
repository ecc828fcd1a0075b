//! `hackstream-noded`: see `hackstream-noded --help`.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser;
use hackstream_node::NodeError;
use hackstream_node::agent::Agent;
use hackstream_node::agent::hub::Hub;
use hackstream_node::cli::Cli;
use hackstream_node::config::{Config, DriverKind};
use hackstream_node::driver::Driver;
use hackstream_node::driver::docker::{self, DockerDriver};
use hackstream_node::driver::local::{self, LocalDriver, keeper, stage};
use hackstream_node::files;
use tracing_subscriber::EnvFilter;

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
    let certificate = config.hub_certificate.as_deref();
    let hub = match Hub::new(&config.hub, certificate, &config.token_file) {
        Ok(hub) => hub,
        Err(error) => return failed(&error, USAGE),
    };
    match serve(config, hub) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failed(&error, STATE),
    }
}

fn serve(config: Config, hub: Hub) -> Result<(), NodeError> {
    // Before anything is looked for in it.
    let _alone = files::hold(&config.state_dir)?;
    let driver = driver(&config)?;
    // Who says so in each report may find limits later, with another engine.
    if config.require_limits && !driver.limits_enforced() && driver.problem().is_none() {
        return Err(NodeError::Unlimited);
    }
    Agent::new(config, driver, hub)?.run()
}

/// What runs sessions, as the configuration says.
fn driver(config: &Config) -> Result<Arc<dyn Driver>, NodeError> {
    let driver: Arc<dyn Driver> = match config.driver {
        DriverKind::Local => Arc::new(LocalDriver::new(local::Places {
            sessions: config.sessions(),
            program: std::env::current_exe().unwrap_or_else(|_| PathBuf::from("/proc/self/exe")),
            server: config.server.clone(),
            address: config.listen,
            ports: config.ports,
            users: config.users,
        })?),
        DriverKind::Docker => Arc::new(DockerDriver::new(docker::Places {
            sessions: config.sessions(),
            node: config.node,
            socket: config.docker.socket.clone(),
            image: config.docker.image.clone(),
            address: config.listen,
            ports: config.ports,
            require_limits: config.require_limits,
        })?),
    };
    Ok(driver)
}
