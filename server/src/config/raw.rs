//! The command line, as it was typed.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::entrypoint::settings;
use crate::session::SOCKET_VARIABLE;
use crate::viewer::registry::{DEFAULT_MOST_VIEWERS, MOST_VIEWERS};

/// Where viewers connect if nothing else is said.
pub const DEFAULT_PORT: u16 = 14500;

/// Groups of options.
const ACCESS: &str = "Who is let in";
const WHAT_VIEWERS_GET: &str = "What viewers get";

const EXIT_CODES: &str = "\
Exit codes:
  run    the command's own exit code, or 128 + the signal that ended it
  0      the server was told to end
  2      the command line is wrong; open-link: it is not a link to a web page
  69     open-link: no viewer takes links, or too many came at once
  70     something failed that should not
  71     the display, Xvfb or the window manager cannot be used, or the display is gone
  72     the port, or that of --metrics, cannot be listened on
  73     the state directory, the key or a token file cannot be used
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
  hackstream-server run --view-token -- xterm
      Guests with the second token, view-token in the state directory, can watch and do nothing.
  hackstream-server status
      How the sessions of this user are, and who is there.

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
    /// Tell of the sessions that run: viewers, rates, times, memory, and since when nobody did
    /// anything.
    ///
    /// Sees those whose servers have the same state directory. Exits with 70 if one of them does not
    /// answer.
    Status(Status),
    /// Start a session as the environment says: what a container runs.
    ///
    /// Makes the folders that a session needs and becomes `run`, whose options are the variables
    /// below.
    #[command(after_help = settings::help())]
    Entrypoint(Entrypoint),
    /// Open a web page in the browser of the viewer. For programs of a session with --enable links, where
    /// xdg-open, x-www-browser and $BROWSER call it.
    ///
    /// The link must begin with http:// or https://. Exits with 69 if no viewer takes it.
    OpenLink(OpenLink),
    /// Run an application in which whoever has a socket can open pages: the command of sessions that wait
    /// for their owners.
    ///
    /// Once the application shows a window there is the socket. Whoever writes the address of a web page
    /// to it hears "opened", or why not: the command is run again with the address at its end.
    Pages(PagesOptions),
}

/// Options of `pages`.
#[derive(Debug, Args)]
pub struct PagesOptions {
    /// Where to listen.
    #[arg(long, value_name = "SOCKET")]
    pub socket: PathBuf,
    /// The application and its arguments.
    #[arg(required = true, last = true, value_name = "COMMAND")]
    pub command: Vec<OsString>,
}

/// Options of `open-link`.
#[derive(Debug, Args)]
pub struct OpenLink {
    /// The session's socket for links, which its programs have in this variable.
    #[arg(long, value_name = "SOCKET", env = SOCKET_VARIABLE)]
    pub socket: PathBuf,
    /// The address of the page.
    #[arg(value_name = "LINK")]
    pub link: String,
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

/// Options of `status`.
#[derive(Debug, Args)]
pub struct Status {
    /// The state directory of the servers to ask. Default: $XDG_STATE_HOME/hackstream.
    #[arg(long, value_name = "DIR")]
    pub state_dir: Option<PathBuf>,
    /// Lines for people, or one JSON object for programs, with units in the names.
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: StatusFormat,
    /// Wait until a session is ready for viewers, for this long at most; 0 only looks. Exits with 70
    /// if none is.
    #[arg(long, value_name = "SECONDS", num_args = 0..=1, default_missing_value = "30")]
    pub wait_ready: Option<u32>,
}

/// Options of `entrypoint`.
#[derive(Debug, Args)]
pub struct Entrypoint {
    /// Folder for what ends with the session: its home if that is ephemeral, sockets, and the
    /// server's key and token. Made if it is not there.
    #[arg(long, value_name = "DIR", default_value = "/tmp/hackstream")]
    pub work_dir: PathBuf,
    /// The command and its arguments, instead of HACKSTREAM_APP.
    #[arg(
        trailing_var_arg = true,
        allow_hyphen_values = true,
        value_name = "COMMAND"
    )]
    pub command: Vec<OsString>,
}

/// Options of `run` and `attach`.
#[derive(Debug, Args)]
pub struct Service {
    /// Address and UDP port to listen on.
    #[arg(long, value_name = "ADDR:PORT", default_value = "0.0.0.0:14500")]
    pub listen: String,
    /// Serve the UDP socket that was inherited under this number, 3 or higher, instead of an address:
    /// whoever started us bound it, in a network that may be another one than ours.
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u16).range(3..),
        conflicts_with_all = ["listen", "no_auth"])]
    pub listen_fd: Option<u16>,
    /// Also answer on the Unix socket that was inherited under this number how the session is, as
    /// `hackstream-server status` hears it: for whoever started us and does not see our files.
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u16).range(3..))]
    pub status_fd: Option<u16>,
    /// Serve the sockets that are handed out, as descriptors, on the Unix socket at this path, instead of
    /// an address: for containers, which inherit none. docs/control-plane.md tells what is sent.
    #[arg(long, value_name = "FILE",
        conflicts_with_all = ["listen", "no_auth", "listen_fd", "status_fd"])]
    pub sockets_from: Option<PathBuf>,
    /// Make a key for this run only, and write it nowhere: programs of the session are the server's
    /// user and could read the file.
    #[arg(long)]
    pub fresh_key: bool,
    /// Where the server's key and token are kept. Default: $XDG_STATE_HOME/hackstream.
    #[arg(long, value_name = "DIR")]
    pub state_dir: Option<PathBuf>,
    /// File with the token that viewers must show; only its owner may be able to read it.
    /// Default: one is made in the state directory.
    #[arg(long, value_name = "FILE", conflicts_with = "no_auth", help_heading = ACCESS)]
    pub token_file: Option<PathBuf>,
    /// Also let in viewers that can watch and hear, and nothing else, with a second token: the server
    /// makes one in the state directory, called view-token.
    #[arg(long, conflicts_with = "view_token_file", help_heading = ACCESS)]
    pub view_token: bool,
    /// The same with the token in this file, which only its owner may be able to read.
    #[arg(long, value_name = "FILE", help_heading = ACCESS)]
    pub view_token_file: Option<PathBuf>,
    /// Most viewers at a time; one more is refused. Each costs a thread and some megabytes.
    #[arg(long, value_name = "NUMBER", default_value_t = DEFAULT_MOST_VIEWERS as u16,
        help_heading = ACCESS,
        value_parser = clap::value_parser!(u16).range(1..=MOST_VIEWERS as i64))]
    pub max_viewers: u16,
    /// Let in everyone who reaches the port. Only on loopback and private addresses, for trusted
    /// networks: whoever is let in can type and click.
    #[arg(long, help_heading = ACCESS)]
    pub no_auth: bool,
    /// Let in whoever shows a connect ticket that a control plane signed for this session, and nobody
    /// else. The file holds its public key, ed25519:BASE64URL, one on each line while it changes keys.
    #[arg(long, value_name = "FILE", requires = "session_id", help_heading = ACCESS,
        conflicts_with_all = ["token_file", "view_token", "view_token_file", "no_auth"])]
    pub ticket_key: Option<PathBuf>,
    /// What the control plane calls this session. Tickets for another one are refused.
    #[arg(long, value_name = "ID", requires = "ticket_key", help_heading = ACCESS)]
    pub session_id: Option<String>,
    /// What the control plane calls this node. With it, tickets for another one are refused.
    #[arg(long, value_name = "ID", requires = "ticket_key", help_heading = ACCESS)]
    pub node_id: Option<String>,
    /// The best that viewers get, in the order low, auto, high. A viewer that asks for less gets
    /// less; with high each gets what it asks for.
    #[arg(long, value_name = "QUALITY", default_value = "high", help_heading = WHAT_VIEWERS_GET)]
    pub quality: QualityName,
    /// Send no more than this to all viewers together, for example 800k, 5M or 1G bits per second:
    /// in every second or longer, headers and repetitions included. Video becomes coarser, then
    /// rarer, before text has to wait. At least 100k.
    #[arg(long, value_name = "RATE", allow_hyphen_values = true, help_heading = WHAT_VIEWERS_GET)]
    pub max_bitrate: Option<String>,
    /// Send no more than this to all viewers together in any hour, for example 500M or 2G bytes.
    /// The first half may be spent at once; the rest is made to last. At least 45M.
    #[arg(long, value_name = "BYTES", help_heading = WHAT_VIEWERS_GET)]
    pub max_data_per_hour: Option<String>,
    /// What viewers do not get, separated by commas. What is off does not exist for them.
    #[arg(long, value_name = "FEATURE", value_delimiter = ',', help_heading = WHAT_VIEWERS_GET)]
    pub disable: Vec<Feature>,
    /// What viewers get although it is off by default, separated by commas.
    #[arg(long, value_name = "FEATURE", value_delimiter = ',', help_heading = WHAT_VIEWERS_GET)]
    pub enable: Vec<Extra>,
    /// Where files from viewers are stored, made when the first one comes. What is put into its
    /// folder Outbox is offered to them, and moved to Outbox/Sent once one has it. Default: the folder
    /// HackStream in the folder for downloads of this user. Needs --enable file-transfer.
    #[arg(long, value_name = "DIR", requires = "enable", help_heading = WHAT_VIEWERS_GET)]
    pub files_dir: Option<PathBuf>,
    /// Size of the largest file that is taken from a viewer, for example 50M or 2G. Default: 1 GiB.
    /// Needs --enable file-transfer.
    #[arg(long, value_name = "SIZE", requires = "enable", help_heading = WHAT_VIEWERS_GET)]
    pub max_file_size: Option<String>,
    /// Tell metrics to Prometheus at http://ADDRESS/metrics. A port alone is one of 127.0.0.1: who
    /// reaches the address can read them.
    #[arg(long, value_name = "[ADDR:]PORT")]
    pub metrics: Option<String>,
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
    /// The bell of a program in the session is noticed at the viewer.
    Bell,
    /// Notifications of programs are shown by the viewer's desktop. Displays of others have none.
    Notifications,
}

/// What an operator can switch on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Extra {
    /// Viewers can put files into a folder of the session, and get those put into its Outbox.
    FileTransfer,
    /// Programs can record what viewers say that were started with --microphone.
    Microphone,
    /// Links that programs open are handed to the browser of the viewer whose person is at work, if it
    /// takes them.
    Links,
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

/// Form of what `status` prints.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum StatusFormat {
    /// For people.
    Text,
    /// One JSON object.
    Json,
}

/// Form of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object per line.
    Json,
}
