//! The clock, the link, and the flows on it.

use std::collections::BTreeMap;
use std::time::Duration;

use hackstream_protocol::rate::WindowController;
use hackstream_protocol::units::{ByteCount, Timestamp};

use crate::congestion::Congestion;
use crate::cubic::Cubic;
use crate::flow::{Flow, Greedy, Source};
use crate::link::{Direction, OneWay};
use crate::load::{Load, Pump};
use crate::outcome::{Curve, Outcome};
use crate::receiver::Acknowledgement;
use crate::sender::Packet;

/// Bytes that IP and UDP, and QUIC's header and seal, add to a packet.
const HEADERS: u64 = 28 + 30;
/// Bytes of a packet with an acknowledgement.
const ACK: u64 = 90;

/// A flow on the link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Who {
    Ours,
    Rival,
}

/// Something that arrives.
#[derive(Clone, Copy, Debug)]
enum Arrival {
    Packet(Packet),
    Acknowledgement(Acknowledgement),
}

/// What arrives when; of what arrives at once, first what left first.
#[derive(Default)]
struct OnTheWay {
    arrivals: BTreeMap<(Timestamp, u64), (Who, Arrival)>,
    count: u64,
}

impl OnTheWay {
    fn push(&mut self, at: Timestamp, who: Who, what: Arrival) {
        self.arrivals.insert((at, self.count), (who, what));
        self.count += 1;
    }

    fn next(&self) -> Option<Timestamp> {
        self.arrivals.first_key_value().map(|(&(at, _), _)| at)
    }

    fn pop(&mut self, now: Timestamp) -> Option<(Who, Arrival)> {
        let next = self.arrivals.first_entry()?;
        (next.key().0 <= now).then(|| next.remove())
    }
}

/// A simulated network, and what our stream carries over it.
pub struct World<S = Pump> {
    /// From server to viewer.
    pub down: Direction,
    /// From viewer to server.
    pub up: Direction,
    /// The stream.
    pub ours: Flow<WindowController, S>,
    rival: Option<Flow<Cubic, Greedy>>,
    now: Timestamp,
    on_the_way: OnTheWay,
    curve: Curve,
}

impl World {
    /// A stream that has just begun over a link with these directions.
    #[must_use]
    pub fn new(down: OneWay, up: OneWay, seed: u64) -> Self {
        Self::of(Pump::new(seed ^ 1), down, up, seed)
    }

    /// Lets seconds pass, each noted in the curve.
    pub fn run_seconds(&mut self, load: Load, seconds: u64) -> Outcome {
        self.ours.source.show(self.now, load);
        self.pass_seconds(seconds)
    }

    /// Lets time pass.
    pub fn run(&mut self, load: Load, time: Duration) -> Outcome {
        self.ours.source.show(self.now, load);
        self.pass(time)
    }
}

impl<S: Source> World<S> {
    /// A stream of `source` that has just begun over a link with these directions.
    #[must_use]
    pub fn of(source: S, down: OneWay, up: OneWay, seed: u64) -> Self {
        let now = Timestamp(1_000_000);
        Self {
            down: Direction::new(down, seed),
            up: Direction::new(up, !seed),
            ours: Flow::new(WindowController::new(now), source),
            rival: None,
            now,
            on_the_way: OnTheWay::default(),
            curve: Curve::default(),
        }
    }

    /// Begins a download beside the stream.
    pub fn add_rival(&mut self) {
        self.rival = Some(Flow::new(Cubic::default(), Greedy::default()));
    }

    /// Bytes that the rival received so far.
    #[must_use]
    pub fn rival_received(&self) -> u64 {
        self.rival.as_ref().map_or(0, |rival| rival.arrived)
    }

    /// The time.
    #[must_use]
    pub const fn now(&self) -> Timestamp {
        self.now
    }

    /// All seconds of [`pass_seconds`](Self::pass_seconds) so far, a line for each.
    #[must_use]
    pub fn curve(&self) -> &str {
        self.curve.text()
    }

    /// Lets seconds pass, each noted in the curve.
    pub fn pass_seconds(&mut self, seconds: u64) -> Outcome {
        let mut all = Outcome::default();
        for _ in 0..seconds {
            let one = self.pass(Duration::from_secs(1));
            self.curve.add(&one);
            all.time += one.time;
            all.delivered += one.delivered;
            all.sent += one.sent;
            all.queueing.extend(one.queueing);
            all.ages.extend(one.ages);
            all.windows.extend(one.windows);
        }
        all
    }

    /// Lets time pass.
    pub fn pass(&mut self, time: Duration) -> Outcome {
        let mut outcome = Outcome {
            time,
            ..Outcome::default()
        };
        let end = self.now.after(time);
        loop {
            self.deliver(&mut outcome);
            self.act(&mut outcome);
            let next = self.next_event().filter(|&at| at < end);
            let Some(next) = next else { break };
            self.now = next.max(self.now);
        }
        self.now = end;
        outcome.windows.push(self.ours.sender.congestion.window());
        outcome
    }

    fn next_event(&mut self) -> Option<Timestamp> {
        let arrival = self.on_the_way.next();
        let ours = self.ours.next_deadline(self.now);
        let rival = self
            .rival
            .as_mut()
            .and_then(|rival| rival.next_deadline(self.now));
        [arrival, ours, rival].into_iter().flatten().min()
    }

    fn deliver(&mut self, outcome: &mut Outcome) {
        let now = self.now;
        while let Some(next) = self.on_the_way.pop(now) {
            match (next, &mut self.rival) {
                ((Who::Ours, Arrival::Packet(packet)), _) => {
                    if let Some(frame) = self.ours.receive(now, &packet) {
                        outcome.delivered += frame.bytes;
                        outcome.ages.push((frame.kind, now, now.since(frame.due)));
                    }
                }
                ((Who::Ours, Arrival::Acknowledgement(said)), _) => {
                    self.ours.acknowledged(now, said);
                }
                ((Who::Rival, Arrival::Packet(packet)), Some(rival)) => {
                    rival.receive(now, &packet);
                }
                ((Who::Rival, Arrival::Acknowledgement(said)), Some(rival)) => {
                    rival.acknowledged(now, said);
                }
                ((Who::Rival, _), None) => {}
            }
        }
    }

    /// Has each flow do what is due.
    fn act(&mut self, outcome: &mut Outcome) {
        let now = self.now;
        let mut wires = Wires {
            now,
            down: &mut self.down,
            up: &mut self.up,
            on_the_way: &mut self.on_the_way,
        };
        wires.serve(Who::Ours, &mut self.ours, |queued, bytes| {
            outcome.queueing.push((now, queued));
            outcome.sent += bytes.0;
        });
        if let Some(rival) = &mut self.rival {
            wires.serve(Who::Rival, rival, |_, _| {});
        }
    }
}

/// What carries packets.
struct Wires<'a> {
    now: Timestamp,
    down: &'a mut Direction,
    up: &'a mut Direction,
    on_the_way: &'a mut OnTheWay,
}

impl Wires<'_> {
    fn serve<C: Congestion, S: Source>(
        &mut self,
        who: Who,
        flow: &mut Flow<C, S>,
        mut left: impl FnMut(Duration, ByteCount),
    ) {
        if flow.receiver.due().is_some_and(|due| due <= self.now) {
            let said = flow.receiver.acknowledge();
            let passage = self.up.offer(self.now, ByteCount(ACK));
            self.carry(who, Arrival::Acknowledgement(said), passage.arrival);
        }
        flow.sender.deadline_passed(self.now);
        flow.produce(self.now);
        flow.sender.hand_over_slices(self.now);
        while let Some(packet) = flow.sender.next_packet(self.now) {
            let bytes = ByteCount(packet.bytes.0 + HEADERS);
            let passage = self.down.offer(self.now, bytes);
            left(passage.queued, bytes);
            self.carry(who, Arrival::Packet(packet), passage.arrival);
        }
    }

    fn carry(&mut self, who: Who, what: Arrival, arrival: Option<Timestamp>) {
        if let Some(at) = arrival {
            self.on_the_way.push(at, who, what);
        }
    }
}
