//! A simulated bottleneck: a queue, a rate, a delay, random loss, and a sender in front of it.

use std::collections::VecDeque;
use std::time::Duration;

use hackstream_protocol::rate::{LossPattern, WindowController};
use hackstream_protocol::units::{Bitrate, ByteCount, Timestamp};

/// Bytes of a packet.
pub(crate) const PACKET: u64 = 1200;

/// The path from the sender to the receiver and back.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Link {
    pub(crate) rate: Bitrate,
    /// Round-trip time of an empty path.
    pub(crate) base: Duration,
    /// Packets in a thousand that vanish.
    pub(crate) loss_per_mille: u64,
    /// Most that scheduling adds to an acknowledgement's way, drawn evenly.
    pub(crate) noise: Duration,
    /// Bytes that the queue holds; what does not fit is lost.
    pub(crate) queue: ByteCount,
}

impl Link {
    pub(crate) fn new(rate: Bitrate, base: Duration) -> Self {
        Self {
            rate,
            base,
            loss_per_mille: 0,
            noise: Duration::ZERO,
            queue: ByteCount(4 << 20),
        }
    }
}

/// What the sender has to send.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Load {
    /// Always more.
    Endless,
    /// So many bytes in each period, never more than the window leaves room for.
    Bursts { bytes: u64, every: Duration },
}

struct Packet {
    sent: Timestamp,
    /// When its acknowledgement arrives; `None` if it is lost.
    acked: Option<Timestamp>,
}

/// What happened during a run.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    pub(crate) delivered: u64,
    /// Queueing delay of each packet that got through, in the order of departure.
    pub(crate) queueing: Vec<Duration>,
    pub(crate) largest_window: u64,
    pub(crate) smallest_window: u64,
}

impl Outcome {
    /// The delay that `percent` of the packets did not exceed.
    pub(crate) fn percentile(&self, percent: usize) -> Duration {
        let mut sorted = self.queueing.clone();
        sorted.sort_unstable();
        sorted[(sorted.len() - 1) * percent / 100]
    }
}

/// A sender, its controller and the link between.
pub(crate) struct Simulation {
    pub(crate) link: Link,
    pub(crate) controller: WindowController,
    now: Timestamp,
    link_free_at: Timestamp,
    next_burst: Timestamp,
    backlog: u64,
    tokens: f64,
    smoothed_rtt: Duration,
    flight: VecDeque<Packet>,
    last_ack: Timestamp,
    random: u64,
}

const TICK: Duration = Duration::from_micros(100);

impl Simulation {
    pub(crate) fn new(link: Link) -> Self {
        let start = Timestamp(1_000_000);
        Self {
            link,
            controller: WindowController::new(start),
            now: start,
            link_free_at: start,
            next_burst: start,
            backlog: 0,
            tokens: 0.0,
            smoothed_rtt: Duration::from_millis(100),
            flight: VecDeque::new(),
            last_ack: start,
            random: 0x9e37_79b9_7f4a_7c15,
        }
    }

    /// Lets `time` pass.
    pub(crate) fn run(&mut self, load: Load, time: Duration) -> Outcome {
        let mut outcome = Outcome {
            smallest_window: u64::MAX,
            ..Outcome::default()
        };
        let end = self.now.after(time);
        while self.now < end {
            self.now = self.now.after(TICK);
            self.acknowledge(&mut outcome);
            self.produce(load);
            self.send(&mut outcome);
            let window = self.controller.window().0;
            outcome.largest_window = outcome.largest_window.max(window);
            outcome.smallest_window = outcome.smallest_window.min(window);
        }
        outcome
    }

    fn produce(&mut self, load: Load) {
        match load {
            Load::Endless => self.backlog = u64::MAX / 2,
            Load::Bursts { bytes, every } => {
                if self.backlog > bytes {
                    self.backlog = 0;
                }
                if self.now >= self.next_burst {
                    self.next_burst = self.now.after(every);
                    self.backlog = bytes;
                }
            }
        }
    }

    /// As quinn does: at 1.25 windows in a round-trip time, ten packets at once.
    fn send(&mut self, outcome: &mut Outcome) {
        let window = self.controller.window().0;
        let share = TICK.as_secs_f64() / self.smoothed_rtt.as_secs_f64();
        self.tokens += window as f64 * 1.25 * share;
        self.tokens = self.tokens.min((10 * PACKET) as f64);
        while self.backlog > 0
            && self.controller.in_flight().0 + PACKET < self.controller.window().0
            && self.tokens >= PACKET as f64
        {
            self.tokens -= PACKET as f64;
            self.backlog = self.backlog.saturating_sub(PACKET);
            self.depart(outcome);
        }
    }

    fn depart(&mut self, outcome: &mut Outcome) {
        let queueing = self.link_free_at.since(self.now);
        let overflows = self.link.rate.bytes_in(queueing) > self.link.queue;
        let vanishes = self.draw(1000) < self.link.loss_per_mille;
        let acked = if overflows || vanishes {
            None
        } else {
            outcome.queueing.push(queueing);
            let start = self.link_free_at.max(self.now);
            self.link_free_at = start.after(ByteCount(PACKET).time_at(self.link.rate));
            let noise = self.draw(self.link.noise.as_micros() as u64 + 1);
            let arrival = self
                .link_free_at
                .after(self.link.base)
                .after(Duration::from_micros(noise));
            // Acknowledgements keep their order.
            self.last_ack = self.last_ack.max(arrival);
            Some(self.last_ack)
        };
        self.flight.push_back(Packet {
            sent: self.now,
            acked,
        });
        self.controller.on_sent(self.now, ByteCount(PACKET));
    }

    fn acknowledge(&mut self, outcome: &mut Outcome) {
        let arrived = |p: &Packet| p.acked.is_some_and(|at| at <= self.now);
        let Some(newest) = self.flight.iter().rposition(arrived) else {
            self.time_out();
            return;
        };
        let mut lost = 0;
        for _ in 0..=newest {
            let Some(packet) = self.flight.pop_front() else {
                break;
            };
            if packet.acked.is_none() {
                lost += PACKET;
                continue;
            }
            let rtt = self.now.since(packet.sent);
            self.smoothed_rtt = (self.smoothed_rtt * 7 + rtt) / 8;
            self.controller
                .on_ack(self.now, packet.sent, ByteCount(PACKET));
            outcome.delivered += PACKET;
        }
        let in_flight = self.flight.len() as u64 * PACKET + lost;
        self.controller.on_acks_end(self.now, ByteCount(in_flight));
        if lost > 0 {
            self.controller
                .on_loss(self.now, ByteCount(lost), LossPattern::Scattered);
        }
    }

    /// Nothing was acknowledged for so long that all is lost.
    fn time_out(&mut self) {
        let Some(oldest) = self.flight.front() else {
            return;
        };
        let all_lost = self.flight.iter().all(|p| p.acked.is_none());
        if all_lost && self.now.since(oldest.sent) > self.smoothed_rtt * 2 {
            let lost = self.flight.len() as u64 * PACKET;
            self.flight.clear();
            self.controller
                .on_loss(self.now, ByteCount(lost), LossPattern::Scattered);
        }
    }

    fn draw(&mut self, below: u64) -> u64 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        (self.random >> 11) % below
    }
}
