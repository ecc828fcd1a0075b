//! Which part of the way from the application to the person is the slowest.

use std::fmt;
use std::time::Duration;

/// What takes less than this is not worth a person's time: one picture of a usual screen.
const WORTH_NAMING: Duration = Duration::from_millis(16);

/// From this share of lost packets on, what waits on the network waits because of them.
const LOSSY: f64 = 0.01;

/// Fewer packets and frames than this say nothing about loss.
const ENOUGH_CHANCES: u64 = 20;

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
    /// Decoding, and waiting for it.
    pub(super) decode: Duration,
    /// Presenting, and waiting for it.
    pub(super) present: Duration,
    /// From an input to the picture, if there was one.
    pub(super) answer: Option<Duration>,
    /// Share of packets or frames that were lost or late, whichever is larger, from 0 to 1.
    pub(super) loss: f64,
    /// How many packets or frames `loss` is a share of.
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
    /// picture and belongs to no other part is the application's.
    pub(super) fn verdict(&self) -> Verdict {
        let busy = self.capture_wait.min(self.encode);
        let network = self.queue + self.order + (self.capture_wait - busy);
        let is_lossy = self.loss >= LOSSY && self.chances >= ENOUGH_CHANCES;
        let known = self.capture_wait
            + self.encode
            + self.queue
            + self.order
            + self.least_rtt
            + self.decode
            + self.present;
        let application = self.answer.unwrap_or_default().saturating_sub(known);
        let network_part = if is_lossy {
            Culprit::Loss
        } else {
            Culprit::NetworkRate
        };
        let parts = [
            (network_part, network),
            (Culprit::NetworkDelay, self.least_rtt),
            (Culprit::Server, self.encode + busy),
            (Culprit::Decode, self.decode),
            (Culprit::Present, self.present),
            (Culprit::Application, application),
        ];
        let largest = parts.into_iter().max_by_key(|&(_, time)| time);
        Verdict(largest.filter(|&(_, time)| time >= WORTH_NAMING))
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
        let time = time.as_secs_f64() * 1e3;
        match culprit {
            Culprit::NetworkRate => {
                write!(
                    f,
                    "the network's rate is the bottleneck: frames wait {time:.0} ms for it"
                )
            }
            Culprit::NetworkDelay => write!(
                f,
                "the network's length is the bottleneck: {time:.0} ms there and back"
            ),
            Culprit::Loss => write!(
                f,
                "lost packets are the bottleneck: frames wait {time:.0} ms on the network"
            ),
            Culprit::Server => {
                write!(
                    f,
                    "the server is the bottleneck: it takes {time:.0} ms a frame"
                )
            }
            Culprit::Decode => write!(
                f,
                "decoding on this machine is the bottleneck: {time:.0} ms a frame"
            ),
            Culprit::Present => write!(
                f,
                "presenting on this machine is the bottleneck: {time:.0} ms a frame"
            ),
            Culprit::Application => write!(
                f,
                "the application is the bottleneck: it takes {time:.0} ms to answer"
            ),
        }
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
            decode: ms(10),
            present: ms(10),
            answer: Some(ms(60)),
            loss: 0.0,
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
    fn what_waits_on_a_lossy_network_waits_for_lost_packets() {
        let lossy = |loss, chances| Burden {
            queue: ms(20),
            order: ms(20),
            loss,
            chances,
            ..even()
        };
        let culprit = |burden: Burden| burden.verdict().0.map(|(culprit, _)| culprit);
        assert_names(
            &lossy(LOSSY, 100),
            Culprit::Loss,
            40,
            "lost packets are the bottleneck: frames wait 40 ms on the network",
        );
        assert_eq!(culprit(lossy(LOSSY / 2.0, 100)), Some(Culprit::NetworkRate));
        assert_eq!(
            culprit(lossy(0.1, ENOUGH_CHANCES - 1)),
            Some(Culprit::NetworkRate)
        );
    }
}
