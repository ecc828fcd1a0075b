//! The command line.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result};
use clap::{Args, Parser, Subcommand};

use crate::compare;
use crate::document;
use crate::interrupt::Interrupt;
use crate::measure::{Work, WorkChoice};
use crate::network::Link;
use crate::peers::PeerName;
use crate::remote::{self, MeasureArguments, ServeArguments};
use crate::scene::{Scene, ScreenSize};
use crate::stimulus;
use crate::witness::{self, Assignment};

const EXAMPLES: &str = "\
Examples:
  hackstream-bench compare --works key,repaint --runs 200 --out results
  hackstream-bench compare --links dsl,lossy --works key,video
  hackstream-bench compare --works key,key-busy --links lan,dsl    beside sound and a clipboard's 20 MB
  hackstream-bench compare --works firefox,xterm-flood --runs 30    real applications
  hackstream-bench compare --peers floor    what the method itself costs
  hackstream-bench report results/results.json --markdown docs/benchmarks.md
  hackstream-bench serve                    on one machine, then what it says on another

Root can make networks: without it, compare measures over this machine's loopback and says what that
leaves out.

Exit codes: 0 all cells measured or skipped, 1 a cell failed or the run is impossible, 2 wrong
usage, 130 interrupted (every cell measured until then is kept).";

const FIGURES: &str = "\
A cell is one link, one work and one peer. Everything is started afresh for each: an X server for
the viewer, the link, the peer's server with a program that draws, the peer's viewer in full screen.

Figures:
  p50 / p95 / p99 / max ms  from a key pressed on the viewer's display until two markers at opposite
                            corners of its screen show the answer; for video the age of a frame when
                            it is first seen whole; for applications from their last change, as a
                            witness beside them sees it, until the viewer's picture is exact
  fps / exact               distinct whole frames seen, of those shown by the program, and their
                            likeness to it; or how often the picture became exact, and how soon it is
                            close: a mean difference below 1 of 255
  down, up                  bytes to the viewer and to the server, with all headers; per action, per
                            second of video, in all of idling
  CPU ms, PSS MiB           of server / viewer; CPU as bytes, and with the server's X server; memory
                            at the end, shared pages divided among their users
  packets                   of emulated links: dropped by a full queue, lost on the way; the longest
                            wait in the queue

Examples:
  hackstream-bench compare --works key --runs 20              a first look, some 30 seconds
  hackstream-bench compare --peers hackstream,tigervnc,xpra,xrdp --links lan,dsl,bad --out results
  hackstream-bench compare --links loopback --works key       without root

With --out, results.json is complete after every cell: Ctrl-C loses the current one alone.
Exit codes: 0 all cells measured or skipped, 1 a cell failed or the run is impossible, 2 wrong
usage, 130 interrupted.";

/// Measures remoting systems: time from key to pixel, bytes, CPU, memory.
#[derive(Debug, Parser)]
#[command(name = "hackstream-bench", version, after_help = EXAMPLES)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Do the same work on several systems and compare. Links other than loopback need root.
    #[command(after_long_help = FIGURES)]
    Compare(CompareArguments),
    /// Measure HackStream between two machines, the server's part: show what `measure` needs.
    #[command(after_help = remote::SERVE_HELP)]
    Serve(ServeArguments),
    /// Measure HackStream between two machines, the viewer's part. Needs neither root nor clocks
    /// that agree.
    #[command(after_help = remote::EXIT_CODES)]
    Measure(MeasureArguments),
    /// Make plots and a document from the results of an earlier run.
    Report(ReportArguments),
    /// The program on the remote display. Started by `compare`.
    #[command(hide = true)]
    Stimulus(StimulusArguments),
    /// What starts an application on the remote display and watches it. Started by `compare`.
    #[command(hide = true)]
    Witness(WitnessArguments),
}

/// What to compare.
#[derive(Debug, Args)]
pub(crate) struct CompareArguments {
    /// Systems to measure; one that is not installed is skipped
    #[arg(
        long,
        value_delimiter = ',',
        default_value = "floor,hackstream,tigervnc"
    )]
    pub(crate) peers: Vec<PeerName>,
    /// Links between server and viewer. Mbit/s down/up; RTT without queues; a packet that would
    /// wait longer than the queue of its direction is dropped
    /// [default: lan, or loopback where that cannot be made]
    #[arg(long, value_delimiter = ',')]
    pub(crate) links: Option<Vec<Link>>,
    /// Kinds of work
    #[arg(
        long,
        value_delimiter = ',',
        default_value = "key,scroll,redraw-scroll,repaint,video,idle"
    )]
    works: Vec<WorkChoice>,
    /// Actions measured per kind of work, after a few to warm up
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub(crate) runs: u32,
    /// Seconds of video and of idling
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=3600))]
    seconds: u64,
    /// The remote screen and the viewer's
    #[arg(long, default_value = "1920x1080")]
    pub(crate) size: ScreenSize,
    /// Seed of the letters, the photograph, the pauses, and the links' loss and jitter
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// Folder for results.json, with every sample, and the plots
    #[arg(long)]
    pub(crate) out: Option<PathBuf>,
    /// Folder of hackstream-server and hackstream-view [default: that of this program]
    #[arg(long)]
    bin_dir: Option<PathBuf>,
}

impl CompareArguments {
    /// The chosen works, each once.
    pub(crate) fn works(&self) -> Vec<Work> {
        let mut works = Vec::new();
        for work in self.works.iter().flat_map(|choice| choice.works()) {
            if !works.contains(work) {
                works.push(*work);
            }
        }
        works
    }

    pub(crate) const fn duration(&self) -> Duration {
        Duration::from_secs(self.seconds)
    }

    pub(crate) fn program_folder(&self) -> Result<PathBuf> {
        program_folder(self.bin_dir.as_deref())
    }
}

/// The folder that was asked for, or that of this program.
pub(crate) fn program_folder(asked: Option<&Path>) -> Result<PathBuf> {
    match asked {
        // Programs are started elsewhere: entering a namespace changes the folder.
        Some(folder) => Ok(std::path::absolute(folder)?),
        None => {
            let program = std::env::current_exe()?;
            let folder = program.parent().context("this program lies in no folder")?;
            Ok(folder.to_owned())
        }
    }
}

/// What to make of results.
#[derive(Debug, Args)]
pub(crate) struct ReportArguments {
    /// The results.json of a run, or of several on the same machine
    #[arg(required = true)]
    pub(crate) results: Vec<PathBuf>,
    /// Folder for the plots [default: beside the document, in a folder of its name]
    #[arg(long)]
    pub(crate) out: Option<PathBuf>,
    /// File for the document [default: standard output]
    #[arg(long)]
    pub(crate) markdown: Option<PathBuf>,
    /// Markdown file with what you found; it becomes a section of the document
    #[arg(long)]
    pub(crate) findings: Option<PathBuf>,
}

#[derive(Debug, Args)]
struct StimulusArguments {
    #[arg(long)]
    size: ScreenSize,
    #[arg(long)]
    seed: u64,
    /// File for the times of actions and frames
    #[arg(long)]
    journal: PathBuf,
}

#[derive(Debug, Args)]
struct WitnessArguments {
    #[arg(long)]
    size: ScreenSize,
    /// File for what is seen
    #[arg(long)]
    record: PathBuf,
    /// File for the times of numbered frames
    #[arg(long)]
    journal: PathBuf,
    /// Home folder of the application
    #[arg(long)]
    folder: PathBuf,
    /// The application and its arguments
    #[arg(last = true, required = true)]
    command: Vec<OsString>,
}

/// Does what the command line says.
///
/// # Errors
/// When the run as a whole is impossible; a failed cell is part of the report instead, and only
/// shows in the exit code (1; 130 after Ctrl-C).
pub fn run(cli: Cli) -> Result<ExitCode> {
    match cli.command {
        Command::Compare(arguments) => compare::run(&arguments, &Interrupt::install()?),
        Command::Serve(arguments) => remote::serve(&arguments, &Interrupt::install()?),
        Command::Measure(arguments) => remote::measure(&arguments, &Interrupt::install()?),
        Command::Report(arguments) => {
            document::run(&arguments)?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Stimulus(arguments) => {
            let scene = Scene::new(arguments.size);
            stimulus::run(scene, arguments.seed, &arguments.journal)?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Witness(arguments) => {
            witness::run(&Assignment {
                size: arguments.size,
                record: arguments.record,
                journal: arguments.journal,
                folder: arguments.folder,
                command: arguments.command,
            })?;
            Ok(ExitCode::SUCCESS)
        }
    }
}
