//! A socket that can stop to hear: whoever has it goes on talking and acknowledges nothing.

use std::fmt;
use std::io::{self, IoSliceMut};
use std::net::{SocketAddr, UdpSocket};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};

use quinn::udp::{RecvMeta, Transmit};
use quinn::{AsyncUdpSocket, Runtime as _, TokioRuntime, UdpPoller};

/// What can be closed of such a socket.
#[derive(Clone, Debug, Default)]
pub struct Ears(Arc<AtomicBool>);

impl Ears {
    /// From now on nothing is heard.
    pub fn close(&self) {
        self.0.store(true, Ordering::SeqCst);
    }

    /// A socket with these ears.
    ///
    /// # Errors
    /// If there is none to be had.
    pub fn socket(&self, addr: SocketAddr) -> io::Result<Arc<dyn AsyncUdpSocket>> {
        let inner = TokioRuntime.wrap_udp_socket(UdpSocket::bind(addr)?)?;
        let ears = self.clone();
        Ok(Arc::new(EaredSocket { inner, ears }))
    }
}

struct EaredSocket {
    inner: Arc<dyn AsyncUdpSocket>,
    ears: Ears,
}

impl fmt::Debug for EaredSocket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("EaredSocket").field(&self.inner).finish()
    }
}

impl AsyncUdpSocket for EaredSocket {
    fn create_io_poller(self: Arc<Self>) -> Pin<Box<dyn UdpPoller>> {
        Arc::clone(&self.inner).create_io_poller()
    }

    fn try_send(&self, transmit: &Transmit<'_>) -> io::Result<()> {
        self.inner.try_send(transmit)
    }

    fn poll_recv(
        &self,
        cx: &mut Context<'_>,
        bufs: &mut [IoSliceMut<'_>],
        meta: &mut [RecvMeta],
    ) -> Poll<io::Result<usize>> {
        loop {
            let count = ready!(self.inner.poll_recv(cx, bufs, meta))?;
            if !self.ears.0.load(Ordering::SeqCst) {
                return Poll::Ready(Ok(count));
            }
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.inner.local_addr()
    }

    fn may_fragment(&self) -> bool {
        self.inner.may_fragment()
    }
}
