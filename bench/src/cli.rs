//! The command line.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result};
use clap::{Args, Parser, Subcommand};

use crate::compare;
use crate::document;
use crate::interrupt::Interrupt;
use crate::measure::Work;
use crate::network::Link;
use crate::peers::PeerName;
use crate::remote::{self, MeasureArguments, ServeArguments};
use crate::scene::{Scene, ScreenSize};
use crate::stimulus;

const EXAMPLES: &str = "\
Examples:
  hackstream-bench compare --works key,repaint --runs 200 --out results
  hackstream-bench compare --links dsl,lossy --works key,video
  hackstream-bench report results/results.json --markdown docs/benchmarks.md
  hackstream-bench compare --peers floor    what the method itself costs; needs no root
  hackstream-bench serve                    on one machine, then what it says on another

Exit codes of compare: 0 all cells measured or skipped, 1 a cell failed, 2 wrong usage, 130 interrupted (every
cell measured until then is kept).";

/// Measures remoting systems: time from key to pixel, bytes, CPU, memory.
#[derive(Debug, Parser)]
#[command(name = "hackstream-bench", version, after_help = EXAMPLES)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Do the same work on several systems and compare. Needs root, for network namespaces
    /// (only the floor does not).
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
    #[arg(long, value_delimiter = ',', default_value = "lan")]
    pub(crate) links: Vec<Link>,
    /// Kinds of work
    #[arg(
        long,
        value_delimiter = ',',
        default_value = "key,scroll,redraw-scroll,repaint,video,idle"
    )]
    pub(crate) works: Vec<Work>,
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
    /// The results.json of a run
    pub(crate) results: PathBuf,
    /// Folder for the plots [default: beside the document, in a folder of its name]
    #[arg(long)]
    pub(crate) out: Option<PathBuf>,
    /// File for the document [default: standard output]
    #[arg(long)]
    pub(crate) markdown: Option<PathBuf>,
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
    }
}
