//! `cargo xtask …`: everything a developer or the CI runs, so that both run the same.

mod browser;
mod ci;
mod command;
mod demo;
mod edges;
mod fences;
mod fuzz;
mod metadata;
mod packages;
mod processes;
mod scratch;
mod setup;
mod sizes;
mod sources;
mod test;
mod tools;

use std::process::ExitCode;

use anyhow::{Context, Result, bail};

use packages::Goal;

const HELP: &str = "\
Usage: cargo xtask TASK

  setup [--for build|demo|test|ci|bench]
                          install the system packages that are needed (default: demo)
  demo [--app COMMAND…]   show a program of this machine through HackStream: Firefox, or COMMAND
  test [ARGUMENT…]        all tests; arguments go to `cargo test` (default: --workspace)
  ci [STEP…]              all other checks, or only the named ones; `ci --list` names them
  fuzz [--seconds N]      feed each fuzz target with hostile bytes for N seconds (default: 60)
  help                    this text";

/// What was asked for.
#[derive(Debug, PartialEq, Eq)]
enum Task {
    Setup(Goal),
    Demo { app: Vec<String> },
    Test { arguments: Vec<String> },
    Ci { steps: Vec<String> },
    CiList,
    Fuzz { seconds: u32 },
    Help,
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let task = match parse(&arguments) {
        Ok(task) => task,
        Err(error) => {
            eprintln!("xtask: {error:#}\n\n{HELP}");
            return ExitCode::from(2);
        }
    };
    match perform(task) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn perform(task: Task) -> Result<()> {
    match task {
        Task::Setup(goal) => setup::run(goal),
        Task::Demo { app } => demo::run(&app),
        Task::Test { arguments } => test::run(&arguments),
        Task::Ci { steps } => ci::run(&steps),
        Task::CiList => {
            ci::list();
            Ok(())
        }
        Task::Fuzz { seconds } => fuzz::run(seconds),
        Task::Help => {
            eprintln!("{HELP}");
            Ok(())
        }
    }
}

fn parse(arguments: &[String]) -> Result<Task> {
    let Some((task, rest)) = arguments.split_first() else {
        bail!("no task given");
    };
    let words: Vec<&str> = rest.iter().map(String::as_str).collect();
    match (task.as_str(), words.as_slice()) {
        ("help" | "--help" | "-h", _) | (_, ["--help" | "-h"]) => Ok(Task::Help),
        ("setup", []) => Ok(Task::Setup(Goal::Demo)),
        ("setup", ["--for", goal]) => Ok(Task::Setup(goal.parse()?)),
        ("demo", []) => Ok(Task::Demo { app: Vec::new() }),
        ("demo", ["--app", _, ..]) => Ok(Task::Demo {
            app: rest[1..].to_vec(),
        }),
        ("test", _) => Ok(Task::Test {
            arguments: rest.to_vec(),
        }),
        ("ci", ["--list"]) => Ok(Task::CiList),
        ("ci", _) => Ok(Task::Ci {
            steps: rest.to_vec(),
        }),
        ("fuzz", []) => Ok(Task::Fuzz { seconds: 60 }),
        ("fuzz", ["--seconds", seconds]) => Ok(Task::Fuzz {
            seconds: seconds.parse().context("--seconds takes a number")?,
        }),
        (task, words) => bail!("not understood: {task} {}", words.join(" ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Result<Task> {
        let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        parse(&words)
    }

    #[test]
    fn tasks_and_their_defaults() {
        assert_eq!(parsed("setup").unwrap(), Task::Setup(Goal::Demo));
        assert_eq!(
            parsed("setup --for bench").unwrap(),
            Task::Setup(Goal::Bench)
        );
        assert_eq!(parsed("fuzz").unwrap(), Task::Fuzz { seconds: 60 });
        assert_eq!(parsed("ci --help").unwrap(), Task::Help);
    }

    #[test]
    fn the_command_of_a_demo_keeps_its_options() {
        let app = ["xterm", "-fn", "9x15"].map(str::to_owned).to_vec();
        assert_eq!(
            parsed("demo --app xterm -fn 9x15").unwrap(),
            Task::Demo { app }
        );
    }

    #[test]
    fn nonsense_is_refused() {
        for line in [
            "",
            "dance",
            "setup --for fun",
            "demo xterm",
            "demo --app",
            "fuzz --seconds x",
        ] {
            assert!(parsed(line).is_err(), "{line}");
        }
    }
}
