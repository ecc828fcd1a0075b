//! The command lines of `serve` and `measure`.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum as _};

use crate::measure::{Deed, Work};
use crate::scene::ScreenSize;

/// What to show, and to whom.
#[derive(Debug, Args)]
pub(crate) struct ServeArguments {
    /// Address and UDP port to listen on
    #[arg(long, value_name = "ADDR:PORT", default_value = "0.0.0.0:14500")]
    pub(super) listen: String,
    /// The session's screen; it must fit on the screen of the viewer's machine
    #[arg(long, value_name = "WxH", default_value = "1920x1080")]
    pub(super) size: ScreenSize,
    /// Seed of the letters and the photograph
    #[arg(long, default_value_t = 1)]
    pub(super) seed: u64,
    /// Where the server's key and token are kept for later runs [default: nowhere, both are new
    /// each time]
    #[arg(long, value_name = "DIR")]
    pub(super) state_dir: Option<PathBuf>,
    /// File with the token that viewers must show; only its owner may be able to read it
    #[arg(long, value_name = "FILE", conflicts_with = "no_auth")]
    pub(super) token_file: Option<PathBuf>,
    /// Let in everyone who reaches the port; only on loopback and private addresses
    #[arg(long)]
    pub(super) no_auth: bool,
    /// Folder of hackstream-server [default: that of this program]
    #[arg(long)]
    pub(super) bin_dir: Option<PathBuf>,
}

/// What to measure, and where.
#[derive(Debug, Args)]
pub(crate) struct MeasureArguments {
    /// Where `hackstream-bench serve` runs; the port is 14500 unless given
    #[arg(value_name = "HOST[:PORT]")]
    pub(super) server: String,
    /// The fingerprint that the server must have; `serve` prints it
    #[arg(long, value_name = "sha256:HEX", conflicts_with = "accept_new")]
    pub(super) fingerprint: Option<String>,
    /// Remember an unknown server without asking
    #[arg(long)]
    pub(super) accept_new: bool,
    /// File whose first line is the token [default: the token in HACKSTREAM_TOKEN]
    #[arg(long, value_name = "FILE")]
    pub(super) token_file: Option<PathBuf>,
    /// Kinds of work: key, scroll, redraw-scroll, repaint, video, video60, motion, motion60
    #[arg(
        long,
        value_delimiter = ',',
        value_parser = remote_work,
        default_value = "key,scroll,redraw-scroll,repaint,video"
    )]
    pub(super) works: Vec<Work>,
    /// Actions measured per kind of work, after a few to warm up
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub(super) runs: u32,
    /// Seconds of video
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(3..=3600))]
    seconds: u64,
    /// Seed of the pauses
    #[arg(long, default_value_t = 1)]
    pub(super) seed: u64,
    /// Show the viewer on this X display, with its real window system, instead of an Xvfb of its
    /// own. Keep your hands off keyboard and mouse meanwhile
    #[arg(long, value_name = ":N")]
    pub(super) display: Option<String>,
    /// Also write everything, with every sample, to this file
    #[arg(long, value_name = "FILE")]
    pub(super) json: Option<PathBuf>,
    /// Folder of hackstream-view [default: that of this program]
    #[arg(long)]
    pub(super) bin_dir: Option<PathBuf>,
}

impl MeasureArguments {
    pub(super) const fn duration(&self) -> Duration {
        Duration::from_secs(self.seconds)
    }
}

/// A work that can be measured with the server on another machine.
fn remote_work(text: &str) -> Result<Work, String> {
    let can_be = |work: &Work| {
        let is_alone = work.application().is_none() && !work.has_company();
        is_alone && matches!(work.deed(), Deed::Act(_) | Deed::Film(_))
    };
    let work = Work::from_str(text, false).ok().filter(can_be);
    work.ok_or_else(|| {
        let known = Work::value_variants().iter().filter(|work| can_be(work));
        let names: Vec<&str> = known.map(|work| work.name()).collect();
        format!("known are {}", names.join(", "))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_work_lists_the_known_ones() {
        assert_eq!(remote_work("redraw-scroll"), Ok(Work::RedrawScroll));
        for unknown in ["idle", "vido"] {
            let message = remote_work(unknown).unwrap_err();
            assert!(
                message.contains("key, scroll, redraw-scroll, "),
                "{message}"
            );
            assert!(!message.contains("idle"));
        }
    }
}
