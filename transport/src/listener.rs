//! The server's UDP port.

use std::net::{SocketAddr, UdpSocket};
use std::sync::Arc;
use std::time::Duration;

use hackstream_protocol::rate::cap::Limits;
use hackstream_protocol::wire::control::RefusalReason;
use quinn::crypto::rustls::QuicServerConfig;
use quinn::{EndpointConfig, Runtime as _, ServerConfig, TokioRuntime};
use quinn_proto::HashedConnectionIdGenerator;
use ring::hmac;

use crate::allotment::Allotment;
use crate::capped::{CappedSocket, SharedCap};
use crate::congestion::ControllerBuilder;
use crate::hearing::Peers;
use crate::newcomers::{Answer, Newcomer, Newcomers};
use crate::path::PathState;
use crate::{Connection, Identity, TransportError, config, socket, tls};

/// First packets of newcomers that wait to be looked at.
const MAX_WAITING: usize = 64;
/// Bytes kept for a newcomer that waits, and for all of them.
const WAITING_BYTES: u64 = 16 << 10;
const ALL_WAITING_BYTES: u64 = 256 << 10;
/// A handshake takes two round trips and some packets may be lost.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);
/// What a peer is told of whose address too many are there.
const BUSY: &[u8] = b"too many connections from this address wait to be admitted: try again soon";

/// Accepts connections on a UDP port.
///
/// Bytes that are not QUIC are dropped without any state. Connections of which the server forgot
/// because it was restarted are told so.
pub struct Listener {
    endpoint: quinn::Endpoint,
    crypto: Arc<QuicServerConfig>,
    newcomers: Newcomers,
    cap: Option<Arc<SharedCap>>,
    peers: Arc<Peers>,
}

impl Listener {
    /// Listens on `addr`; port 0 means any. Must be called inside a tokio runtime.
    ///
    /// # Errors
    /// [`TransportError::Bind`] if the port cannot be had.
    pub fn bind(addr: SocketAddr, identity: &Identity) -> Result<Self, TransportError> {
        Self::bind_within(addr, identity, Limits::default())
    }

    /// As [`bind`](Self::bind), and sends to all viewers together no more than the limits allow,
    /// headers, repetitions and acknowledgements included.
    ///
    /// # Errors
    /// [`TransportError::Bind`] if the port cannot be had.
    pub fn bind_within(
        addr: SocketAddr,
        identity: &Identity,
        limits: Limits,
    ) -> Result<Self, TransportError> {
        let failed = |source| TransportError::Bind { addr, source };
        let socket = socket::bind(addr).map_err(failed)?;
        Self::serve_within(socket, identity, limits)
    }

    /// As [`bind_within`](Self::bind_within), on a UDP socket that is bound already, perhaps in
    /// another network namespace than ours.
    ///
    /// # Errors
    /// [`TransportError::Socket`] if it cannot be used.
    pub fn serve_within(
        socket: UdpSocket,
        identity: &Identity,
        limits: Limits,
    ) -> Result<Self, TransportError> {
        let failed = TransportError::Socket;
        let crypto = tls::server_config(identity)?;
        let server = server_config(&crypto, Arc::default());
        let runtime = Arc::new(TokioRuntime);
        let socket = runtime.wrap_udp_socket(socket).map_err(failed)?;
        let peers = Arc::<Peers>::default();
        let cap = limits.any().then(|| Arc::new(SharedCap::new(limits)));
        let socket = CappedSocket::new(socket, cap.clone(), Arc::clone(&peers));
        let endpoint = quinn::Endpoint::new_with_abstract_socket(
            endpoint_config(identity),
            Some(server),
            Arc::new(socket),
            runtime,
        );
        Ok(Self {
            endpoint: endpoint.map_err(failed)?,
            crypto,
            newcomers: Newcomers::default(),
            cap,
            peers,
        })
    }

    /// The address in use.
    ///
    /// # Errors
    /// [`TransportError::Socket`] if the system does not tell.
    pub fn local_addr(&self) -> Result<SocketAddr, TransportError> {
        self.endpoint.local_addr().map_err(TransportError::Socket)
    }

    /// The next connection attempt; `None` once the listener is closed. May be cancelled.
    pub async fn accept(&self) -> Option<Incoming> {
        loop {
            let incoming = self.endpoint.accept().await?;
            let remote = incoming.remote_address();
            let is_proven = incoming.remote_address_validated();
            match self.newcomers.knock(remote.ip(), is_proven) {
                Answer::Refuse => incoming.refuse(),
                // Without a validated address a retry is always possible.
                Answer::Prove => drop(incoming.retry()),
                Answer::Enter(newcomer) => {
                    return Some(Incoming {
                        remote,
                        incoming,
                        crypto: Arc::clone(&self.crypto),
                        cap: self.cap.clone(),
                        peers: Arc::clone(&self.peers),
                        newcomer,
                    });
                }
            }
        }
    }

    /// Closes all connections and accepts no more.
    pub fn close(&self) {
        let code = RefusalReason::SessionEnded.close_code();
        self.endpoint.close(code.into(), b"the server stopped");
    }

    /// Waits until the peers of all closed connections were told.
    pub async fn wait_idle(&self) {
        self.endpoint.wait_idle().await;
    }
}

/// A connection attempt. Dropping it turns the peer away.
pub struct Incoming {
    incoming: quinn::Incoming,
    remote: SocketAddr,
    crypto: Arc<QuicServerConfig>,
    cap: Option<Arc<SharedCap>>,
    peers: Arc<Peers>,
    newcomer: Newcomer,
}

impl Incoming {
    /// Where it claims to come from; proven by the handshake.
    #[must_use]
    pub const fn remote(&self) -> SocketAddr {
        self.remote
    }

    /// Completes the handshake. The newcomer is to be dropped when the peer is admitted.
    ///
    /// # Errors
    /// [`TransportError::WrongProtocol`], [`TransportError::Handshake`], [`TransportError::Busy`] if
    /// too many are there from its address, or [`TransportError::NoAnswer`] if the peer does not go
    /// on within ten seconds.
    pub async fn handshake(mut self) -> Result<(Connection, Newcomer), TransportError> {
        let path = Arc::<PathState>::default();
        let config = Arc::new(server_config(&self.crypto, Arc::clone(&path)));
        let allotment = Arc::<Allotment>::default();
        let connecting = allotment
            .while_opening(|| self.incoming.accept_with(config))
            .map_err(TransportError::of_handshake)?;
        match tokio::time::timeout(HANDSHAKE_TIMEOUT, connecting).await {
            Ok(connection) => {
                let connection = connection.map_err(TransportError::of_handshake)?;
                if !self.newcomer.prove() {
                    connection.close(RefusalReason::Other(0).close_code().into(), BUSY);
                    return Err(TransportError::Busy);
                }
                self.peers.add(connection.remote_address(), &path);
                let connection = Connection::new(connection, path).within(self.cap, allotment);
                Ok((connection, self.newcomer))
            }
            Err(_) => Err(TransportError::NoAnswer {
                name: "the viewer".to_owned(),
                addr: self.remote,
            }),
        }
    }
}

fn server_config(crypto: &Arc<QuicServerConfig>, path: Arc<PathState>) -> ServerConfig {
    let crypto = Arc::clone(crypto) as Arc<dyn quinn::crypto::ServerConfig>;
    let mut config = ServerConfig::with_crypto(crypto);
    let controller = Arc::new(ControllerBuilder::new(path));
    config
        .transport_config(Arc::new(config::server(controller)))
        .migration(true)
        .max_incoming(MAX_WAITING)
        .incoming_buffer_size(WAITING_BYTES)
        .incoming_buffer_size_total(ALL_WAITING_BYTES);
    config
}

/// With keys derived from the identity, a restarted server recognises the connections of its
/// predecessor, and its viewers need not wait for a time-out.
fn endpoint_config(identity: &Identity) -> EndpointConfig {
    let reset = identity.derive(b"hackstream stateless reset");
    let reset = hmac::Key::new(hmac::HMAC_SHA256, &reset);
    let ids = identity.derive(b"hackstream connection ids");
    let mut first = [0; 8];
    first.copy_from_slice(&ids[..8]);
    let ids = u64::from_le_bytes(first);
    let mut config = EndpointConfig::new(Arc::new(reset));
    config.cid_generator(move || Box::new(HashedConnectionIdGenerator::from_key(ids)));
    config
}
