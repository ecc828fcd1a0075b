//! Nobody resumes a session and nobody sends anything before the handshake is over, however much a
//! client wants to: what comes early can come twice, from anybody who has seen it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on fails"
)]

mod common;

use std::net::SocketAddr;
use std::sync::Arc;

use common::{ANY_PORT, frame, within};
use hackstream_protocol::ALPN;
use hackstream_transport::{Identity, Listener};
use quinn::crypto::rustls::{QuicClientConfig, QuicServerConfig};
use quinn::{Connecting, Connection, Endpoint};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::ring::default_provider;
use rustls::crypto::verify_tls13_signature;
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer, ServerName, UnixTime};
use rustls::version::TLS13;
use rustls::{DigitallySignedStruct, SignatureScheme};

#[tokio::test]
async fn a_client_that_wants_to_be_early_is_not() {
    let listener = Listener::bind(ANY_PORT, &Identity::generate().unwrap()).unwrap();
    let address = listener.local_addr().unwrap();
    let client = eager_client();
    for _ in 0..2 {
        let connecting = connecting(&client, address);
        let Err(connecting) = connecting.into_0rtt() else {
            panic!("the server has let the client be early");
        };
        within(async {
            let accepting = async { listener.accept().await.unwrap().handshake().await };
            let (server, viewer) = tokio::join!(accepting, connecting);
            let (server, viewer) = (server.unwrap().0, viewer.unwrap());
            // Tickets would come before that.
            let (sent, ()) = tokio::join!(server.send_frame(frame(1, b"x"), 0), hear(&viewer));
            sent.unwrap();
        })
        .await;
    }
}

/// The same client at a server that allows it: otherwise the other test would show nothing.
#[tokio::test]
async fn the_client_is_early_where_it_may_be() {
    let server = eager_server();
    let address = server.local_addr().unwrap();
    let client = eager_client();
    within(async {
        let accepting = async { server.accept().await.unwrap().await };
        let (accepted, connected) = tokio::join!(accepting, connecting(&client, address));
        let (accepted, connected) = (accepted.unwrap(), connected.unwrap());
        let mut stream = accepted.open_uni().await.unwrap();
        stream.write_all(b"x").await.unwrap();
        stream.finish().unwrap();
        hear(&connected).await;
    })
    .await;
    assert!(connecting(&client, address).into_0rtt().is_ok());
}

fn connecting(client: &Endpoint, address: SocketAddr) -> Connecting {
    client.connect(address, "localhost").unwrap()
}

/// Reads what the server says first.
async fn hear(viewer: &Connection) {
    let mut stream = viewer.accept_uni().await.unwrap();
    assert!(!stream.read_to_end(1 << 16).await.unwrap().is_empty());
}

/// A client that takes and shows tickets.
fn eager_client() -> Endpoint {
    let mut tls = rustls::ClientConfig::builder_with_provider(Arc::new(default_provider()))
        .with_protocol_versions(&[&TLS13])
        .unwrap()
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Trusting))
        .with_no_client_auth();
    tls.alpn_protocols = vec![ALPN.to_vec()];
    tls.enable_early_data = true;
    let crypto = Arc::new(QuicClientConfig::try_from(tls).unwrap());
    let mut endpoint = Endpoint::client(ANY_PORT).unwrap();
    endpoint.set_default_client_config(quinn::ClientConfig::new(crypto));
    endpoint
}

fn eager_server() -> Endpoint {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let key = PrivatePkcs8KeyDer::from(made.signing_key.serialize_der());
    let mut tls = rustls::ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_protocol_versions(&[&TLS13])
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key.into())
        .unwrap();
    tls.alpn_protocols = vec![ALPN.to_vec()];
    tls.max_early_data_size = u32::MAX;
    let crypto = Arc::new(QuicServerConfig::try_from(tls).unwrap());
    Endpoint::server(quinn::ServerConfig::with_crypto(crypto), ANY_PORT).unwrap()
}

/// Whose key it is does not matter here.
#[derive(Debug)]
struct Trusting;

impl ServerCertVerifier for Trusting {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        unreachable!("QUIC has TLS 1.3 only")
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = default_provider().signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, &algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        let algorithms = default_provider().signature_verification_algorithms;
        algorithms.supported_schemes()
    }
}
