//! The rate at which the path delivers.
//!
//! Each acknowledgement says how much was delivered since its packet was sent. The time this took
//! is the longer of the sending and the acknowledging interval, so that neither a burst sent at
//! once nor acknowledgements that arrive in a clump look like a fast path.

use std::collections::VecDeque;

use core::time::Duration;

use crate::units::{Bitrate, ByteCount, Timestamp};

/// Departures remembered; older ones give no sample. At 16 MiB in flight in bursts of ten packets
/// about a thousand are in use.
const MAX_DEPARTURES: usize = 8192;

/// What was known when a burst of packets left.
#[derive(Clone, Copy, Debug)]
struct Departure {
    sent: Timestamp,
    delivered: u64,
    delivered_at: Timestamp,
    /// When the packet left whose acknowledgement was the latest at that time.
    flight_began: Timestamp,
}

/// Estimates the delivery rate from departures and acknowledgements.
#[derive(Clone, Debug, Default)]
pub struct DeliveryEstimator {
    delivered: u64,
    delivered_at: Timestamp,
    flight_began: Timestamp,
    departures: VecDeque<Departure>,
    estimate: Bitrate,
}

impl DeliveryEstimator {
    /// Bytes left at `now` while `in_flight` others were on their way.
    pub fn on_sent(&mut self, now: Timestamp, in_flight: ByteCount) {
        if in_flight == ByteCount(0) {
            self.flight_began = now;
            self.delivered_at = now;
        }
        if self.departures.back().is_some_and(|last| last.sent == now) {
            return;
        }
        if self.departures.len() == MAX_DEPARTURES {
            self.departures.pop_front();
        }
        self.departures.push_back(Departure {
            sent: now,
            delivered: self.delivered,
            delivered_at: self.delivered_at,
            flight_began: self.flight_began,
        });
    }

    /// A packet of `bytes` that left at `sent` was acknowledged. Returns the rate this shows;
    /// `None` if the packet is older than what is remembered or the interval is shorter than
    /// `base`, the empty path's round-trip time.
    pub fn on_ack(
        &mut self,
        now: Timestamp,
        sent: Timestamp,
        bytes: ByteCount,
        base: Duration,
    ) -> Option<Bitrate> {
        self.delivered += bytes.0;
        self.delivered_at = now;
        while self.departures.front().is_some_and(|d| d.sent < sent) {
            self.departures.pop_front();
        }
        let departure = *self.departures.front().filter(|d| d.sent == sent)?;
        self.flight_began = sent;
        let sending = sent.since(departure.flight_began);
        let acknowledging = now.since(departure.delivered_at);
        let interval = sending.max(acknowledging);
        if interval.is_zero() || interval < base {
            return None;
        }
        let delivered = ByteCount(self.delivered - departure.delivered);
        Some(Bitrate::of(delivered, interval))
    }

    /// Takes the rate of one round into account. A round that did not keep the path busy shows
    /// only a lower bound, so it can raise the estimate and not lower it.
    pub fn on_round(&mut self, rate: Bitrate, path_was_busy: bool) {
        if rate > self.estimate {
            self.estimate.0 += (rate.0 - self.estimate.0).div_ceil(2);
        } else if path_was_busy {
            self.estimate.0 -= (self.estimate.0 - rate.0) / 4;
        }
    }

    /// The estimate; zero before the first round.
    #[must_use]
    pub const fn estimate(&self) -> Bitrate {
        self.estimate
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BASE: Duration = Duration::from_millis(50);

    fn ms(millis: u64) -> Timestamp {
        Timestamp(millis * 1000)
    }

    /// A burst leaves at once and is acknowledged at 1 Mbyte/s.
    #[test]
    fn a_burst_shows_the_rate_of_its_acknowledgements() {
        let mut delivery = DeliveryEstimator::default();
        delivery.on_sent(ms(0), ByteCount(0));
        let mut last = None;
        for packet in 0..100 {
            last = delivery.on_ack(ms(50 + packet), ms(0), ByteCount(1000), BASE);
        }
        // 100 kB in 149 ms, because the first one was on its way for 50 ms.
        assert_eq!(last, Some(Bitrate(100_000 * 8 * 1000 / 149)));
    }

    #[test]
    fn acknowledgements_in_a_clump_do_not_look_like_a_fast_path() {
        let mut delivery = DeliveryEstimator::default();
        let mut in_flight = ByteCount(0);
        for packet in 0..100 {
            delivery.on_sent(ms(packet), in_flight);
            in_flight.0 += 1000;
        }
        let best = (0..100)
            .filter_map(|packet| delivery.on_ack(ms(150), ms(packet), ByteCount(1000), BASE))
            .max();
        assert!(best.unwrap() <= Bitrate::mbps(8));
    }

    #[test]
    fn a_round_that_left_the_path_idle_only_raises_the_estimate() {
        let mut delivery = DeliveryEstimator::default();
        delivery.on_round(Bitrate::mbps(8), false);
        assert_eq!(delivery.estimate(), Bitrate::mbps(4));
        delivery.on_round(Bitrate::mbps(1), false);
        assert_eq!(delivery.estimate(), Bitrate::mbps(4));
        delivery.on_round(Bitrate::mbps(2), true);
        assert_eq!(delivery.estimate(), Bitrate::kbps(3500));
    }

    #[test]
    fn a_packet_that_is_no_longer_remembered_gives_no_sample() {
        let mut delivery = DeliveryEstimator::default();
        delivery.on_sent(ms(0), ByteCount(0));
        delivery.on_sent(ms(1), ByteCount(1000));
        let late = delivery.on_ack(ms(60), ms(1), ByteCount(1000), BASE);
        assert!(late.is_some());
        assert_eq!(delivery.on_ack(ms(70), ms(0), ByteCount(1000), BASE), None);
    }
}
