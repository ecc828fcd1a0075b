//! A UDP socket that sends no more than a cap allows.
//!
//! The cap counts what is on the line: every datagram with its IP and UDP headers, repeated ones and
//! acknowledgements included. What may not leave yet stays in QUIC, where an urgent frame still
//! overtakes others; only a batch of packets waits here.

use std::fmt;
use std::future::Future;
use std::io::{self, IoSliceMut};
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Instant;

use hackstream_protocol::rate::cap::{Cap, Limits};
use hackstream_protocol::units::{Bitrate, ByteCount, Timestamp};
use quinn::udp::{RecvMeta, Transmit};
use quinn::{AsyncUdpSocket, UdpPoller};
use tokio::time::Sleep;

/// The largest datagram with its headers.
const LARGEST: u64 = 1500;

/// The account that all connections of a socket share.
pub(crate) struct SharedCap {
    cap: Mutex<Cap>,
    batch: usize,
    epoch: Instant,
}

impl SharedCap {
    pub(crate) fn new(limits: Limits) -> Self {
        let cap = Cap::new(limits);
        Self {
            batch: cap.batch_packets(),
            cap: Mutex::new(cap),
            epoch: Instant::now(),
        }
    }

    /// What may be sent in the long run.
    pub(crate) fn rate(&self) -> Bitrate {
        self.lock().rate(self.now())
    }

    fn now(&self) -> Timestamp {
        Timestamp::at(self.epoch.elapsed())
    }

    fn lock(&self) -> MutexGuard<'_, Cap> {
        // Its numbers stay consistent whatever panicked while it was held.
        self.cap.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The socket.
pub(crate) struct CappedSocket {
    inner: Arc<dyn AsyncUdpSocket>,
    shared: Arc<SharedCap>,
}

impl CappedSocket {
    pub(crate) fn new(inner: Arc<dyn AsyncUdpSocket>, shared: Arc<SharedCap>) -> Self {
        Self { inner, shared }
    }

    fn largest_batch(&self) -> ByteCount {
        ByteCount(self.max_transmit_segments() as u64 * LARGEST)
    }
}

impl fmt::Debug for CappedSocket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("CappedSocket").field(&self.inner).finish()
    }
}

impl AsyncUdpSocket for CappedSocket {
    fn create_io_poller(self: Arc<Self>) -> Pin<Box<dyn UdpPoller>> {
        Box::pin(CappedPoller {
            inner: Arc::clone(&self.inner).create_io_poller(),
            socket: self,
            sleep: None,
        })
    }

    fn try_send(&self, transmit: &Transmit<'_>) -> io::Result<()> {
        let bytes = on_the_line(transmit);
        let now = self.shared.now();
        let mut cap = self.shared.lock();
        if cap.ready_at(now, bytes) > now {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        self.inner.try_send(transmit)?;
        cap.left(now, bytes);
        Ok(())
    }

    fn poll_recv(
        &self,
        cx: &mut Context<'_>,
        bufs: &mut [IoSliceMut<'_>],
        meta: &mut [RecvMeta],
    ) -> Poll<io::Result<usize>> {
        self.inner.poll_recv(cx, bufs, meta)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.inner.local_addr()
    }

    fn max_transmit_segments(&self) -> usize {
        self.inner.max_transmit_segments().min(self.shared.batch)
    }

    fn max_receive_segments(&self) -> usize {
        self.inner.max_receive_segments()
    }

    fn may_fragment(&self) -> bool {
        self.inner.may_fragment()
    }
}

/// Bytes of all datagrams with their headers.
fn on_the_line(transmit: &Transmit<'_>) -> ByteCount {
    let bytes = transmit.contents.len();
    let datagrams = transmit
        .segment_size
        .map_or(1, |size| bytes.div_ceil(size.max(1)));
    let headers = match transmit.destination.ip() {
        IpAddr::V4(_) => 20 + 8,
        IpAddr::V6(_) => 40 + 8,
    };
    ByteCount((bytes + datagrams * headers) as u64)
}

/// Waits until the cap has room for a batch, and then for the socket.
struct CappedPoller {
    inner: Pin<Box<dyn UdpPoller>>,
    socket: Arc<CappedSocket>,
    sleep: Option<Pin<Box<Sleep>>>,
}

impl fmt::Debug for CappedPoller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("CappedPoller").field(&self.inner).finish()
    }
}

impl UdpPoller for CappedPoller {
    fn poll_writable(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        loop {
            let shared = &self.socket.shared;
            let now = shared.now();
            let at = shared.lock().ready_at(now, self.socket.largest_batch());
            if at <= now {
                self.sleep = None;
                return self.inner.as_mut().poll_writable(cx);
            }
            let sleep = Box::pin(tokio::time::sleep(at.since(now)));
            ready!(self.sleep.insert(sleep).as_mut().poll(cx));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_of_each_datagram_count() {
        let contents = [0; 3000];
        let transmit = |destination: &str, segment_size| Transmit {
            destination: destination.parse().unwrap(),
            ecn: None,
            contents: &contents,
            segment_size,
            src_ip: None,
        };
        let of = |destination, segments| on_the_line(&transmit(destination, segments)).0;
        assert_eq!(of("127.0.0.1:1", None), 3028);
        assert_eq!(of("127.0.0.1:1", Some(1200)), 3000 + 3 * 28);
        assert_eq!(of("[::1]:1", Some(1500)), 3000 + 2 * 48);
    }
}
