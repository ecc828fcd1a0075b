//! `hackstream-server`: see `hackstream-server --help`.

use std::io::{self, IsTerminal};
use std::process::ExitCode;

use clap::Parser;
use hackstream_server::app::{self, exit};
use hackstream_server::config::checked::Config;
use hackstream_server::config::raw::{Action, Cli, LogFormat};
use hackstream_server::session::run_if_supervisor;
use tracing_subscriber::EnvFilter;

fn main() -> ExitCode {
    if let Some(code) = run_if_supervisor() {
        return code;
    }
    let cli = Cli::parse();
    start_log(&cli.action);
    let config = match Config::new(cli.action, |name| std::env::var_os(name)) {
        Ok(config) => config,
        Err(error) => {
            eprintln!("hackstream-server: {error}");
            return ExitCode::from(exit::USAGE);
        }
    };
    match app::run(config) {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            eprintln!("hackstream-server: {error}");
            ExitCode::from(error.exit_code())
        }
    }
}

fn start_log(action: &Action) {
    let service = match action {
        Action::Run(run) => &run.service,
        Action::Attach(attach) => &attach.service,
    };
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(io::stderr().is_terminal())
        .with_writer(io::stderr);
    match service.log_format {
        LogFormat::Text => log.init(),
        LogFormat::Json => log.json().init(),
    }
}
