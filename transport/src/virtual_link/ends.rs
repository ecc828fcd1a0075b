//! One end: quinn's state machine with our settings.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Instant;

use bytes::BytesMut;
use hackstream_protocol::units::Timestamp;
use quinn_proto::{
    ClientConfig, Connection, ConnectionHandle, DatagramEvent, Dir, Endpoint, EndpointConfig,
    Event, ServerConfig, StreamId, Transmit,
};

use crate::congestion::ControllerBuilder;
use crate::path::PathState;
use crate::{Identity, config, tls};

const SERVER: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 1);
const VIEWER: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 2);

/// Datagrams of one call, as the system takes them together.
const BATCH: usize = 10;

/// The time at which a frame was handed over stands at its beginning.
const STAMP: usize = 8;

pub(super) struct End {
    endpoint: Endpoint,
    connection: Option<(ConnectionHandle, Connection)>,
    connected: bool,
    /// Answers of the endpoint itself.
    answers: Vec<Vec<u8>>,
    /// What arrived of each frame.
    frames: BTreeMap<StreamId, Vec<u8>>,
    peer: SocketAddr,
    pub(super) path: Arc<PathState>,
}

impl End {
    fn new(config: Option<ServerConfig>, peer: SocketAddr, path: Arc<PathState>) -> Self {
        let endpoint = EndpointConfig::default();
        Self {
            endpoint: Endpoint::new(Arc::new(endpoint), config.map(Arc::new), false, None),
            connection: None,
            connected: false,
            answers: Vec::new(),
            frames: BTreeMap::new(),
            peer,
            path,
        }
    }

    pub(super) fn server() -> Self {
        let path = Arc::<PathState>::default();
        let controller = Arc::new(ControllerBuilder::new(Arc::clone(&path)));
        let crypto = tls::server_config(&Identity::generate().unwrap()).unwrap();
        let mut server = ServerConfig::with_crypto(crypto);
        server.transport_config(Arc::new(config::server(controller)));
        Self::new(Some(server), VIEWER, path)
    }

    /// An end that begins to connect at `now`.
    pub(super) fn viewer(now: Instant) -> Self {
        let path = Arc::<PathState>::default();
        let controller = Arc::new(ControllerBuilder::new(Arc::clone(&path)));
        let mut client = ClientConfig::new(tls::client_config().unwrap());
        client.transport_config(Arc::new(config::viewer(controller)));
        let mut end = Self::new(None, SERVER, path);
        let connecting = end.endpoint.connect(now, client, SERVER, "localhost");
        end.connection = Some(connecting.unwrap());
        end
    }

    pub(super) const fn is_connected(&self) -> bool {
        self.connected
    }

    /// Goes on from another port and asks whether the peer is there, which sees it as `peer` then.
    pub(super) fn ask_from_elsewhere(&mut self, peer: &mut Self) {
        self.connection().local_address_changed();
        peer.peer.set_port(peer.peer.port() + 1);
    }

    /// QUIC's own view of it.
    pub(super) fn connection(&mut self) -> &mut Connection {
        &mut self.connection.as_mut().unwrap().1
    }

    pub(super) fn receive(&mut self, now: Instant, bytes: &[u8]) {
        let mut answer = Vec::new();
        let data = BytesMut::from(bytes);
        let event = self
            .endpoint
            .handle(now, self.peer, None, None, data, &mut answer);
        match event {
            Some(DatagramEvent::ConnectionEvent(_, event)) => {
                self.connection().handle_event(event);
            }
            Some(DatagramEvent::NewConnection(incoming)) => {
                let accepted = self.endpoint.accept(incoming, now, &mut answer, None);
                self.connection = Some(accepted.unwrap());
            }
            Some(DatagramEvent::Response(transmit)) => {
                self.answers.push(answer[..transmit.size].to_vec());
            }
            None => {}
        }
        self.work();
    }

    pub(super) fn deadline(&mut self) -> Option<Instant> {
        self.connection.as_mut()?.1.poll_timeout()
    }

    pub(super) fn timeouts(&mut self, now: Instant) {
        if self.deadline().is_some_and(|at| at <= now) {
            self.connection().handle_timeout(now);
            self.work();
        }
    }

    /// Passes on what endpoint and connection tell each other.
    fn work(&mut self) {
        let Some((handle, connection)) = &mut self.connection else {
            return;
        };
        while let Some(event) = connection.poll_endpoint_events() {
            if let Some(event) = self.endpoint.handle_event(*handle, event) {
                connection.handle_event(event);
            }
        }
        while let Some(event) = connection.poll() {
            match event {
                Event::Connected => self.connected = true,
                Event::ConnectionLost { reason } => panic!("lost: {reason}"),
                _ => {}
            }
        }
    }

    /// The datagrams that leave now.
    pub(super) fn transmit(&mut self, now: Instant) -> Vec<Vec<u8>> {
        let mut datagrams = std::mem::take(&mut self.answers);
        let Some((_, connection)) = &mut self.connection else {
            return datagrams;
        };
        let mut buffer = Vec::new();
        while let Some(transmit) = connection.poll_transmit(now, BATCH, &mut buffer) {
            let Transmit {
                size, segment_size, ..
            } = transmit;
            let segments = buffer[..size].chunks(segment_size.unwrap_or(size));
            datagrams.extend(segments.map(<[u8]>::to_vec));
            buffer.clear();
        }
        self.work();
        datagrams
    }

    /// Hands a frame of `bytes` over at `now`.
    pub(super) fn send_frame(&mut self, now: Timestamp, bytes: usize, priority: i32) {
        let mut frame = vec![7; bytes.max(STAMP)];
        frame[..STAMP].copy_from_slice(&now.0.to_be_bytes());
        let connection = self.connection();
        let stream = connection.streams().open(Dir::Uni).unwrap();
        let mut stream = connection.send_stream(stream);
        stream.set_priority(priority).unwrap();
        assert_eq!(stream.write(&frame).unwrap(), frame.len());
        stream.finish().unwrap();
    }

    /// The frames that became whole: their sizes, and when they were handed over.
    pub(super) fn take_frames(&mut self) -> Vec<(usize, Timestamp)> {
        let Some((_, connection)) = &mut self.connection else {
            return Vec::new();
        };
        while let Some(stream) = connection.streams().accept(Dir::Uni) {
            self.frames.insert(stream, Vec::new());
        }
        let mut whole = Vec::new();
        self.frames.retain(|&stream, frame| {
            let mut receiving = connection.recv_stream(stream);
            let mut chunks = receiving.read(true).unwrap();
            let ended = loop {
                match chunks.next(usize::MAX) {
                    Ok(Some(chunk)) => frame.extend_from_slice(&chunk.bytes),
                    Ok(None) => break true,
                    Err(_) => break false,
                }
            };
            let _ = chunks.finalize();
            if ended {
                let stamp: [u8; STAMP] = frame[..STAMP].try_into().unwrap();
                whole.push((frame.len(), Timestamp(u64::from_be_bytes(stamp))));
            }
            !ended
        });
        whole
    }
}
