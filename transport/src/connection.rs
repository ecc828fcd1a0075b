//! One connection between a server and a viewer.

use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use hackstream_protocol::ids::StreamIndex;
use hackstream_protocol::limits::MAX_TEXT_BYTES;
use hackstream_protocol::units::Bitrate;
use hackstream_protocol::wire::control::RefusalReason;
use hackstream_protocol::wire::{StreamKind, WireError};
use quinn::{RecvStream, Side};
use rustls::pki_types::CertificateDer;
use tokio::sync::Mutex;

use crate::allotment::Allotment;
use crate::background::Yielding;
use crate::capped::SharedCap;
use crate::lane::Lane;
use crate::parities::Parities;
use crate::path::{PathReport, PathState, PathWake};
use crate::turns::Turns;
use crate::{
    CloseReason, ControlMessage, ControlReader, ControlWriter, Fingerprint, FrameReader,
    RecordReader, RecordWriter, TransportError, frames, tls,
};

/// Control messages go before frames, which have the priorities that the server gives them.
const CONTROL_PRIORITY: i32 = i32::MAX - 1;
/// Input goes before everything.
const INPUT_PRIORITY: i32 = i32::MAX;

/// A connection; clones are the same connection. It is closed when all of them and all its streams
/// are dropped, but better on purpose, with [`close`](Self::close).
#[derive(Clone)]
pub struct Connection {
    quic: quinn::Connection,
    path: Arc<PathState>,
    /// What all connections of the listener may send together.
    cap: Option<Arc<SharedCap>>,
    /// What this one may send, on the server's side.
    allotment: Option<Arc<Allotment>>,
    /// A stream whose kind is not known yet, so that `accept_stream` may be cancelled.
    arriving: Arc<Mutex<Option<RecvStream>>>,
    /// Of the frames that are arriving.
    pub(crate) parities: Arc<Parities>,
    /// Frames whose slices are spaced.
    lane: Arc<Lane>,
    /// The order of frames.
    turns: Arc<Turns>,
    /// How what can wait gives way.
    pub(crate) yielding: Arc<Yielding>,
}

/// A stream that the peer opened.
pub enum IncomingStream {
    /// The viewer's input events.
    Input(RecordReader),
    /// The viewer's feedback.
    Feedback(RecordReader),
    /// One picture.
    Frame(FrameReader),
}

impl Connection {
    pub(crate) fn new(quic: quinn::Connection, path: Arc<PathState>) -> Self {
        path.publish_rtt(quic.rtt());
        Self {
            quic,
            path,
            cap: None,
            allotment: None,
            arriving: Arc::default(),
            parities: Arc::default(),
            lane: Arc::default(),
            turns: Arc::default(),
            yielding: Arc::default(),
        }
    }

    /// The same, with what it may send.
    pub(crate) fn within(self, cap: Option<Arc<SharedCap>>, allotment: Arc<Allotment>) -> Self {
        let allotment = Some(allotment);
        Self {
            cap,
            allotment,
            ..self
        }
    }

    pub(crate) const fn path_state(&self) -> &Arc<PathState> {
        &self.path
    }

    pub(crate) const fn quic(&self) -> &quinn::Connection {
        &self.quic
    }

    /// The key that the server proved to hold; `None` on the server's side.
    #[must_use]
    pub fn peer_fingerprint(&self) -> Option<Fingerprint> {
        let identity = self.quic.peer_identity()?;
        let chain = identity.downcast::<Vec<CertificateDer<'static>>>().ok()?;
        tls::fingerprint(chain.first()?)
    }

    /// Bytes that both ends of this connection know and nobody else: RFC 8446's exporter. Another
    /// connection, even between the same peers, has others; so has another `label` or `context`.
    ///
    /// # Errors
    /// [`TransportError::Crypto`] if the handshake is not over.
    pub fn exported<const N: usize>(
        &self,
        label: &[u8],
        context: &[u8],
    ) -> Result<[u8; N], TransportError> {
        let mut bytes = [0; N];
        let exported = self.quic.export_keying_material(&mut bytes, label, context);
        let failed = |_| TransportError::Crypto("the connection exports no secret".to_owned());
        exported.map(|()| bytes).map_err(failed)
    }

    /// The peer's address now; a roaming viewer's changes.
    #[must_use]
    pub fn remote(&self) -> SocketAddr {
        self.quic.remote_address()
    }

    /// Opens the control stream: the viewer's side. The server learns of it with the first
    /// message.
    ///
    /// # Errors
    /// [`TransportError::Closed`].
    pub async fn open_control<Out, In>(
        &self,
    ) -> Result<(ControlWriter<Out>, ControlReader<In>), TransportError>
    where
        Out: ControlMessage,
        In: ControlMessage,
    {
        let (send, receive) = self.quic.open_bi().await?;
        set_priority(&send, CONTROL_PRIORITY)?;
        Ok((ControlWriter::new(send), ControlReader::new(receive)))
    }

    /// Accepts the control stream: the server's side. May be cancelled.
    ///
    /// # Errors
    /// [`TransportError::Closed`].
    pub async fn accept_control<Out, In>(
        &self,
    ) -> Result<(ControlWriter<Out>, ControlReader<In>), TransportError>
    where
        Out: ControlMessage,
        In: ControlMessage,
    {
        let (send, receive) = self.quic.accept_bi().await?;
        set_priority(&send, CONTROL_PRIORITY)?;
        Ok((ControlWriter::new(send), ControlReader::new(receive)))
    }

    /// Opens a stream of input or feedback records.
    ///
    /// # Errors
    /// [`TransportError::Closed`].
    pub async fn open_records(&self, kind: StreamKind) -> Result<RecordWriter, TransportError> {
        let mut send = self.quic.open_uni().await?;
        if kind == StreamKind::Input {
            set_priority(&send, INPUT_PRIORITY)?;
        }
        send.write_all(&[kind as u8]).await?;
        Ok(RecordWriter::new(send))
    }

    /// The next stream that the peer opened. May be cancelled.
    ///
    /// # Errors
    /// [`TransportError::Closed`]; [`TransportError::Wire`] or [`TransportError::StreamCut`] if the
    /// peer opened a stream of no known kind.
    pub async fn accept_stream(&self) -> Result<IncomingStream, TransportError> {
        if self.quic.side() == Side::Client {
            // A server opens nothing but frames. To look at the first byte here would make each
            // frame wait for lost packets of those before it.
            let stream = self.quic.accept_uni().await?;
            self.at_work();
            return Ok(IncomingStream::Frame(FrameReader::new(
                stream,
                &self.parities,
            )));
        }
        let mut arriving = self.arriving.lock().await;
        let stream = match arriving.as_mut() {
            Some(stream) => stream,
            None => arriving.insert(self.quic.accept_uni().await?),
        };
        let mut kind = [0];
        let read = stream.read(&mut kind).await;
        let Some(stream) = arriving.take() else {
            return Err(TransportError::StreamCut);
        };
        if read?.is_none() {
            return Err(TransportError::StreamCut);
        }
        match StreamKind::from_byte(kind[0]) {
            Some(StreamKind::Input) => Ok(IncomingStream::Input(RecordReader::new(stream))),
            Some(StreamKind::Feedback) => Ok(IncomingStream::Feedback(RecordReader::new(stream))),
            _ => Err(WireError::meaningless("stream kind", u64::from(kind[0])).into()),
        }
    }

    /// Sends a frame, header and payload, on a stream of its own. Frames of a higher `priority`
    /// leave first, also before the rest of one that has begun to leave, those of the same priority in
    /// the order of the calls. There are two: those above 0 are urgent.
    ///
    /// On a thin path large frames leave in slices ([`Pace`](hackstream_protocol::rate::Pace)), and a
    /// later frame of a higher priority overtakes what is left of them.
    ///
    /// Returns when QUIC, or the lane of large frames, has taken the bytes, which is at once unless
    /// more than 1024 frames or some megabytes are on their way. Returns which stream it is on.
    ///
    /// # Errors
    /// [`TransportError::TooLarge`] or [`TransportError::Closed`].
    pub async fn send_frame(
        &self,
        frame: Bytes,
        priority: i32,
    ) -> Result<StreamIndex, TransportError> {
        self.at_work();
        let lane = (self.lane.as_ref(), self.turns.as_ref(), &self.path);
        frames::send(&self.quic, lane, frame, priority).await
    }

    /// What is known about the path. Takes the connection's lock for a moment.
    #[must_use]
    pub fn path(&self) -> PathReport {
        let stats = self.quic.stats();
        PathReport {
            lost_packets: stats.path.lost_packets,
            sent_packets: stats.path.sent_packets,
            bytes_sent: stats.udp_tx.bytes,
            bytes_received: stats.udp_rx.bytes,
            limit: self.limit(),
            ..self.path.report()
        }
    }

    /// What may be sent whatever the path could carry, if there is such a limit.
    pub(crate) fn limit(&self) -> Option<Bitrate> {
        let for_all = self.cap.as_ref().map(|cap| cap.rate());
        let for_this = self.allotment.as_ref().and_then(|own| own.rate());
        [for_all, for_this].into_iter().flatten().min()
    }

    /// Sends the peer no more than `most` from now on, or again whatever the path carries: every
    /// packet with its headers counts, and no stretch of a second or more carries more. Other
    /// connections do not notice. Rates below
    /// [`LEAST_CAP`](hackstream_protocol::rate::cap::LEAST_CAP) count as that. Without effect on the
    /// viewer's side.
    pub fn set_limit(&self, most: Option<Bitrate>) {
        if let Some(allotment) = &self.allotment {
            self.path.set_limit(allotment.set(most));
            self.path.wake();
        }
    }

    /// Has `wake`, in place of the one set before, called whenever acknowledgements freed part of the
    /// window, or losses changed it. Acknowledgements of a keep-alive do neither.
    pub fn on_path_change(&self, wake: PathWake) {
        self.path.set_wake(wake);
    }

    /// Closes the connection. What was sent and has not arrived yet is lost.
    pub fn close(&self, reason: RefusalReason, text: &str) {
        let text = text.as_bytes();
        let text = &text[..text.len().min(MAX_TEXT_BYTES)];
        self.quic.close(reason.close_code().into(), text);
    }

    /// Waits until the connection has ended.
    pub async fn closed(&self) -> CloseReason {
        self.quic.closed().await.into()
    }

    /// Waits until the peer acknowledges something, be it a keep-alive: a sign of life that costs
    /// no timer. Answers since the last call count as one. For one task at a time; may be cancelled.
    pub async fn answered(&self) {
        self.path.answered().await;
    }

    /// UDP datagrams received from the peer. While this number rises, the peer lives.
    #[must_use]
    pub fn heard(&self) -> u64 {
        self.quic.stats().udp_rx.datagrams
    }
}

fn set_priority(stream: &quinn::SendStream, priority: i32) -> Result<(), TransportError> {
    let result = stream.set_priority(priority);
    result.map_err(|_| TransportError::StreamCut)
}
