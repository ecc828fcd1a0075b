//! What the network carried, over all connections of the viewer.

use std::ops::{Add, Sub};
use std::sync::Mutex;
use std::time::Duration;

use hackstream_protocol::wire::control::RefusalReason;
use hackstream_transport::{Connection, PathReport};

use crate::locked::locked;

/// Sums since the start of a connection, or of the viewer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Traffic {
    /// Bytes of UDP payload.
    pub(super) received: u64,
    /// Bytes of UDP payload.
    pub(super) sent: u64,
    /// Packets sent.
    pub(super) packets: u64,
    /// Those of them that were lost. The viewer cannot count what is lost on the way to it.
    pub(super) lost: u64,
}

impl Traffic {
    const fn of(report: &PathReport) -> Self {
        Self {
            received: report.bytes_received,
            sent: report.bytes_sent,
            packets: report.sent_packets,
            lost: report.lost_packets,
        }
    }
}

impl Add for Traffic {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            received: self.received + other.received,
            sent: self.sent + other.sent,
            packets: self.packets + other.packets,
            lost: self.lost + other.lost,
        }
    }
}

impl Sub for Traffic {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self {
            received: self.received.saturating_sub(other.received),
            sent: self.sent.saturating_sub(other.sent),
            packets: self.packets.saturating_sub(other.packets),
            lost: self.lost.saturating_sub(other.lost),
        }
    }
}

/// The network at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Path {
    /// Smoothed round-trip time.
    pub(super) rtt: Duration,
    /// The least round-trip time of the last minute: what the distance costs, without queues. Half
    /// of it is taken for the way of a frame; nobody can tell without synchronised clocks how the
    /// two directions share it.
    pub(super) least_rtt: Duration,
    /// Since the last time this was asked for.
    pub(super) traffic: Traffic,
}

/// Follows the connections of a viewer.
#[derive(Default)]
pub(super) struct Paths(Mutex<State>);

#[derive(Default)]
struct State {
    connection: Option<Connection>,
    /// Of the connections before.
    earlier: Traffic,
    /// Everything that was told already.
    told: Traffic,
}

impl State {
    fn total(&self, report: &PathReport) -> Traffic {
        self.earlier + Traffic::of(report)
    }

    fn report(&self) -> PathReport {
        let connection = self.connection.as_ref();
        connection.map(Connection::path).unwrap_or_default()
    }
}

impl Paths {
    /// From now on the viewer uses this connection.
    pub(super) fn attach(&self, connection: Connection) {
        let mut state = locked(&self.0);
        state.earlier = state.total(&state.report());
        state.connection = Some(connection);
    }

    /// The viewer uses no connection any more: closes the last one, should the server still have it.
    pub(super) fn detach(&self) {
        let mut state = locked(&self.0);
        state.earlier = state.total(&state.report());
        if let Some(connection) = state.connection.take() {
            connection.close(RefusalReason::Other(0), "");
        }
    }

    /// The network now, and its traffic since the last call.
    pub(super) fn take(&self) -> Path {
        let mut state = locked(&self.0);
        let report = state.report();
        let total = state.total(&report);
        let traffic = total - std::mem::replace(&mut state.told, total);
        Path {
            rtt: report.rtt,
            least_rtt: report.min_rtt,
            traffic,
        }
    }
}
