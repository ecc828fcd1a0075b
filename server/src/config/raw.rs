//! The command line, as it was typed.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

const EXIT_CODES: &str = "\
Exit codes:
  run    the command's own exit code, or 128 + the signal that ended it
  0      the server was told to end
  2      the command line is wrong
  70     something failed that should not
  71     the display, Xvfb or the window manager cannot be used, or the display is gone
  72     the port cannot be listened on
  73     the state directory, the key or the token file cannot be used
  126    the command cannot be executed
  127    the command was not found";

const EXAMPLES: &str = "\
Examples:
  hackstream-server run -- firefox-esr https://example.org
      Firefox on a display of its own; the token is in the state directory.
  hackstream-server run --listen 127.0.0.1:14500 --no-auth -- xterm
      For trying it out on one machine: nobody else can reach it.
  hackstream-server attach --display :0 --token-file ~/token
      A display that already exists.

On the viewer's side: hackstream-view HOST:14500 --token-file FILE";

/// Shows programs of this machine in a viewer elsewhere.
#[derive(Debug, Parser)]
#[command(name = "hackstream-server", version, after_help = EXAMPLES, after_long_help = format!("{EXAMPLES}\n\n{EXIT_CODES}"))]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub action: Action,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Action {
    /// Start a command on a display of its own and stream it; ends when the command ends.
    ///
    /// Starts Xvfb, a window manager that lets the main window fill the screen, and the command,
    /// and ends them all when it ends, however it ends. When ready it prints one line:
    /// ready listen=ADDR:PORT display=:N fingerprint=sha256:HEX
    Run(Run),
    /// Stream a display that already exists, and leave it alone afterwards.
    Attach(Attach),
}

/// Options of `run`.
#[derive(Debug, Args)]
pub struct Run {
    /// Number of the display to start, for example :7. Default: the first free one.
    #[arg(long, value_name = ":N")]
    pub display: Option<String>,
    /// Size of the screen in pixels, until a viewer's window has another one.
    #[arg(long, value_name = "WxH", default_value = "1920x1080")]
    pub size: String,
    /// Largest size that the screen takes on to fill a viewer's window. Costs four bytes of memory a
    /// pixel, and a little time. Default: the size.
    #[arg(long, value_name = "WxH")]
    pub max_size: Option<String>,
    /// What listens and who is let in.
    #[command(flatten)]
    pub service: Service,
    /// The command and its arguments.
    #[arg(last = true, required = true, value_name = "COMMAND")]
    pub command: Vec<OsString>,
}

/// Options of `attach`.
#[derive(Debug, Args)]
pub struct Attach {
    /// The display, for example :0.
    #[arg(long, value_name = ":N")]
    pub display: String,
    /// What listens and who is let in.
    #[command(flatten)]
    pub service: Service,
}

/// Options of both.
#[derive(Debug, Args)]
pub struct Service {
    /// Address and UDP port to listen on.
    #[arg(long, value_name = "ADDR:PORT", default_value = "0.0.0.0:14500")]
    pub listen: String,
    /// Where the server's key and token are kept. Default: $XDG_STATE_HOME/hackstream.
    #[arg(long, value_name = "DIR")]
    pub state_dir: Option<PathBuf>,
    /// File with the token that viewers must show; only its owner may be able to read it.
    /// Default: one is made in the state directory.
    #[arg(long, value_name = "FILE", conflicts_with = "no_auth")]
    pub token_file: Option<PathBuf>,
    /// Let in everyone who reaches the port. Only on loopback and private addresses, for trusted
    /// networks: whoever is let in can type and click.
    #[arg(long)]
    pub no_auth: bool,
    /// The best that viewers get, in the order low, auto, high. A viewer that asks for less gets
    /// less; with high each gets what it asks for.
    #[arg(long, value_name = "QUALITY", default_value = "high")]
    pub quality: QualityName,
    /// Send no more than this to all viewers together, for example 800k, 5M or 1G bits per second:
    /// in every second or longer, headers and repetitions included. Video becomes coarser, then
    /// rarer, before text has to wait. At least 100k.
    #[arg(long, value_name = "RATE")]
    pub max_bitrate: Option<String>,
    /// Send no more than this to all viewers together in any hour, for example 500M or 2G bytes.
    /// The first half may be spent at once; the rest is made to last. At least 45M.
    #[arg(long, value_name = "BYTES")]
    pub max_data_per_hour: Option<String>,
    /// What viewers do not get, separated by commas. What is off does not exist for them.
    #[arg(long, value_name = "FEATURE", value_delimiter = ',')]
    pub disable: Vec<Feature>,
    /// What viewers get although it is off by default, separated by commas.
    #[arg(long, value_name = "FEATURE", value_delimiter = ',')]
    pub enable: Vec<Extra>,
    /// Form of the log on standard error. RUST_LOG sets what is logged.
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub log_format: LogFormat,
}

/// What an operator can switch off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Feature {
    /// Sound from the session, which needs PulseAudio. Displays of others have none.
    Audio,
    /// What a viewer copies can be pasted in the session.
    ClipboardIn,
    /// What the session copies can be pasted at the viewer.
    ClipboardOut,
    /// The screen takes on the size of the viewer's window.
    Resize,
}

/// What an operator can switch on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Extra {
    /// Programs can record what viewers say that were started with --microphone.
    Microphone,
}

/// A quality by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum QualityName {
    /// Few bytes and coarse video.
    Low,
    /// Decided from what is measured.
    Auto,
    /// Sharpness before frame rate.
    High,
}

/// Form of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object per line.
    Json,
}
