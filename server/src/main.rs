//! `hackstream-server`: see `hackstream-server --help`.

use std::io::{self, IsTerminal};
use std::process::ExitCode;

use clap::Parser;
use hackstream_server::app::{self, exit};
use hackstream_server::config::checked::Task;
use hackstream_server::config::raw::{Action, Cli, LogFormat};
use hackstream_server::desktop::open;
use hackstream_server::entrypoint;
use hackstream_server::pages;
use hackstream_server::session::run_if_supervisor;
use hackstream_server::status::ask;
use tracing_subscriber::EnvFilter;

fn main() -> ExitCode {
    if let Some(code) = run_if_supervisor() {
        return code;
    }
    let cli = Cli::parse();
    let failed = |error: &dyn std::error::Error, code| {
        eprintln!("hackstream-server: {error}");
        ExitCode::from(code)
    };
    start_log(&cli.action);
    match Task::new(cli.action, |name| std::env::var_os(name)) {
        Ok(Task::Serve(config)) => match app::run(*config) {
            Ok(code) => ExitCode::from(code),
            Err(error) => failed(&error, error.exit_code()),
        },
        Ok(Task::Ask(question)) => match ask::run(&question, &mut io::stdout().lock()) {
            Ok(code) => ExitCode::from(code),
            Err(error) => failed(&error, error.exit_code()),
        },
        Ok(Task::Enter(entrypoint)) => {
            let Err(error) = entrypoint::run(&entrypoint);
            failed(&error, error.exit_code())
        }
        Ok(Task::Open(errand)) => match open::run(&errand) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => failed(&error, error.exit_code()),
        },
        Ok(Task::Pages(application)) => match pages::run(&application) {
            Ok(code) => ExitCode::from(code),
            Err(error) => failed(&error, error.exit_code()),
        },
        Err(error) => failed(&error, exit::USAGE),
    }
}

fn start_log(action: &Action) {
    let service = match action {
        Action::Run(run) => &run.service,
        Action::Attach(attach) => &attach.service,
        Action::Status(_) | Action::Entrypoint(_) | Action::OpenLink(_) | Action::Pages(_) => {
            return;
        }
    };
    // What the end of a bus means here is told here.
    let filter =
        EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info,zbus=error"));
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(io::stderr().is_terminal())
        .with_writer(io::stderr);
    match service.log_format {
        LogFormat::Text => log.init(),
        LogFormat::Json => log.json().init(),
    }
}
