//! Which part of the way from the application to the person is the slowest.

use std::fmt;
use std::time::Duration;

/// What takes less than this is not worth a person's time: one picture of a usual screen.
const WORTH_NAMING: Duration = Duration::from_millis(16);

/// From this share of lost packets on, what waits on the network waits because of them.
const LOSSY: f64 = 0.01;

/// Fewer packets and frames than this say nothing about loss.
const ENOUGH_CHANCES: u64 = 20;

/// No queue is so long, but where it never overflows: what waits so long while something is lost
/// waits for the network to come back, however few packets there were to count.
const FREEZE: Duration = Duration::from_millis(500);

/// What an average picture of a period had to bear.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Burden {
    /// From the first change until the pixels were read.
    pub(super) capture_wait: Duration,
    /// Reading and encoding.
    pub(super) encode: Duration,
    /// On the way, beyond the quickest.
    pub(super) queue: Duration,
    /// Held back because an earlier frame was missing.
    pub(super) order: Duration,
    /// Round trip with empty queues.
    pub(super) least_rtt: Duration,
    /// Round trip as it is.
    pub(super) rtt: Duration,
    /// Decoding, and waiting for it.
    pub(super) decode: Duration,
    /// Presenting, and waiting for it.
    pub(super) present: Duration,
    /// From an input to the picture, if there was one.
    pub(super) answer: Option<Duration>,
    /// Packets of ours that were lost, and frames that were late.
    pub(super) lost: u64,
    /// All packets of ours, and all frames.
    pub(super) chances: u64,
}

/// What a picture waits for most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Culprit {
    /// The network carries too little.
    NetworkRate,
    /// The network is long.
    NetworkDelay,
    /// The network loses packets.
    Loss,
    /// The server reads and encodes slowly.
    Server,
    /// This machine decodes slowly.
    Decode,
    /// This machine presents slowly.
    Present,
    /// The application answers slowly.
    Application,
}

/// The slowest part, and what it costs each picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Verdict(pub(super) Option<(Culprit, Duration)>);

impl Burden {
    /// Names the largest part, unless it is too small to be worth it.
    ///
    /// A server that is busy has pixels wait for the encoding of the frame before; what they wait
    /// beyond that, they wait for the network to take more. What passes between an input and its
    /// picture and belongs to no other part is the application's, unless something was lost: then
    /// the input may have been sent twice.
    pub(super) fn verdict(&self) -> Verdict {
        let busy = self.capture_wait.min(self.encode);
        // The queue on the way of the inputs is only seen in the round trip.
        let queues = self.queue.max(self.rtt.saturating_sub(self.least_rtt));
        let network = queues + self.order + (self.capture_wait - busy);
        let (rate, lost) = if self.is_lossy() || (self.lost > 0 && network >= FREEZE) {
            (Duration::ZERO, network)
        } else {
            (network, Duration::ZERO)
        };
        let unknown = self.answer.unwrap_or_default().saturating_sub(self.known());
        let (application, sent_twice) = if self.lost == 0 {
            (unknown, Duration::ZERO)
        } else {
            (Duration::ZERO, unknown)
        };
        let parts = [
            (Culprit::NetworkRate, rate),
            (Culprit::Loss, lost + sent_twice),
            (Culprit::NetworkDelay, self.least_rtt),
            (Culprit::Server, self.encode + busy),
            (Culprit::Decode, self.decode),
            (Culprit::Present, self.present),
            (Culprit::Application, application),
        ];
        let largest = parts.into_iter().max_by_key(|&(_, time)| time);
        Verdict(largest.filter(|&(_, time)| time >= WORTH_NAMING))
    }

    /// Whether what is lost is more than an accident.
    fn is_lossy(&self) -> bool {
        let share = self.lost as f64 / self.chances.max(1) as f64;
        share >= LOSSY && self.chances >= ENOUGH_CHANCES
    }

    /// What passes between an input and its picture as far as it is known. Queues may be filled
    /// in both directions, and the round trip holds both.
    fn known(&self) -> Duration {
        self.capture_wait
            + self.encode
            + self.rtt.max(self.least_rtt + self.queue)
            + self.order
            + self.decode
            + self.present
    }
}

impl Culprit {
    /// Its name in the output for programs.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::NetworkRate => "network rate",
            Self::NetworkDelay => "network delay",
            Self::Loss => "loss",
            Self::Server => "server",
            Self::Decode => "decode",
            Self::Present => "present",
            Self::Application => "application",
        }
    }
}

/// The verdict as one sentence, without quotation marks.
impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some((culprit, time)) = self.0 else {
            return f.write_str("all is well");
        };
        let (before, after) = match culprit {
            Culprit::NetworkRate => (
                "the network's rate is the bottleneck: frames wait",
                "for it",
            ),
            Culprit::NetworkDelay => ("the network's length is the bottleneck:", "there and back"),
            Culprit::Loss => ("lost packets are the bottleneck: waiting", "on the network"),
            Culprit::Server => ("the server is the bottleneck: it takes", "a frame"),
            Culprit::Decode => ("decoding on this machine is the bottleneck:", "a frame"),
            Culprit::Present => ("presenting on this machine is the bottleneck:", "a frame"),
            Culprit::Application => ("the application is the bottleneck: it takes", "to answer"),
        };
        write!(f, "{before} {:.0} ms {after}", time.as_secs_f64() * 1e3)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(milliseconds: u64) -> Duration {
        Duration::from_millis(milliseconds)
    }

    /// A burden with 10 ms everywhere.
    fn even() -> Burden {
        Burden {
            capture_wait: ms(5),
            encode: ms(5),
            queue: ms(10),
            order: ms(0),
            least_rtt: ms(10),
            rtt: ms(12),
            decode: ms(10),
            present: ms(10),
            answer: Some(ms(60)),
            lost: 0,
            chances: 100,
        }
    }

    fn assert_names(burden: &Burden, culprit: Culprit, time: u64, sentence: &str) {
        let verdict = burden.verdict();
        assert_eq!(verdict, Verdict(Some((culprit, ms(time)))));
        assert_eq!(verdict.to_string(), sentence);
    }

    #[test]
    fn small_things_are_not_worth_naming() {
        assert_eq!(even().verdict(), Verdict(None));
        assert_eq!(Burden::default().verdict().to_string(), "all is well");
    }

    #[test]
    fn the_largest_part_is_named() {
        let burden = |change: fn(&mut Burden)| {
            let mut burden = even();
            change(&mut burden);
            burden
        };
        assert_names(
            &burden(|b| b.queue = ms(40)),
            Culprit::NetworkRate,
            40,
            "the network's rate is the bottleneck: frames wait 40 ms for it",
        );
        assert_names(
            &burden(|b| b.least_rtt = ms(50)),
            Culprit::NetworkDelay,
            50,
            "the network's length is the bottleneck: 50 ms there and back",
        );
        assert_names(
            &burden(|b| b.encode = ms(30)),
            Culprit::Server,
            35,
            "the server is the bottleneck: it takes 35 ms a frame",
        );
        assert_names(
            &burden(|b| b.decode = ms(20)),
            Culprit::Decode,
            20,
            "decoding on this machine is the bottleneck: 20 ms a frame",
        );
        assert_names(
            &burden(|b| b.present = ms(20)),
            Culprit::Present,
            20,
            "presenting on this machine is the bottleneck: 20 ms a frame",
        );
        assert_names(
            &burden(|b| b.answer = Some(ms(150))),
            Culprit::Application,
            100,
            "the application is the bottleneck: it takes 100 ms to answer",
        );
    }

    #[test]
    fn pixels_that_wait_longer_than_an_encoding_wait_for_the_network() {
        let burden = Burden {
            capture_wait: ms(60),
            ..even()
        };
        assert_eq!(
            burden.verdict(),
            Verdict(Some((Culprit::NetworkRate, ms(65))))
        );
    }

    #[test]
    fn an_application_is_not_blamed_for_an_input_that_was_sent_twice() {
        let burden = Burden {
            answer: Some(ms(150)),
            lost: 1,
            chances: 9,
            ..even()
        };
        assert_eq!(burden.verdict(), Verdict(Some((Culprit::Loss, ms(100)))));
        let full_queues = Burden {
            answer: Some(ms(150)),
            rtt: ms(120),
            ..even()
        };
        let network = Verdict(Some((Culprit::NetworkRate, ms(110))));
        assert_eq!(full_queues.verdict(), network, "the round trip is known");
    }

    #[test]
    fn what_waits_on_a_lossy_network_waits_for_lost_packets() {
        let lossy = |lost, chances| Burden {
            queue: ms(20),
            order: ms(20),
            lost,
            chances,
            ..even()
        };
        let culprit = |burden: Burden| burden.verdict().0.map(|(culprit, _)| culprit);
        assert_names(
            &lossy(1, 100),
            Culprit::Loss,
            40,
            "lost packets are the bottleneck: waiting 40 ms on the network",
        );
        assert_eq!(culprit(lossy(1, 200)), Some(Culprit::NetworkRate));
        assert_eq!(
            culprit(lossy(9, ENOUGH_CHANCES - 1)),
            Some(Culprit::NetworkRate)
        );
    }

    #[test]
    fn what_waited_for_a_network_that_was_gone_did_not_wait_for_its_rate() {
        let after_a_freeze = |lost| Burden {
            capture_wait: ms(2_900),
            lost,
            chances: 6,
            ..even()
        };
        let culprit = |burden: Burden| burden.verdict().0.map(|(culprit, _)| culprit);
        assert_eq!(culprit(after_a_freeze(1)), Some(Culprit::Loss));
        let full = after_a_freeze(0);
        assert_eq!(culprit(full), Some(Culprit::NetworkRate), "a deep queue");
    }
}
