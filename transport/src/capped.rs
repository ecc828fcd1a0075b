//! The server's UDP socket: it sends no more than a cap on all connections allows, and for each no
//! more than its [allotment](crate::allotment).
//!
//! Both count what is on the line: every datagram with its IP and UDP headers, repeated ones and
//! acknowledgements included. What may not leave yet stays in QUIC, where an urgent frame still
//! overtakes others; only a batch of packets waits here.

use std::fmt;
use std::future::Future;
use std::io::{self, IoSliceMut};
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use hackstream_protocol::rate::cap::{Cap, Limits};
use hackstream_protocol::units::{Bitrate, ByteCount, Timestamp};
use quinn::udp::{RecvMeta, Transmit};
use quinn::{AsyncUdpSocket, UdpPoller};
use tokio::time::Sleep;

use crate::allotment::Allotment;
use crate::hearing::Peers;

/// The largest datagram with its headers.
pub(crate) const LARGEST: u64 = 1500;

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

    /// How long until `bytes` may leave; `None` for no time at all.
    fn wait(&self, bytes: ByteCount) -> Option<Duration> {
        let now = self.now();
        let at = self.lock().ready_at(now, bytes);
        (at > now).then(|| at.since(now))
    }

    /// Has `send` send what is so long on the line, if it may leave now.
    fn send(&self, bytes: ByteCount, send: impl FnOnce() -> io::Result<()>) -> io::Result<()> {
        let now = self.now();
        let mut cap = self.lock();
        if cap.ready_at(now, bytes) > now {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        send()?;
        cap.left(now, bytes);
        Ok(())
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
    /// What all connections may send together, if that is limited.
    shared: Option<Arc<SharedCap>>,
    peers: Arc<Peers>,
}

impl CappedSocket {
    /// A socket that tells `peers` who is heard.
    pub(crate) fn new(
        inner: Arc<dyn AsyncUdpSocket>,
        shared: Option<Arc<SharedCap>>,
        peers: Arc<Peers>,
    ) -> Self {
        Self {
            inner,
            shared,
            peers,
        }
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
            allotment: Allotment::present(),
            socket: self,
            sleep: None,
        })
    }

    fn try_send(&self, transmit: &Transmit<'_>) -> io::Result<()> {
        let send = |part: &Transmit<'_>| match &self.shared {
            Some(shared) => shared.send(on_the_line(part), || self.inner.try_send(part)),
            None => self.inner.try_send(part),
        };
        match Allotment::present() {
            Some(allotment) => allotment.send(transmit, send),
            None => send(transmit),
        }
    }

    fn poll_recv(
        &self,
        cx: &mut Context<'_>,
        bufs: &mut [IoSliceMut<'_>],
        meta: &mut [RecvMeta],
    ) -> Poll<io::Result<usize>> {
        let count = ready!(self.inner.poll_recv(cx, bufs, meta))?;
        for received in meta.iter().take(count) {
            self.peers.heard(received.addr);
        }
        Poll::Ready(Ok(count))
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.inner.local_addr()
    }

    fn max_transmit_segments(&self) -> usize {
        let most = self.inner.max_transmit_segments();
        self.shared
            .as_ref()
            .map_or(most, |shared| most.min(shared.batch))
    }

    fn max_receive_segments(&self) -> usize {
        self.inner.max_receive_segments()
    }

    fn may_fragment(&self) -> bool {
        self.inner.may_fragment()
    }
}

/// Bytes of all datagrams with their headers.
pub(crate) fn on_the_line(transmit: &Transmit<'_>) -> ByteCount {
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

/// Waits until the caps have room, and then for the socket.
struct CappedPoller {
    inner: Pin<Box<dyn UdpPoller>>,
    /// Of the connection whose poller this is.
    allotment: Option<Arc<Allotment>>,
    socket: Arc<CappedSocket>,
    sleep: Option<Pin<Box<Sleep>>>,
}

impl fmt::Debug for CappedPoller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("CappedPoller").field(&self.inner).finish()
    }
}

impl CappedPoller {
    /// How long the caps have no room; `None` for no time at all.
    fn wait(&self) -> Option<Duration> {
        let shared = self.socket.shared.as_ref();
        let for_all = shared.and_then(|shared| shared.wait(self.socket.largest_batch()));
        let for_this = self.allotment.as_ref().and_then(|own| own.wait());
        for_all.max(for_this)
    }
}

impl UdpPoller for CappedPoller {
    fn poll_writable(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        loop {
            let Some(wait) = self.wait() else {
                self.sleep = None;
                let writable = ready!(self.inner.as_mut().poll_writable(cx));
                if let (Ok(()), Some(allotment)) = (&writable, &self.allotment) {
                    allotment.is_next();
                }
                return Poll::Ready(writable);
            };
            let sleep = Box::pin(tokio::time::sleep(wait));
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
