//! Two ends of a connection over the loopback interface, honest and otherwise.
#![allow(dead_code, reason = "each test file uses its own part")]

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use hackstream_protocol::ALPN;
use hackstream_protocol::ids::{FrameId, InputSeq};
use hackstream_protocol::units::Timestamp;
use hackstream_protocol::wire::frame::FrameHeader;
use hackstream_transport::{Connection, Connector, Identity, Listener};
use quinn::crypto::rustls::{QuicClientConfig, QuicServerConfig};

pub(crate) const ANY_PORT: SocketAddr =
    SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

/// Fails instead of hanging.
pub(crate) async fn within<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(30), future)
        .await
        .expect("the test hangs")
}

pub(crate) struct Pair {
    pub(crate) listener: Listener,
    pub(crate) connector: Connector,
    pub(crate) server: Connection,
    pub(crate) viewer: Connection,
}

pub(crate) async fn pair() -> Pair {
    let identity = Identity::generate().unwrap();
    let listener = Listener::bind(ANY_PORT, &identity).unwrap();
    let connector = Connector::new().unwrap();
    let (server, viewer) = connect(&listener, &connector).await;
    Pair {
        listener,
        connector,
        server,
        viewer,
    }
}

pub(crate) async fn connect(
    listener: &Listener,
    connector: &Connector,
) -> (Connection, Connection) {
    let addr = listener.local_addr().unwrap();
    let (server, viewer) = within(async {
        tokio::join!(
            async { listener.accept().await.unwrap().handshake().await },
            connector.connect(addr, "localhost"),
        )
    })
    .await;
    (server.unwrap().0, viewer.unwrap())
}

/// The bytes of a frame.
pub(crate) fn frame(id: u64, payload: &[u8]) -> Bytes {
    let header = FrameHeader {
        id: FrameId(id),
        after: FrameId(0),
        update_complete: true,
        input: InputSeq(0),
        captured: Timestamp(1),
        waited: Duration::ZERO,
        encoding: Duration::ZERO,
    };
    let mut bytes = Vec::new();
    header.write(&mut bytes);
    bytes.extend_from_slice(payload);
    bytes.into()
}

/// A QUIC server that says `alpn` and whatever the test wants.
pub(crate) fn raw_server(alpn: &[u8]) -> quinn::Endpoint {
    let names = vec!["localhost".to_owned()];
    let made = rcgen::generate_simple_self_signed(names).unwrap();
    let key = rustls::pki_types::PrivatePkcs8KeyDer::from(made.signing_key.serialize_der());
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut tls = rustls::ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key.into())
        .unwrap();
    tls.alpn_protocols = vec![alpn.to_vec()];
    let crypto = Arc::new(QuicServerConfig::try_from(tls).unwrap());
    let config = quinn::ServerConfig::with_crypto(crypto);
    quinn::Endpoint::server(config, ANY_PORT).unwrap()
}

/// A QUIC client that says `alpn` and trusts nobody.
pub(crate) fn raw_client(alpn: &[u8]) -> quinn::Endpoint {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut tls = rustls::ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])
        .unwrap()
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth();
    tls.alpn_protocols = vec![alpn.to_vec()];
    let crypto = Arc::new(QuicClientConfig::try_from(tls).unwrap());
    let mut endpoint = quinn::Endpoint::client(ANY_PORT).unwrap();
    endpoint.set_default_client_config(quinn::ClientConfig::new(crypto));
    endpoint
}

/// A viewer connected to a server that the test plays.
pub(crate) async fn hostile_pair() -> (quinn::Connection, Connection, quinn::Endpoint, Connector) {
    let endpoint = raw_server(ALPN);
    let addr = endpoint.local_addr().unwrap();
    let connector = Connector::new().unwrap();
    let (server, viewer) = within(async {
        tokio::join!(
            async { endpoint.accept().await.unwrap().await },
            connector.connect(addr, "localhost"),
        )
    })
    .await;
    (server.unwrap(), viewer.unwrap(), endpoint, connector)
}
