//! What a session says of itself when it is asked.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use hackstream_protocol::ids::ViewerId;
use hackstream_protocol::units::Timestamp;
use hackstream_protocol::wire::control::Standing;
use serde::{Deserialize, Serialize};

use super::memory::proportional_bytes;
use super::roll::Guest;
use super::tally::ENCODING_BOUNDS;
use crate::viewer::attend::Service;

/// What does not change while the server runs.
#[derive(Clone, Debug)]
pub struct Facts {
    /// Where viewers connect.
    pub listen: SocketAddr,
    /// The display that is served.
    pub display: String,
    /// The command in it; empty if the display is somebody else's.
    pub command: String,
}

/// A session. Fields are only ever added: programs read this.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SessionReport {
    /// Version of the server.
    pub version: String,
    /// The server's process.
    pub pid: u32,
    /// Where viewers connect: address and UDP port.
    pub listen: String,
    /// The display, such as `:7`.
    pub display: String,
    /// The command in it; empty if the display is somebody else's.
    pub command: String,
    /// Size of the screen now, such as `1920x1080`.
    pub screen: String,
    /// Seconds since the session was started.
    pub uptime_seconds: f64,
    /// Seconds since a person did something; `None` if nobody ever did.
    pub last_input_seconds: Option<f64>,
    /// The same, counted from the start if nobody ever did: how long the session has been idle.
    pub idle_seconds: f64,
    /// Seconds since a viewer last heard something of the session; `None` if none ever did.
    #[serde(default)]
    pub last_sound_seconds: Option<f64>,
    /// Seconds since the first viewer came; `None` if none ever did.
    #[serde(default)]
    pub first_viewer_seconds: Option<f64>,
    /// Seconds since the first frame was sent; `None` if none ever was.
    #[serde(default)]
    pub first_frame_seconds: Option<f64>,
    /// Memory of the server's process (PSS); `None` if the kernel does not tell.
    pub pss_bytes: Option<u64>,
    /// Most viewers at a time.
    pub max_viewers: usize,
    /// Visits since the start.
    pub viewers_joined: u64,
    /// Bytes of UDP payload sent to all viewers since the start.
    pub sent_bytes: u64,
    /// Bytes of UDP payload received from them.
    pub received_bytes: u64,
    /// Frames sent.
    pub frames: u64,
    /// Bytes of those frames.
    pub frame_bytes: u64,
    /// Bits per second of the frames sent in the last ten seconds, to all viewers that are there.
    pub frame_bits_per_second: u64,
    /// Mean milliseconds of reading and encoding a frame; `None` before the first.
    pub encode_ms: Option<f64>,
    /// How many frames took how long, for the metrics.
    #[serde(skip)]
    pub encoding: Histogram,
    /// Who is there.
    pub viewers: Vec<ViewerReport>,
}

/// How long frames took to encode.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Histogram {
    /// Frames in each class of [`ENCODING_BOUNDS`], and those above.
    pub classes: [u64; ENCODING_BOUNDS.len() + 1],
    /// Seconds of all frames together.
    pub sum_seconds: f64,
}

/// A viewer of a session.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ViewerReport {
    /// Its number, in order of arrival.
    pub id: u64,
    /// Its address and port now.
    pub address: String,
    /// What it calls itself.
    pub agent: String,
    /// `view-only`, `watching`, `in control` or `in control alone`.
    pub standing: String,
    /// Whether its window and keyboard are those of the session.
    pub leads: bool,
    /// Seconds since it came.
    pub connected_seconds: f64,
    /// Seconds since its person did something; `None` if it never did.
    pub last_input_seconds: Option<f64>,
    /// Round-trip time in milliseconds.
    pub rtt_ms: f64,
    /// Bits per second of the frames sent in the last ten seconds.
    pub frame_bits_per_second: u64,
    /// Bits per second that the path can carry; `None` as long as it was never full.
    pub capacity_bits_per_second: Option<u64>,
    /// Bytes of UDP payload sent.
    pub sent_bytes: u64,
    /// Bytes of UDP payload received.
    pub received_bytes: u64,
    /// Packets sent.
    pub sent_packets: u64,
    /// Packets found to be lost.
    pub lost_packets: u64,
    /// Frames sent.
    pub frames: u64,
    /// Mean milliseconds of reading and encoding a frame; `None` before the first.
    pub encode_ms: Option<f64>,
    /// The same of the last ten seconds; `None` without frames in them.
    pub recent_encode_ms: Option<f64>,
}

/// Asks all that is known. May take some milliseconds: not for a thread that others wait for.
#[must_use]
pub fn of(service: &Service, facts: &Facts) -> SessionReport {
    let now = service.clock.now();
    let totals = service.roll.totals();
    let load = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
    let leader = service.seats.leader();
    let (present, departed_sent, departed_received) = service.roll.present();
    let viewers: Vec<_> = present
        .iter()
        .map(|(id, guest)| viewer(*id, guest, leader == Some(*id), now))
        .collect();
    let last_input = service.seats.last_input();
    let ago = |at: Option<&Timestamp>| at.map(|at| seconds(now.since(*at)));
    let sum = |of: fn(&ViewerReport) -> u64| viewers.iter().map(of).sum::<u64>();
    SessionReport {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        pid: std::process::id(),
        listen: facts.listen.to_string(),
        display: facts.display.clone(),
        command: facts.command.clone(),
        screen: service.capture.size().to_string(),
        uptime_seconds: seconds(now.since(Timestamp(0))),
        last_input_seconds: ago(last_input.as_ref()),
        idle_seconds: seconds(now.since(last_input.unwrap_or(Timestamp(0)))),
        last_sound_seconds: (service.broadcast.as_ref())
            .and_then(|broadcast| ago(broadcast.last_heard().as_ref())),
        first_viewer_seconds: ago(totals.first_viewer.get()),
        first_frame_seconds: ago(totals.first_frame.get()),
        pss_bytes: proportional_bytes(),
        max_viewers: service.registry.most_viewers(),
        viewers_joined: load(&totals.joined),
        sent_bytes: departed_sent + sum(|viewer| viewer.sent_bytes),
        received_bytes: departed_received + sum(|viewer| viewer.received_bytes),
        frames: load(&totals.frames),
        frame_bytes: load(&totals.frame_bytes),
        frame_bits_per_second: sum(|viewer| viewer.frame_bits_per_second),
        encode_ms: totals.encoding().map(milliseconds),
        encoding: Histogram {
            classes: totals.classes.each_ref().map(load),
            sum_seconds: load(&totals.encoding_micros) as f64 / 1e6,
        },
        viewers,
    }
}

fn viewer(id: ViewerId, guest: &Guest, leads: bool, now: Timestamp) -> ViewerReport {
    let path = guest.connection.path();
    let (rate, recent_encoding) = guest.tally.recently(guest.since, now);
    let last_input = guest.tally.last_input();
    ViewerReport {
        id: id.0,
        address: guest.connection.remote().to_string(),
        agent: guest.agent.clone(),
        standing: standing(guest.seat.borrow().standing).to_owned(),
        leads,
        connected_seconds: seconds(now.since(guest.since)),
        last_input_seconds: last_input.map(|at| seconds(now.since(at))),
        rtt_ms: milliseconds(path.rtt),
        frame_bits_per_second: rate.0,
        capacity_bits_per_second: path.capacity.map(|rate| rate.0),
        sent_bytes: path.bytes_sent,
        received_bytes: path.bytes_received,
        sent_packets: path.sent_packets,
        lost_packets: path.lost_packets,
        frames: guest.tally.frames(),
        encode_ms: guest.tally.encoding().map(milliseconds),
        recent_encode_ms: recent_encoding.map(milliseconds),
    }
}

const fn standing(standing: Standing) -> &'static str {
    match standing {
        Standing::ViewOnly => "view-only",
        Standing::Watching => "watching",
        Standing::InControl => "in control",
        Standing::InControlAlone => "in control alone",
    }
}

/// Seconds to a thousandth: more is noise.
fn seconds(time: Duration) -> f64 {
    (time.as_secs_f64() * 1e3).round() / 1e3
}

fn milliseconds(time: Duration) -> f64 {
    (time.as_secs_f64() * 1e6).round() / 1e3
}
