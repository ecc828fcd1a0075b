//! How much longer than the quickest packets the others take.

use hackstream_protocol::units::Timestamp;

/// Width of a class of delays, and how many there are: up to half a second.
const CLASS_MICROS: i64 = 2_000;
const CLASSES: usize = 256;

/// Of each packet's weight so much is left after the next one: about five seconds of packets count.
const FORGET_SHIFT: u32 = 9;
const WEIGHT: u32 = 1 << 20;

/// The share of packets, in hundredths, that arrive within the reserve.
const IN_TIME_PERCENT: u64 = 98;

/// What the viewer's own threads need; also the least reserve.
const MARGIN_MICROS: i64 = 4_000;

/// Assumed until packets show better.
const FIRST_RESERVE_MICROS: i64 = 10_000;

/// No network keeps a packet for so long that QUIC still delivers it.
const JUMP_MICROS: i64 = 3_000_000;

/// For how many packets the quickest one counts, at least; at most twice as many. Clocks that drift
/// apart by 100 millionths differ by 2 ms after 20 seconds.
const BASE_PACKETS: u32 = 1_000;

/// Relative delays of the packets of late.
///
/// A packet's transit is its arrival on the viewer's clock less its capture on the session's. By
/// itself it means nothing, because the clocks have nothing to do with each other; differences of
/// transits are differences of delays.
#[derive(Debug)]
pub struct Delays {
    /// Least transit of the current and of the previous [`BASE_PACKETS`].
    current: Option<i64>,
    previous: Option<i64>,
    counted: u32,
    /// Weights of delays above the least.
    classes: [u32; CLASSES],
}

impl Default for Delays {
    fn default() -> Self {
        Self::new()
    }
}

impl Delays {
    /// Nothing known.
    #[must_use]
    pub fn new() -> Self {
        let mut classes = [0; CLASSES];
        // Worth some packets, so that the first few do not decide; those of two seconds do.
        classes[(FIRST_RESERVE_MICROS / CLASS_MICROS) as usize] = 4 * WEIGHT;
        Self {
            current: None,
            previous: None,
            counted: 0,
            classes,
        }
    }

    /// A packet captured at `captured` arrived at `now`.
    pub fn arrived(&mut self, captured: Timestamp, now: Timestamp) {
        let transit = signed(now) - signed(captured);
        if self.counted >= BASE_PACKETS {
            self.counted = 0;
            self.previous = self.current.take();
        }
        self.counted += 1;
        self.current = Some(self.current.map_or(transit, |least| least.min(transit)));
        for weight in &mut self.classes {
            *weight -= *weight >> FORGET_SHIFT;
        }
        let delay = transit.saturating_sub(self.base()).max(0);
        let class = (delay / CLASS_MICROS).min(CLASSES as i64 - 1) as usize;
        self.classes[class] += WEIGHT;
    }

    /// Whether the packet is so late that not the network but a clock must have jumped: one of the
    /// machines slept.
    #[must_use]
    pub fn is_another_clock(&self, captured: Timestamp, now: Timestamp) -> bool {
        self.current.is_some() && signed(now) - signed(captured) - self.base() > JUMP_MICROS
    }

    /// The least transit of late in microseconds; 0 before the first packet.
    #[must_use]
    pub fn base(&self) -> i64 {
        let least = [self.current, self.previous].into_iter().flatten().min();
        least.unwrap_or(0)
    }

    /// Microseconds that packets are to be kept, beyond the quickest, so that nearly all are there
    /// in time.
    #[must_use]
    pub fn reserve_micros(&self) -> i64 {
        let total: u64 = self.classes.iter().map(|&weight| u64::from(weight)).sum();
        let mut seen = 0;
        let class = self.classes.iter().position(|&weight| {
            seen += u64::from(weight);
            seen * 100 >= total * IN_TIME_PERCENT
        });
        let above = class.map_or(0, |class| (class as i64 + 1) * CLASS_MICROS);
        above + MARGIN_MICROS
    }
}

/// A timestamp whose sums and differences with a few others do not overflow: a peer's may be any,
/// and the largest ones mean nothing.
pub(super) fn signed(at: Timestamp) -> i64 {
    at.0.min(i64::MAX as u64 / 16) as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn feed(delays: &mut Delays, packets: u64, delay: impl Fn(u64) -> u64) {
        for i in 0..packets {
            let captured = Timestamp(1_000_000_000 + i * 10_000);
            delays.arrived(captured, Timestamp(i * 10_000 + delay(i)));
        }
    }

    #[test]
    fn an_even_network_needs_hardly_a_reserve() {
        let mut delays = Delays::new();
        feed(&mut delays, 3_000, |_| 50_000);
        assert!(delays.reserve_micros() <= 6_000, "{delays:?}");
        assert_eq!(delays.base(), 50_000 - 1_000_000_000);
    }

    #[test]
    fn the_reserve_covers_what_happens_often_and_not_what_is_rare() {
        let mut delays = Delays::new();
        feed(&mut delays, 3_000, |i| {
            if i % 10 == 0 { 80_000 } else { 50_000 }
        });
        assert!((30_000..40_000).contains(&delays.reserve_micros()));
        let mut delays = Delays::new();
        feed(&mut delays, 3_000, |i| {
            if i % 200 == 0 { 250_000 } else { 50_000 }
        });
        assert!(delays.reserve_micros() < 10_000);
    }

    #[test]
    fn a_longer_way_becomes_the_usual_one() {
        let mut delays = Delays::new();
        feed(&mut delays, 500, |_| 50_000);
        feed(&mut delays, 5_000, |_| 120_000);
        assert_eq!(delays.base(), 120_000 - 1_000_000_000);
        assert!(delays.reserve_micros() < 10_000);
    }

    #[test]
    fn nonsense_from_the_peer_is_survived() {
        let mut delays = Delays::new();
        for (captured, now) in [(u64::MAX, 0), (0, u64::MAX), (0, 0), (u64::MAX, u64::MAX)] {
            delays.arrived(Timestamp(captured), Timestamp(now));
        }
        assert!(delays.reserve_micros() > 0);
    }
}
