//! Connections that are of no use to anybody end, and no network has them all.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on fails"
)]

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use hackstream_hub::http::listen::{Bounds, serve};
use hackstream_hub::http::tls::Identity;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;
use tokio::sync::{Notify, watch};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// Longer than anything here takes; it only keeps a test from hanging.
const PATIENCE: Duration = Duration::from_secs(60);

const IDLE: Duration = Duration::from_millis(300);

/// A server that answers `/` at once and `/slow` when it is told to.
struct Serving {
    runtime: Runtime,
    address: SocketAddr,
    client: Arc<ClientConfig>,
    go: Arc<Notify>,
    ending: watch::Sender<bool>,
}

fn client(folder: &Path, version: &[u8]) -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    let own = CertificateDer::from_pem_file(folder.join("tls.crt.pem")).unwrap();
    roots.add(own).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![version.to_vec()];
    Arc::new(config)
}

impl Serving {
    fn new(version: &[u8], bounds: Bounds) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let identity = Identity::own(folder.path(), &["localhost".to_owned()]).unwrap();
        let client = client(folder.path(), version);
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()
            .unwrap();
        let go = Arc::new(Notify::new());
        let told = Arc::clone(&go);
        let slow = async move || {
            told.notified().await;
            "slow"
        };
        let router = Router::new()
            .route("/", get(async || "quick"))
            .route("/slow", get(slow));
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = listener.local_addr().unwrap();
        let (ending, is_ending) = watch::channel(false);
        let tls = identity.server().unwrap();
        runtime.spawn(serve(listener, tls, router, is_ending, bounds));
        Self {
            runtime,
            address,
            client,
            go,
            ending,
        }
    }

    async fn connect(&self) -> std::io::Result<TlsStream<TcpStream>> {
        let stream = TcpStream::connect(self.address).await?;
        let name = ServerName::try_from("localhost").unwrap();
        TlsConnector::from(Arc::clone(&self.client))
            .connect(name, stream)
            .await
    }
}

/// What comes until the other end closes.
async fn rest(stream: &mut TlsStream<TcpStream>) -> String {
    let mut bytes = Vec::new();
    let read = timeout(PATIENCE, stream.read_to_end(&mut bytes)).await;
    let _ = read.expect("the connection stays");
    String::from_utf8_lossy(&bytes).into_owned()
}

fn bounds() -> Bounds {
    Bounds {
        idle: IDLE,
        ..Bounds::default()
    }
}

#[test]
fn who_says_nothing_is_not_waited_for() {
    for version in [&b"h2"[..], b"http/1.1"] {
        let serving = Serving::new(version, bounds());
        serving.runtime.block_on(async {
            let mut stream = serving.connect().await.unwrap();
            rest(&mut stream).await;
        });
    }
}

#[test]
fn who_only_keeps_alive_is_not_kept() {
    let serving = Serving::new(b"h2", bounds());
    serving.runtime.block_on(async {
        let stream = serving.connect().await.unwrap();
        let (mut from, mut to) = tokio::io::split(stream);
        // The preface, empty settings, and from then on a ping each moment.
        let preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";
        to.write_all(preface).await.unwrap();
        let pinging = tokio::spawn(async move {
            let ping = b"\0\0\x08\x06\0\0\0\0\0hereiam!";
            while to.write_all(ping).await.is_ok() {
                tokio::time::sleep(IDLE / 10).await;
            }
        });
        let mut bytes = Vec::new();
        let read = timeout(PATIENCE, from.read_to_end(&mut bytes)).await;
        let _ = read.expect("the connection stays");
        pinging.abort();
    });
}

#[test]
fn who_waits_for_an_answer_is_not_idle() {
    let serving = Serving::new(b"http/1.1", bounds());
    serving.runtime.block_on(async {
        let mut stream = serving.connect().await.unwrap();
        let wish = b"GET /slow HTTP/1.1\r\nHost: localhost\r\n\r\n";
        stream.write_all(wish).await.unwrap();
        tokio::time::sleep(IDLE * 4).await;
        serving.go.notify_one();
        let answer = rest(&mut stream).await;
        assert!(answer.ends_with("slow"), "{answer:?}");
    });
}

#[test]
fn one_network_has_a_share() {
    let serving = Serving::new(
        b"http/1.1",
        Bounds {
            of_one_network: 2,
            ..Bounds::default()
        },
    );
    serving.runtime.block_on(async {
        let mut stream = serving.connect().await.unwrap();
        let kept = serving.connect().await.unwrap();
        let third = timeout(PATIENCE, serving.connect()).await;
        assert!(third.expect("it neither gets in nor is refused").is_err());
        drop(kept);
        let wish = b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
        stream.write_all(wish).await.unwrap();
        assert!(rest(&mut stream).await.ends_with("quick"));
        // Both have gone, which the server may hear a little later.
        let again = async { while serving.connect().await.is_err() {} };
        timeout(PATIENCE, again).await.expect("nobody gets in");
        serving.ending.send_replace(true);
    });
}
