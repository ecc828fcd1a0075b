//! `cargo xtask …`: everything a developer or the CI runs, so that both run the same.

mod bench_check;
mod browser;
mod ci;
mod command;
mod control_demo;
mod cross;
mod demo;
mod edges;
mod fences;
mod fuzz;
mod image;
mod metadata;
mod packages;
mod processes;
mod release;
mod scratch;
mod setup;
mod sizes;
mod sources;
mod test;
mod tools;

use std::process::ExitCode;

use anyhow::{Context, Result, bail};

use bench_check::{Purpose, Request};
use cross::Machine;
use packages::Goal;

const HELP: &str = "\
Usage: cargo xtask TASK

  setup [--for build|demo|test|ci|bench|cross|image|engine]
                          install the system packages that are needed (default: demo)
  demo [--app COMMAND…]   show a program of this machine through HackStream: Firefox, or COMMAND
  control-demo [URL]      several people's HackStream on this machine: starts a hub, a node and a
                          first user, and launches Firefox, with that page, through them
  test [ARGUMENT…]        all tests; arguments go to `cargo test` (default: --workspace)
  ci [STEP…]              all other checks, or only the named ones; `ci --list` names them
  bench-check [--accept] [PART-OF-A-NAME…]
                          count the instructions of the micro-benches and compare them with
                          bench/baseline.json; with --accept they become the baseline
  cross armv6|armhf|arm64 [--features console,v4l2]
                          build the viewer for such a machine, with the oldest Rust that will do, and
                          with what the usual one lacks
  cross test armv6|armhf|arm64
                          the same, run it in an emulator and compare what it shows
  cross count armhf|arm64 count in an emulator the instructions that decoding takes on such a machine
  device-times            what decoding would take on the smallest machine, from
                          bench/baseline.json; fails if that is too long
  fuzz [--seconds N]      feed each fuzz target with hostile bytes for N seconds (default: 60)
  image [--tag NAME]      build the container image of a session (default: hackstream-session)
  image test [PART-OF-A-NAME…]
                          build it and run its tests: containers, for real
  release [--twice]       the programs for other people, with licences, into target/dist; built twice
                          and compared with --twice
  man                     write the man pages and shell completions of the programs into docs/
  help                    this text";

/// What was asked for.
#[derive(Debug, PartialEq, Eq)]
enum Task {
    Setup(Goal),
    Demo {
        app: Vec<String>,
    },
    ControlDemo {
        url: Option<String>,
    },
    Test {
        arguments: Vec<String>,
    },
    Ci {
        steps: Vec<String>,
    },
    CiList,
    BenchCheck(Request),
    /// With these features, separated by commas.
    Cross(Machine, String),
    CrossTest(Machine),
    CrossCount(Machine),
    DeviceTimes,
    Fuzz {
        seconds: u32,
    },
    Image(image::Request),
    Release(release::Rigour),
    Man,
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
        Task::ControlDemo { url } => control_demo::run(url.as_deref()),
        Task::Test { arguments } => test::run(&arguments),
        Task::Ci { steps } => ci::run(&steps),
        Task::CiList => {
            ci::list();
            Ok(())
        }
        Task::BenchCheck(request) => bench_check::run(&request),
        Task::Cross(machine, features) => cross::build(machine, &features),
        Task::CrossTest(machine) => cross::test(machine),
        Task::CrossCount(machine) => cross::count::run(machine),
        Task::DeviceTimes => bench_check::projection::run(),
        Task::Fuzz { seconds } => fuzz::run(seconds),
        Task::Image(request) => image::run(&request),
        Task::Release(rigour) => release::run(rigour),
        Task::Man => manual(),
        Task::Help => {
            eprintln!("{HELP}");
            Ok(())
        }
    }
}

/// The crate `manual` knows the command lines, which would make this one slow to compile.
fn manual() -> Result<()> {
    let write = [
        "run",
        "--locked",
        "--quiet",
        "--package",
        "hackstream-manual",
    ];
    command::run(&mut command::cargo(&write)?)
}

fn parse(arguments: &[String]) -> Result<Task> {
    let Some((task, rest)) = arguments.split_first() else {
        bail!("no task given");
    };
    let words: Vec<&str> = rest.iter().map(String::as_str).collect();
    match (task.as_str(), words.as_slice()) {
        ("help" | "--help" | "-h", _)
        | (_, ["--help" | "-h"])
        | ("image" | "cross", [_, "--help" | "-h"]) => Ok(Task::Help),
        ("setup", []) => Ok(Task::Setup(Goal::Demo)),
        ("setup", ["--for", goal]) => Ok(Task::Setup(goal.parse()?)),
        ("demo", []) => Ok(Task::Demo { app: Vec::new() }),
        ("demo", ["--app", _, ..]) => Ok(Task::Demo {
            app: rest[1..].to_vec(),
        }),
        ("control-demo", []) => Ok(Task::ControlDemo { url: None }),
        ("control-demo", [url]) if !url.starts_with('-') => Ok(Task::ControlDemo {
            url: Some((*url).to_owned()),
        }),
        ("test", _) => Ok(Task::Test {
            arguments: rest.to_vec(),
        }),
        ("ci", ["--list"]) => Ok(Task::CiList),
        ("ci", _) => Ok(Task::Ci {
            steps: rest.to_vec(),
        }),
        ("bench-check", ["--accept", ..]) => bench_check_of(Purpose::Accept, &rest[1..]),
        ("bench-check", _) => bench_check_of(Purpose::Check, rest),
        ("cross", ["test", machine]) => Ok(Task::CrossTest(machine.parse()?)),
        ("cross", ["count", machine]) => Ok(Task::CrossCount(machine.parse()?)),
        ("cross", [machine]) => Ok(Task::Cross(machine.parse()?, String::new())),
        ("cross", [machine, "--features", features]) => {
            Ok(Task::Cross(machine.parse()?, (*features).to_owned()))
        }
        ("device-times", []) => Ok(Task::DeviceTimes),
        ("image", _) => image_of(&words).map(Task::Image),
        ("release", []) => Ok(Task::Release(release::Rigour::Once)),
        ("release", ["--twice"]) => Ok(Task::Release(release::Rigour::Twice)),
        ("man", []) => Ok(Task::Man),
        ("fuzz", []) => Ok(Task::Fuzz { seconds: 60 }),
        ("fuzz", ["--seconds", seconds]) => Ok(Task::Fuzz {
            seconds: seconds.parse().context("--seconds takes a number")?,
        }),
        (task, words) => bail!("not understood: {task} {}", words.join(" ")),
    }
}

fn image_of(words: &[&str]) -> Result<image::Request> {
    match words {
        [] => image_of(&["--tag", image::USUAL_TAG]),
        ["--tag", tag] if !tag.starts_with('-') => Ok(image::Request::Build {
            tag: (*tag).to_owned(),
        }),
        ["test", wanted @ ..] => Ok(image::Request::Test {
            wanted: wanted.iter().map(|part| (*part).to_owned()).collect(),
        }),
        words => bail!("not understood: image {}", words.join(" ")),
    }
}

fn bench_check_of(purpose: Purpose, wanted: &[String]) -> Result<Task> {
    if let Some(option) = wanted.iter().find(|word| word.starts_with('-')) {
        bail!("not understood: bench-check {option}");
    }
    let wanted = wanted.to_vec();
    Ok(Task::BenchCheck(Request { purpose, wanted }))
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
        let twice = parsed("release --twice").unwrap();
        assert_eq!(twice, Task::Release(release::Rigour::Twice));
        assert_eq!(parsed("setup").unwrap(), Task::Setup(Goal::Demo));
        assert_eq!(
            parsed("setup --for bench").unwrap(),
            Task::Setup(Goal::Bench)
        );
        assert_eq!(parsed("fuzz").unwrap(), Task::Fuzz { seconds: 60 });
        assert_eq!(parsed("man").unwrap(), Task::Man);
        assert_eq!(parsed("ci --help").unwrap(), Task::Help);
        assert_eq!(parsed("image test --help").unwrap(), Task::Help);
        let cross = |machine, features: &str| Task::Cross(machine, features.to_owned());
        assert_eq!(parsed("cross arm64").unwrap(), cross(Machine::Arm64, ""));
        let count = Task::CrossCount(Machine::Arm64);
        assert_eq!(parsed("cross count arm64").unwrap(), count);
        assert_eq!(
            parsed("cross armv6 --features console").unwrap(),
            cross(Machine::Armv6, "console")
        );
        assert_eq!(
            parsed("cross test armhf").unwrap(),
            Task::CrossTest(Machine::Armhf)
        );
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
    fn control_demo_takes_a_page() {
        let of = |url: Option<&str>| Task::ControlDemo {
            url: url.map(str::to_owned),
        };
        assert_eq!(parsed("control-demo").unwrap(), of(None));
        let page = "https://example.org";
        assert_eq!(
            parsed(&format!("control-demo {page}")).unwrap(),
            of(Some(page))
        );
        assert!(parsed("control-demo --fast").is_err());
    }

    #[test]
    fn bench_check_takes_parts_of_names() {
        let request = |purpose, wanted: &[&str]| {
            let wanted = wanted.iter().map(|part| (*part).to_owned()).collect();
            Task::BenchCheck(Request { purpose, wanted })
        };
        let all = request(Purpose::Check, &[]);
        assert_eq!(parsed("bench-check").unwrap(), all);
        let some = request(Purpose::Accept, &["wire", "h264"]);
        assert_eq!(parsed("bench-check --accept wire h264").unwrap(), some);
    }

    #[test]
    fn the_image_is_built_or_tested() {
        let tag = image::USUAL_TAG.to_owned();
        let build = Task::Image(image::Request::Build { tag });
        assert_eq!(parsed("image").unwrap(), build);
        let wanted = vec!["fonts".to_owned()];
        let test = Task::Image(image::Request::Test { wanted });
        assert_eq!(parsed("image test fonts").unwrap(), test);
        assert!(parsed("image --tag").is_err() && parsed("image tset").is_err());
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
            "cross",
            "cross sparc",
            "cross armhf arm64",
            "cross armhf --features",
            "bench-check --accept --all",
        ] {
            assert!(parsed(line).is_err(), "{line}");
        }
    }
}
