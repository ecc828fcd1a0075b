//! The most that one connection may send, whatever the others may.
//!
//! QUIC's idea of a socket does not tell for which connection it is used. But a connection's poller
//! is made while the connection is accepted, and what the poller lets pass is sent next, both on the
//! thread that works for the connection: so the thread remembers whose allotment it is.

use std::cell::Cell;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use hackstream_protocol::rate::cap::{Cap, Limits};
use hackstream_protocol::units::{Bitrate, ByteCount, Timestamp};
use quinn::udp::Transmit;

use crate::capped::{LARGEST, on_the_line};

thread_local! {
    /// For whom this thread makes a poller, or is about to send.
    static PRESENT: Cell<Option<Arc<Allotment>>> = const { Cell::new(None) };
}

/// What one connection may send.
pub(crate) struct Allotment {
    state: Mutex<State>,
    epoch: Instant,
}

#[derive(Default)]
struct State {
    limit: Option<Bitrate>,
    cap: Option<Cap>,
    /// Bytes of the batch at hand that have left. QUIC tries a batch again until all of it has.
    departed: usize,
}

impl Default for Allotment {
    fn default() -> Self {
        Self {
            state: Mutex::default(),
            epoch: Instant::now(),
        }
    }
}

impl Allotment {
    /// Does `work`, which makes the poller of the connection whose allotment this is.
    pub(crate) fn while_opening<T>(self: &Arc<Self>, work: impl FnOnce() -> T) -> T {
        PRESENT.set(Some(Arc::clone(self)));
        let done = work();
        PRESENT.take();
        done
    }

    /// This thread sends next for whoever has this allotment.
    pub(crate) fn is_next(self: &Arc<Self>) {
        PRESENT.set(Some(Arc::clone(self)));
    }

    /// For whom this thread works; `None` if for nobody in particular. Asked once.
    pub(crate) fn present() -> Option<Arc<Self>> {
        PRESENT.take()
    }

    /// Sets or lifts the limit. Returns what may be sent under it in the long run.
    pub(crate) fn set(&self, limit: Option<Bitrate>) -> Option<Bitrate> {
        let mut state = self.lock();
        // Who repeats a limit is not forgiven what left under it.
        if state.limit != limit {
            let within = |rate| Limits {
                rate: Some(rate),
                per_hour: None,
            };
            state.limit = limit;
            state.cap = limit.map(|rate| Cap::new(within(rate)));
        }
        state.rate(self.now())
    }

    /// What may be sent in the long run; `None` for whatever the path carries.
    pub(crate) fn rate(&self) -> Option<Bitrate> {
        self.lock().rate(self.now())
    }

    /// How long until another datagram may leave; `None` for no time at all.
    pub(crate) fn wait(&self) -> Option<Duration> {
        let (state, now) = (self.lock(), self.now());
        let at = state.cap.as_ref()?.ready_at(now, ByteCount(LARGEST));
        (at > now).then(|| at.since(now))
    }

    /// Has `send` send as much of the batch as may leave now.
    ///
    /// # Errors
    /// What `send` fails with; [`io::ErrorKind::WouldBlock`] if some of the batch has to wait.
    pub(crate) fn send(
        &self,
        batch: &Transmit<'_>,
        send: impl FnOnce(&Transmit<'_>) -> io::Result<()>,
    ) -> io::Result<()> {
        let mut state = self.lock();
        let now = self.now();
        let part = state.part(now, batch).ok_or(io::ErrorKind::WouldBlock)?;
        send(&part)?;
        state.left(now, &part);
        if state.departed < batch.contents.len() {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        state.departed = 0;
        Ok(())
    }

    fn now(&self) -> Timestamp {
        Timestamp::at(self.epoch.elapsed())
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Its numbers stay consistent whatever panicked while it was held.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn rate(&self, now: Timestamp) -> Option<Bitrate> {
        self.cap.as_ref().map(|cap| cap.rate(now))
    }

    /// What of the batch may leave now: as many of its datagrams as the cap admits.
    fn part<'a>(&self, now: Timestamp, batch: &Transmit<'a>) -> Option<Transmit<'a>> {
        let rest = batch.contents.get(self.departed..).unwrap_or_default();
        let size = batch.segment_size.unwrap_or(batch.contents.len()).max(1);
        let first = |datagrams: usize| {
            let bytes = rest.len().min(datagrams * size);
            Transmit {
                destination: batch.destination,
                ecn: batch.ecn,
                contents: &rest[..bytes],
                segment_size: batch.segment_size.filter(|&size| bytes > size),
                src_ip: batch.src_ip,
            }
        };
        let all = rest.len().div_ceil(size);
        let Some(cap) = &self.cap else {
            return Some(first(all));
        };
        // More than that at once would count as what it holds.
        (1..=all.min(cap.batch_packets()))
            .rev()
            .map(first)
            .find(|part| cap.ready_at(now, on_the_line(part)) <= now)
    }

    fn left(&mut self, now: Timestamp, part: &Transmit<'_>) {
        if let Some(cap) = &mut self.cap {
            cap.left(now, on_the_line(part));
        }
        self.departed += part.contents.len();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn batch(contents: &[u8]) -> Transmit<'_> {
        Transmit {
            destination: ([127, 0, 0, 1], 1).into(),
            ecn: None,
            contents,
            segment_size: Some(1200),
            src_ip: None,
        }
    }

    /// What leaves of a batch in one attempt, and what becomes of the attempt.
    fn attempt(allotment: &Allotment, contents: &[u8]) -> (Vec<u8>, io::Result<()>) {
        let mut left = Vec::new();
        let result = allotment.send(&batch(contents), |part| {
            left.extend_from_slice(part.contents);
            Ok(())
        });
        (left, result)
    }

    #[test]
    fn without_a_limit_all_leaves_at_once() {
        let (contents, allotment) = ([7; 12_000], Allotment::default());
        assert_eq!(allotment.wait(), None);
        let (left, result) = attempt(&allotment, &contents);
        assert_eq!(left, contents);
        assert!(result.is_ok());
    }

    #[test]
    fn a_batch_leaves_in_parts_each_once() {
        const RATE: Bitrate = Bitrate::kbps(100);
        let contents: Vec<u8> = (0..21_000u32).map(|at| (at % 251) as u8).collect();
        let (allotment, begun) = (Allotment::default(), Instant::now());
        let mut all = Vec::new();
        for _ in 0..100 {
            // Again and again, which changes nothing.
            allotment.set(Some(RATE));
            let (left, result) = attempt(&allotment, &contents);
            assert_eq!(result.unwrap_err().kind(), io::ErrorKind::WouldBlock);
            all.extend(left);
        }
        let held = 2 * LARGEST + RATE.bytes_in(begun.elapsed()).0;
        assert!((1..=held).contains(&(all.len() as u64)), "{}", all.len());
        allotment.set(None);
        let (rest, result) = attempt(&allotment, &contents);
        all.extend(rest);
        assert!(result.is_ok());
        assert_eq!(all, contents);
    }

    #[test]
    fn a_socket_that_is_full_costs_nothing() {
        let (contents, allotment) = ([7; 1200], Allotment::default());
        allotment.set(Some(Bitrate::kbps(100)));
        let full = allotment.send(&batch(&contents), |_| Err(io::ErrorKind::WouldBlock.into()));
        assert!(full.is_err());
        assert_eq!(attempt(&allotment, &contents).0.len(), 1200);
    }

    #[test]
    fn the_thread_forgets_for_whom_it_opened_and_sent() {
        let allotment = Arc::<Allotment>::default();
        allotment.while_opening(|| assert!(Allotment::present().is_some()));
        allotment.while_opening(|| ());
        assert!(Allotment::present().is_none());
        allotment.is_next();
        assert!(Allotment::present().is_some());
        assert!(Allotment::present().is_none());
    }
}
