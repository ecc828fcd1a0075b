//! The command line as written.

use std::path::PathBuf;

use clap::{Parser, ValueEnum};
use hackstream_sound::level::MOST_PERCENT;

/// Groups of options.
const CONNECTION: &str = "Connection";
const WINDOW: &str = "Window";
const PICTURE_AND_SOUND: &str = "Picture and sound";
const FILES: &str = "Files";
const MEASUREMENTS: &str = "Measurements";
const WITHOUT_A_WINDOW: &str = "Without a window";

const EXAMPLES: &str = "\
Examples:
  HACKSTREAM_TOKEN=... hackstream-view build.example.org
  hackstream-view 192.0.2.7:14501 --token-file ~/token --fullscreen
  hackstream-view host --token-file ~/token --headless --screenshot now.png

F8 opens the menu of the viewer: fullscreen, Ctrl+Alt+Del, screenshot, quality, bitrate, sound, disconnect.";

const HINT: &str =
    "--help says more: the first connection, outages, the keyboard, measurements, exit codes.";

const MORE: &str = "\
The first connection to a server shows the fingerprint of its key and asks whether it is the right
one; the answer is remembered in $XDG_STATE_HOME/hackstream/known_hosts.

The session's screen takes on the size of the window when that changes, as far as the server allows.
The picture is shown pixel for pixel, centred in a larger window. Where the screen cannot follow, the
server scales it down to the window, unless --scale off says to cut it off at the right and the bottom.

During an outage the last picture stays, darker, with a notice over it, and the viewer tries to get
back: at once when this machine's network changes, else ever less often, every 5 seconds at the
least. It comes back to the same session without a token. What is typed meanwhile is not sent; keys
that were held are let go in the session.

F8, or the key that --host-key names, opens the viewer's menu over the picture; pressed twice it goes to
the session, and together with Shift, Ctrl, Alt or the logo key always does. In the menu arrows, Enter, the
letters at the right edge and the mouse choose, + and - change the volume, Esc closes. All other keys
are the session's, F11 too, unless --fullscreen-key names it.
A screenshot that is taken with the menu goes into your folder for pictures, or without one into the
current folder, under a new name; the menu says which.

Keys type what they type at the viewer, whatever the layout of the session; layout, dead keys, Compose
and input method are those of the viewer's desktop. The session makes the repeats of a held key.
A program that hides the pointer and moves it locks it to the window; another window frees it.

Measurements (--stats, --stats-json) follow a picture from the application to the window:
  wait     from the first change until its pixels were read
  encode   reading and encoding
  queue    on the way, beyond the quickest frame of the last minute: needs no synchronised clocks
  network  half of the least round-trip time of the last minute
  decode   decoding; waited: for the decoder, and for earlier frames that were missing
  present  painting the window; waited: from decoding until then
  input to frame: from sending a press until a frame that was made after it is presented
The JSON line also has, of the session's sound, the packets played and concealed, and by how much it
lags behind the pictures of a film (sound_lag_ms; negative: it is ahead).
The last words name the largest part, if it is worth 16 ms, as the bottleneck. With --stats-json all
sums and times are of that line's seconds only; times have count, mean, p50, p95 (at most a quarter
too long) and max; bytes are UDP payload; lost packets are the viewer's own.

A file that is dropped on the window is given to the session, if the server allows it. A file that the
session has for you is asked about in the window (Ctrl+Alt+Enter takes it, Ctrl+Alt+End does not) and
stored in your folder for downloads. Nothing is overwritten: a second letter.txt is letter (1).txt.

Notifications of the session's programs are shown by your desktop, or at the bottom of the window where
there is none; with --headless their titles are lines on stderr. A link that one of them opens is asked
about in the window, if the server hands links on; the same keys answer.

Exit codes:
  0  closed by the person or the session, or the screenshot is written
  1  another error
  2  the command line makes no sense
  3  the server cannot be reached
  4  the server refused (wrong token, used ticket, wrong version, too many viewers)
  5  the server's fingerprint is unknown or not the expected one
  6  the connection was lost for longer than --reconnect-timeout
  7  there is no display
  8  with --headless: a file of --send was not stored in the session";

/// Shows a program that runs on a HackStream server.
#[derive(Debug, Parser)]
#[command(name = "hackstream-view", version, about, after_help = format!("{EXAMPLES}\n{HINT}"), after_long_help = format!("{EXAMPLES}\n\n{MORE}"))]
pub(super) struct Arguments {
    /// The server; the port is 14500 unless given
    #[arg(
        value_name = "HOST[:PORT]",
        value_hint = clap::ValueHint::Hostname,
        required_unless_present = "ticket_file"
    )]
    pub(super) server: Option<String>,

    /// The session's token. Other users of this machine can see it in the list of processes:
    /// better use --token-file or the variable HACKSTREAM_TOKEN
    #[arg(
        long,
        value_name = "TOKEN",
        conflicts_with = "token_file",
        help_heading = CONNECTION
    )]
    pub(super) token: Option<String>,

    /// File whose first line is the session's token
    #[arg(long, value_name = "FILE", help_heading = CONNECTION)]
    pub(super) token_file: Option<PathBuf>,

    /// Go where this file of a control plane says, with the connect ticket in it: one JSON object with
    /// host, port, server_spki, ticket and key, or - for standard input. A ticket admits once
    #[arg(
        long,
        value_name = "FILE",
        conflicts_with_all = ["server", "token", "token_file", "fingerprint", "accept_new"],
        help_heading = CONNECTION
    )]
    pub(super) ticket_file: Option<PathBuf>,

    /// The fingerprint that the server must have, whatever is remembered
    #[arg(
        long,
        value_name = "sha256:HEX",
        conflicts_with = "accept_new",
        help_heading = CONNECTION
    )]
    pub(super) fingerprint: Option<String>,

    /// Remember an unknown server without asking. A changed fingerprint is refused all the same
    #[arg(long, help_heading = CONNECTION)]
    pub(super) accept_new: bool,

    /// Only watch, until the menu says otherwise: nothing that is done here reaches the session, nor
    /// what is copied here. Others stay in control
    #[arg(long, help_heading = CONNECTION)]
    pub(super) view_only: bool,

    /// Fill the screen
    #[arg(long, conflicts_with = "headless", help_heading = WINDOW)]
    pub(super) fullscreen: bool,

    /// Show the session on the bare console, without a window system: all of the first monitor, with
    /// the keyboards and mice of this machine. Control, Alt and Backspace leave. Needs the rights of
    /// the groups video and input
    #[cfg(feature = "console")]
    #[arg(long, conflicts_with_all = ["headless", "fullscreen"], help_heading = WINDOW)]
    pub(super) console: bool,

    /// The key that opens the viewer's menu, or none: F1 to F12, Insert, Menu, Pause, Right-Control or
    /// Scroll-Lock. Pressed twice it goes to the session
    #[arg(
        long,
        value_name = "KEY",
        default_value = "F8",
        help_heading = WINDOW
    )]
    pub(super) host_key: String,

    /// A key that fills the screen and back, such as F11, in place of the session's programs
    #[arg(
        long,
        value_name = "KEY",
        default_value = "none",
        help_heading = WINDOW
    )]
    pub(super) fullscreen_key: String,

    /// What to prefer where quality costs time; the server may allow less
    #[arg(long, value_enum, default_value_t = QualityName::Auto, help_heading = PICTURE_AND_SOUND)]
    pub(super) quality: QualityName,

    /// Get no more than this from the server, for example 800k, 5M or 1G bits per second: in every
    /// second or longer, everything included. Video becomes coarser, then rarer, before text has to
    /// wait. At least 100k; other viewers do not notice
    #[arg(long, value_name = "RATE", allow_hyphen_values = true, help_heading = PICTURE_AND_SOUND)]
    pub(super) max_bitrate: Option<String>,

    /// What the server does with a screen larger than the window: auto (send it smaller, which also
    /// saves bytes and work here), off (send all of it; the window cuts it off), or the size of the
    /// largest picture to send, also without a window
    #[arg(long, value_name = "auto|off|WxH", default_value = "auto", help_heading = PICTURE_AND_SOUND)]
    pub(super) scale: String,

    /// Have a device of this machine decode films, for example v4l2 (the first that can) or
    /// v4l2:/dev/video10. If it fails, or keeps pictures back, the processor goes on
    #[cfg(feature = "v4l2")]
    #[arg(long, value_name = "v4l2[:DEVICE]", help_heading = PICTURE_AND_SOUND)]
    pub(super) hardware_decoder: Option<String>,

    /// Do without the session's sound; otherwise it is played by PulseAudio or PipeWire, or without
    /// them by ALSA
    #[arg(long, help_heading = PICTURE_AND_SOUND)]
    pub(super) no_audio: bool,

    /// Begin muted: the server sends no sound
    #[arg(long, conflicts_with = "no_audio", help_heading = PICTURE_AND_SOUND)]
    pub(super) mute: bool,

    /// Volume of the session's sound in percent, up to 400
    #[arg(long, value_name = "PERCENT", default_value_t = 100,
        value_parser = clap::value_parser!(u16).range(..=i64::from(MOST_PERCENT)), help_heading = PICTURE_AND_SOUND)]
    pub(super) volume: u16,

    /// Let programs of the session hear what is said here. The microphone is open only while one of
    /// them records, and the server has to allow it (--enable microphone)
    #[arg(long, help_heading = PICTURE_AND_SOUND)]
    pub(super) microphone: bool,

    /// Print a line of measurements to stderr each second in which something happens: rates, where
    /// the time goes, and the bottleneck. With a window, also draw them over the picture
    #[arg(long, help_heading = MEASUREMENTS)]
    pub(super) stats: bool,

    /// The same, and more, as a JSON object a line on standard output
    #[arg(long, conflicts_with = "stats", help_heading = MEASUREMENTS)]
    pub(super) stats_json: bool,

    /// What the session shall not have, separated by commas: clipboard-in (what is copied here can be
    /// pasted in the session), clipboard-out (what the session copies can be pasted here),
    /// notifications (of its programs are shown here), links (that it opens are opened here)
    #[arg(
        long,
        value_name = "FEATURES",
        value_delimiter = ',',
        hide_possible_values = true,
        help_heading = CONNECTION
    )]
    pub(super) disable: Vec<Feature>,

    /// Open links that the session's programs open in your own browser, with xdg-open and without asking
    /// in the window. The server has to allow it (--enable links)
    #[arg(long)]
    pub(super) open_links: bool,

    /// Give this file to the session, as by dropping it on the window; may be repeated. The server must
    /// allow it (--enable file-transfer). With --headless, and unless --accept-files or --screenshot
    /// says otherwise, leave once all are stored
    #[arg(long, value_name = "FILE", help_heading = FILES)]
    pub(super) send: Vec<PathBuf>,

    /// What to do with files that the session has for you: ask for each, in the window; never take
    /// one; or store all of them in this folder (./ask is a folder). Default: ask with a window,
    /// never without
    #[arg(long, value_name = "DIR|ask|never", help_heading = FILES)]
    pub(super) accept_files: Option<PathBuf>,

    /// Size of the largest file that is taken from the session, for example 50M or 2G. Default: 1 GiB
    #[arg(long, value_name = "SIZE", help_heading = FILES)]
    pub(super) max_file_size: Option<String>,

    /// Open no window
    #[arg(long, help_heading = WITHOUT_A_WINDOW)]
    pub(super) headless: bool,

    /// Write the picture to a PNG file and leave, also with a window. Without --after: once the
    /// picture is complete and quiet for half a second, after ten seconds at the latest
    #[arg(long, value_name = "FILE.png", help_heading = WITHOUT_A_WINDOW)]
    pub(super) screenshot: Option<PathBuf>,

    /// Milliseconds from the first complete picture to the screenshot
    #[arg(
        long,
        value_name = "MS",
        requires = "screenshot",
        help_heading = WITHOUT_A_WINDOW
    )]
    pub(super) after: Option<u64>,

    /// Seconds after which a lost connection is given up; 0 means never. Default: 0 with a
    /// window, 30 without
    #[arg(long, value_name = "S", help_heading = CONNECTION)]
    pub(super) reconnect_timeout: Option<u64>,
}

/// What the person can switch off. The directions are those of the session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Feature {
    /// What is copied here can be pasted in the session
    ClipboardIn,
    /// What the session copies can be pasted here
    ClipboardOut,
    /// Notifications of the session's programs are shown here
    Notifications,
    /// Links that the session's programs open are opened here
    Links,
}

/// Names of the qualities on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum QualityName {
    /// Few bytes and coarse video, for weak machines and thin links
    Low,
    /// Decided from what is measured
    Auto,
    /// Sharpness before frame rate
    High,
}
