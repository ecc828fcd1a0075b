//! A peer that speaks QUIC and our protocol's first byte, and then whatever a test wants.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use hackstream_protocol::wire::control::{
    Credential, Hello, Quality, SeatWish, ServerMessage, ViewerMessage,
};
use hackstream_protocol::{ALPN, PROTOCOL_VERSION};
use quinn::crypto::rustls::QuicClientConfig;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::WebPkiSupportedAlgorithms;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{DigitallySignedStruct, Error, SignatureScheme};

use crate::PATIENCE;
use crate::ears::Ears;
use crate::server::Server;

/// The kinds of message that a server answers a greeting with.
pub const WELCOME: u8 = 1;
/// See [`WELCOME`].
pub const REFUSED: u8 = 2;

/// A connection to a server, without any of our own code in between.
pub struct Peer {
    /// The connection.
    pub quic: quinn::Connection,
    /// To the server's control stream.
    pub control_out: quinn::SendStream,
    /// From the server's control stream.
    pub control_in: quinn::RecvStream,
    endpoint: quinn::Endpoint,
}

impl Peer {
    /// Connects and opens the control stream, without a word on it.
    ///
    /// # Panics
    /// If the handshake fails.
    pub async fn connect(server: &Server) -> Self {
        Self::connect_with(&Ears::default(), server, Ipv4Addr::LOCALHOST.into()).await
    }

    /// The same from this address of the machine.
    ///
    /// # Panics
    /// If the handshake fails.
    pub async fn connect_from(server: &Server, from: IpAddr) -> Self {
        Self::connect_with(&Ears::default(), server, from).await
    }

    async fn connect_with(ears: &Ears, server: &Server, from: IpAddr) -> Self {
        let endpoint = endpoint(ears, from);
        let address: SocketAddr = server.ready.listen.parse().expect("an address");
        let connecting = endpoint
            .connect(address, "localhost")
            .expect("a connection");
        let quic = within(connecting).await.expect("a handshake");
        let (control_out, control_in) = within(quic.open_bi()).await.expect("a stream");
        Self {
            quic,
            control_out,
            control_in,
            endpoint,
        }
    }

    /// Connects and is admitted.
    ///
    /// # Panics
    /// If the server does not welcome it.
    pub async fn admitted(server: &Server) -> Self {
        Self::admitted_with(&Ears::default(), server).await
    }

    /// Connects and is admitted, and hears as long as these ears do.
    ///
    /// # Panics
    /// If the server does not welcome it.
    pub async fn admitted_with(ears: &Ears, server: &Server) -> Self {
        let mut peer = Self::connect_with(ears, server, Ipv4Addr::LOCALHOST.into()).await;
        peer.say(&message(&hello(server))).await;
        assert_eq!(peer.answer().await, WELCOME);
        peer
    }

    /// Connects, greets, and returns the ticket that the welcome brings.
    ///
    /// # Panics
    /// If the server does not welcome it.
    pub async fn greeting(server: &Server, hello: &Hello) -> (Self, Vec<u8>) {
        let mut peer = Self::connect(server).await;
        peer.say(&message(hello)).await;
        match peer.hear(Some).await {
            ServerMessage::Welcome(welcome) => (peer, welcome.ticket),
            other => panic!("not let in: {other:?}"),
        }
    }

    /// The next message of the server in which `find` finds something. Those that are compressed,
    /// large cursors, are passed over.
    ///
    /// # Panics
    /// If the server sends none, or one that is malformed.
    pub async fn hear<T>(&mut self, find: impl Fn(ServerMessage) -> Option<T>) -> T {
        loop {
            let mut head = [0; 4];
            let read = within(self.control_in.read_exact(&mut head)).await;
            read.expect("a message");
            let length = u32::from_le_bytes(head);
            let mut body = vec![0; (length & !(1 << 31)) as usize];
            let read = within(self.control_in.read_exact(&mut body)).await;
            read.expect("a message");
            if length >> 31 != 0 {
                continue;
            }
            let known = ServerMessage::read(&body).expect("a well-formed message");
            if let Some(found) = known.and_then(&find) {
                return found;
            }
        }
    }

    /// Sends a control message.
    pub async fn tell(&mut self, told: &ViewerMessage) {
        let mut body = Vec::new();
        told.write(&mut body);
        let length = body.len() as u32;
        self.say(&[&length.to_le_bytes()[..], &body].concat()).await;
    }

    /// The kind of the server's answer to the greeting: [`WELCOME`] or [`REFUSED`], which it may say
    /// by closing the connection alone.
    ///
    /// # Panics
    /// If there is none.
    pub async fn answer(&mut self) -> u8 {
        use quinn::{ConnectionError::ApplicationClosed, ReadError, ReadExactError};
        let mut head = [0; 5];
        match within(self.control_in.read_exact(&mut head)).await {
            Ok(()) => head[4],
            Err(ReadExactError::ReadError(ReadError::ConnectionLost(ApplicationClosed(_)))) => {
                REFUSED
            }
            Err(error) => panic!("no answer: {error}"),
        }
    }

    /// Sends bytes on the control stream. Whether the server takes them is its affair.
    pub async fn say(&mut self, bytes: &[u8]) {
        let _ = within(self.control_out.write_all(bytes)).await;
    }

    /// Sends bytes on a stream of their own, which then stays open.
    ///
    /// # Panics
    /// If the connection is closed.
    pub async fn open(&self, bytes: &[u8]) -> quinn::SendStream {
        let mut stream = within(self.quic.open_uni()).await.expect("a stream");
        let _ = within(stream.write_all(bytes)).await;
        stream
    }

    /// Closes the connection and sees that the server hears it.
    pub async fn leave(self) {
        self.quic.close(0u32.into(), b"");
        within(self.endpoint.wait_idle()).await;
    }

    /// Waits until the server closes the connection; the code of the reason that it gives.
    ///
    /// # Panics
    /// If it does not close it in an orderly way.
    pub async fn closed(&self) -> u64 {
        match within(self.quic.closed()).await {
            quinn::ConnectionError::ApplicationClosed(close) => close.error_code.into_inner(),
            other => panic!("not closed by the server: {other}"),
        }
    }
}

/// The greeting of an honest viewer.
#[must_use]
pub fn hello(server: &Server) -> Hello {
    Hello {
        version: PROTOCOL_VERSION,
        token: server.token.clone(),
        quality: Quality::Auto,
        h264: false,
        cache_bytes: 0,
        history_bytes: 1 << 20,
        agent: "hostile".to_owned(),
        ticket: Vec::new(),
        seat: SeatWish::default(),
        takes_files: false,
        max_bitrate: None,
        room: None,
        desktop: Default::default(),
        megapixel_time: std::time::Duration::ZERO,
        credential: Credential::default(),
    }
}

/// A greeting as it travels.
#[must_use]
pub fn message(hello: &Hello) -> Vec<u8> {
    let mut body = Vec::new();
    ViewerMessage::Hello(hello.clone()).write(&mut body);
    let mut bytes = (body.len() as u32).to_le_bytes().to_vec();
    bytes.extend_from_slice(&body);
    bytes
}

/// Fails instead of hanging.
///
/// # Panics
/// If the future takes longer than anything here does.
pub async fn within<T>(future: impl Future<Output = T>) -> T {
    let result = tokio::time::timeout(PATIENCE, future).await;
    result.expect("the server keeps the test waiting")
}

/// A runtime whose connections live on while the test does something else.
///
/// # Panics
/// If the system has no threads to give.
#[must_use]
pub fn runtime() -> tokio::runtime::Runtime {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    builder.worker_threads(1).enable_all();
    builder.build().expect("a runtime")
}

/// Runs a test's future.
///
/// # Panics
/// If the system has no threads to give.
pub fn block_on<T>(future: impl Future<Output = T>) -> T {
    runtime().block_on(future)
}

/// Bytes that look random and are the same in each run.
pub fn noise(seed: u64) -> impl Iterator<Item = u8> {
    let mut state = seed | 1;
    std::iter::repeat_with(move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 24) as u8
    })
}

fn endpoint(ears: &Ears, from: IpAddr) -> quinn::Endpoint {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let trust = TrustAll(provider.signature_verification_algorithms);
    let mut tls = rustls::ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])
        .expect("TLS 1.3")
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(trust))
        .with_no_client_auth();
    tls.alpn_protocols = vec![ALPN.to_vec()];
    let crypto = QuicClientConfig::try_from(tls).expect("TLS for QUIC");
    let mut config = quinn::ClientConfig::new(Arc::new(crypto));
    let mut transport = quinn::TransportConfig::default();
    transport.keep_alive_interval(Some(Duration::from_secs(2)));
    config.transport_config(Arc::new(transport));
    let any = SocketAddr::from((from, 0));
    let mut endpoint = quinn::Endpoint::new_with_abstract_socket(
        quinn::EndpointConfig::default(),
        None,
        ears.socket(any).expect("a port"),
        Arc::new(quinn::TokioRuntime),
    )
    .expect("an endpoint");
    endpoint.set_default_client_config(config);
    endpoint
}

/// Believes every server: it has nothing to lose.
#[derive(Debug)]
struct TrustAll(WebPkiSupportedAlgorithms);

impl ServerCertVerifier for TrustAll {
    fn verify_server_cert(
        &self,
        _certificate: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _name: &ServerName<'_>,
        _ocsp: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _certificate: &CertificateDer<'_>,
        _signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Err(Error::General("TLS 1.2 is not spoken".to_owned()))
    }

    fn verify_tls13_signature(
        &self,
        _message: &[u8],
        _certificate: &CertificateDer<'_>,
        _signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_schemes()
    }
}
