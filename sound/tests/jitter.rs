//! The jitter buffer between simulated networks and simulated devices.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::collections::BTreeMap;
use std::time::Duration;

use hackstream_protocol::ids::SoundSeq;
use hackstream_protocol::units::Timestamp;
use hackstream_protocol::wire::sound::{Outlook, PacketDuration, SoundPacket};
use hackstream_sound::jitter::{Counts, Jitter, Step, Transit};

const PIECE: u64 = 10_000;
const DEVICE: u64 = 30_000;
/// The session's clock has nothing to do with the viewer's.
const SESSION_EPOCH: u64 = 77_000_000_000;

/// A session that plays, a network, and a device.
struct Scenario {
    pieces: u64,
    /// Delay in microseconds of the packet with this number; `None` if it is lost.
    network: Box<dyn Fn(u64) -> Option<u64>>,
    /// Millionths by which the device is faster than the session.
    drift: i64,
    /// The session pauses for so long after the piece with this number.
    pause: Option<(u64, u64)>,
    /// The device stands still for so long once it has played this much.
    stall: Option<(u64, u64)>,
    /// Pictures are seen so late, from this number on.
    pictures: Option<(u64, u64)>,
}

impl Default for Scenario {
    fn default() -> Self {
        Self {
            pieces: 3_000,
            network: Box::new(|_| Some(20_000)),
            drift: 0,
            pause: None,
            stall: None,
            pictures: None,
        }
    }
}

/// What was heard.
struct Heard {
    counts: Counts,
    /// For each packet played: from its capture until it was heard, in microseconds.
    delays: Vec<i64>,
    /// Microseconds in which the device had nothing to play.
    dry: u64,
}

impl Heard {
    /// The delay that all but one in a hundred kept to, over the last two thirds.
    fn settled(&self) -> (i64, i64) {
        let mut late: Vec<i64> = self.delays[self.delays.len() / 3..].to_vec();
        late.sort_unstable();
        (late[late.len() / 100], late[late.len() * 99 / 100])
    }
}

impl Scenario {
    fn captured(&self, seq: u64) -> u64 {
        let pause = match self.pause {
            Some((after, long)) if seq > after => long,
            _ => 0,
        };
        SESSION_EPOCH + seq * PIECE + pause
    }

    fn arrivals(&self) -> BTreeMap<u64, Vec<u64>> {
        let mut arrivals: BTreeMap<u64, Vec<u64>> = BTreeMap::new();
        for seq in 0..self.pieces {
            if let Some(delay) = (self.network)(seq) {
                // A piece is complete when it has been played.
                let at = self.captured(seq) - SESSION_EPOCH + PIECE + delay;
                arrivals.entry(at).or_default().push(seq);
            }
        }
        arrivals
    }

    fn packet(&self, seq: u64) -> SoundPacket<'static> {
        let ends = |last: u64| seq <= last && seq + 3 > last;
        let pauses = ends(self.pieces - 1) || self.pause.is_some_and(|(after, _)| ends(after));
        SoundPacket {
            seq: SoundSeq(seq),
            captured: Timestamp(self.captured(seq)),
            duration: PacketDuration::Ms10,
            outlook: if pauses {
                Outlook::Pauses
            } else {
                Outlook::Continues
            },
            opus: &[1],
        }
    }

    /// Runs to the end in steps of half a millisecond: the device holds at most [`DEVICE`], and
    /// asks for more as soon as there is room for a piece.
    fn run(&self) -> Heard {
        let mut jitter = Jitter::new(Duration::from_micros(DEVICE));
        let mut arrivals = self.arrivals();
        let end = arrivals.last_key_value().map_or(0, |(&at, _)| at) + 500_000;
        let (mut held, mut started, mut wait_until) = (0f64, false, 0);
        let (mut heard_so_far, mut stood) = (0f64, 0);
        let mut heard = Heard {
            counts: Counts::default(),
            delays: Vec::new(),
            dry: 0,
        };
        for now in (0..end).step_by(500) {
            while arrivals.first_key_value().is_some_and(|(&at, _)| at <= now) {
                for seq in arrivals.pop_first().unwrap().1 {
                    jitter.push(&self.packet(seq), Timestamp(now));
                    if let Some((_, late)) = self.pictures.filter(|(from, _)| seq >= *from) {
                        let seen = self.captured(seq) - SESSION_EPOCH + late;
                        let captured = Timestamp(self.captured(seq));
                        jitter.follow(Some(Transit::between(captured, Timestamp(seen))));
                    }
                    wait_until = 0;
                }
            }
            let stands = self.stall.is_some_and(|(after, long)| {
                started && heard_so_far >= after as f64 && stood < long
            });
            let played = if stands {
                stood += 500;
                0.0
            } else {
                500.0 * (1.0 + self.drift as f64 / 1e6)
            };
            if held < played && started && !jitter.is_idle() {
                heard.dry += 500;
            }
            heard_so_far += played.min(held);
            held = (held - played).max(0.0);
            while held + PIECE as f64 <= DEVICE as f64 + 500.0 && now >= wait_until {
                let at = Timestamp(now + held as u64);
                match jitter.pop(at) {
                    Step::Play {
                        captured, speed, ..
                    } => {
                        started = true;
                        let delay = at.0 as i64 - (captured.0 - SESSION_EPOCH) as i64;
                        heard.delays.push(delay);
                        held += PIECE as f64 / (1.0 + f64::from(speed) / 1e6);
                    }
                    Step::Conceal(_) => held += PIECE as f64,
                    Step::Wait(wait) => {
                        wait_until = wait.map_or(u64::MAX, |wait| now + wait.as_micros() as u64);
                    }
                }
            }
        }
        heard.counts = jitter.counts();
        heard
    }
}

/// The same on every machine.
fn noise(seq: u64) -> u64 {
    let mut x = seq.wrapping_add(0x9e37_79b9_7f4a_7c15);
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

#[test]
fn an_even_network_adds_nothing_but_what_must_be() {
    let heard = Scenario::default().run();
    assert_eq!(
        (heard.counts.concealed, heard.counts.late, heard.dry),
        (0, 0, 0)
    );
    assert_eq!(heard.counts.played + heard.counts.skipped, 3_000);
    // The piece itself, the network, the device; the rest is the reserve.
    let must = (PIECE + 20_000 + DEVICE) as i64;
    let (_, most) = heard.settled();
    assert!((must..must + 12_000).contains(&most), "{most}");
}

#[test]
fn jitter_is_covered_and_hardly_anything_guessed() {
    let scenario = Scenario {
        network: Box::new(|seq| Some(20_000 + noise(seq) % 40_000)),
        pieces: 6_000,
        ..Scenario::default()
    };
    let heard = scenario.run();
    assert!(heard.counts.concealed < 6_000 / 25, "{:?}", heard.counts);
    let (_, most) = heard.settled();
    assert!(most < 60_000 + 60_000 + 20_000, "{most}");
}

#[test]
fn lost_packets_are_guessed_one_for_one() {
    let scenario = Scenario {
        network: Box::new(|seq| (noise(seq) % 50 != 0).then_some(20_000)),
        ..Scenario::default()
    };
    let lost = (0..3_000).filter(|&seq| noise(seq) % 50 == 0).count() as u64;
    let heard = scenario.run();
    assert!(
        heard.counts.concealed.abs_diff(lost) <= 8,
        "{lost} {:?}",
        heard.counts
    );
    assert_eq!(heard.dry, 0);
    assert_eq!(heard.counts.late, 0);
}

#[test]
fn a_burst_of_losses_neither_stops_nor_delays_what_follows() {
    let scenario = Scenario {
        network: Box::new(|seq| (!(1_000..1_050).contains(&seq)).then_some(20_000)),
        ..Scenario::default()
    };
    let heard = scenario.run();
    assert!(heard.counts.concealed <= 8, "{:?}", heard.counts);
    let (least, most) = heard.settled();
    assert!(most - least < 10_000, "{least} {most}");
}

#[test]
fn a_network_that_stalls_is_caught_up_with() {
    // Half a second of packets arrives at once, when the stall is over.
    let scenario = Scenario {
        network: Box::new(|seq| match seq {
            1_000..1_050 => Some(20_000 + (1_050 - seq) * PIECE),
            _ => Some(20_000),
        }),
        ..Scenario::default()
    };
    let heard = scenario.run();
    let after = &heard.delays[heard.delays.len() - 500..];
    let most = after.iter().max().unwrap();
    assert!(*most < 80_000, "{most}");
}

/// Devices take a while to start: they take the first pieces, and then none for some time.
#[test]
fn a_device_that_stands_still_is_caught_up_with_at_once() {
    for long in [30_000, 60_000, 90_000, 400_000] {
        for after in [0, 5_000, 20_000, 3_000_000] {
            let scenario = Scenario {
                stall: Some((after, long)),
                ..Scenario::default()
            };
            let heard = scenario.run();
            let must = (PIECE + 20_000 + DEVICE) as i64;
            // What is given to the device before it is known to stand still is late: its buffer.
            let stalled = after as usize / PIECE as usize + 5;
            let late = heard.delays.iter().skip(stalled).max().unwrap();
            assert!(*late < must + 27_000, "{long} after {after}: {late}");
            assert_eq!(heard.counts.concealed, 0, "{long} after {after}");
        }
    }
}

#[test]
fn clocks_that_drift_apart_stay_together() {
    for drift in [-300, 300] {
        let scenario = Scenario {
            pieces: 30_000,
            drift,
            ..Scenario::default()
        };
        let heard = scenario.run();
        let (least, most) = heard.settled();
        assert!(most - least < 15_000, "{drift}: {least} {most}");
        assert_eq!(heard.counts.concealed, 0, "{drift}");
        assert!(heard.counts.skipped < 5, "{drift}: {:?}", heard.counts);
        assert_eq!(heard.dry, 0, "{drift}");
    }
}

#[test]
fn pauses_keep_their_length_and_are_not_guessed_over() {
    let scenario = Scenario {
        pause: Some((1_000, 2_345_678)),
        ..Scenario::default()
    };
    let heard = scenario.run();
    assert_eq!(heard.counts.concealed, 0);
    assert_eq!(heard.counts.played + heard.counts.skipped, 3_000);
    let (least, most) = heard.settled();
    assert!(most - least < 12_000, "{least} {most}");
}

#[test]
fn sound_waits_for_pictures_that_take_longer() {
    let scenario = Scenario {
        pieces: 6_000,
        pictures: Some((2_000, 250_000)),
        ..Scenario::default()
    };
    let heard = scenario.run();
    let last = *heard.delays.last().unwrap();
    assert!((235_000..=265_000).contains(&last), "{last}");
    // One stop, of what the pictures are later.
    assert!(heard.dry < 200_000, "{}", heard.dry);
}

#[test]
fn hostile_numbers_and_times_neither_panic_nor_pile_up() {
    let mut jitter = Jitter::new(Duration::from_millis(30));
    for i in 0..20_000u64 {
        let odd = noise(i);
        let packet = SoundPacket {
            seq: SoundSeq(match odd % 4 {
                0 => odd,
                1 => u64::MAX - odd % 3,
                _ => i,
            }),
            captured: Timestamp(noise(odd)),
            duration: PacketDuration::Ms20,
            outlook: Outlook::Continues,
            opus: &[1],
        };
        jitter.push(&packet, Timestamp(i * 1_000));
        let _ = jitter.pop(Timestamp(i * 1_000));
    }
    let mut steps = 0;
    while !matches!(jitter.pop(Timestamp(u64::MAX / 4)), Step::Wait(_)) {
        steps += 1;
        assert!(steps < 1_000);
    }
}
