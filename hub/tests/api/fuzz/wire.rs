//! Bytes that are no requests, over TLS: each connection ends, and who asks properly is answered
//! beside them.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hackstream_hub::http::listen::{Bounds, serve};
use hackstream_hub::http::tls::Identity;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::{HANGS, variable};
use crate::harness::Api;
use crate::random::Random;

/// Connections, if nothing is said.
const CONNECTIONS: u64 = 150;
/// At once: some are waited for as long as a body may take.
const TOGETHER: usize = 150;

const PROPER: &[u8] = b"GET /health/live HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";

/// What requests are made of, and what they are broken with.
const PIECES: [&[u8]; 30] = [
    b"GET ",
    b"POST ",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    b"/v1/login",
    b"/health/live",
    b"/v1/sessions?",
    b"*",
    b"http://localhost/v1/me",
    b" HTTP/1.1",
    b" HTTP/0.9",
    b" HTTP/9.9",
    b"\r\n",
    b"\n",
    b"\r\n\r\n",
    b"\0",
    b"\xff\xfe",
    b"host: localhost\r\n",
    b"host:\r\nhost: x\r\n",
    b"content-type: application/json\r\n",
    b"content-length: 2\r\n",
    b"content-length: -1\r\n",
    b"content-length: 99999999999999999999\r\n",
    b"content-length: 5\r\ncontent-length: 6\r\n",
    b"transfer-encoding: chunked\r\n",
    b"transfer-encoding: chunked, gzip\r\ncontent-length: 3\r\n",
    b"expect: 100-continue\r\n",
    b"upgrade: h2c\r\nconnection: upgrade\r\n",
    b"ffffffffffffffff\r\n{}\r\n0\r\n\r\n",
    b"{\"username\":\"alice\",\"password\":\"x\"}",
    b"\0\0\x08\x06\0\0\0\0\0hereiam!",
];

pub(super) fn what_is_no_request_ends_its_connection(api: &mut Api) {
    let connections = variable("HACKSTREAM_FUZZ_REQUESTS", CONNECTIONS);
    let seed = variable("HACKSTREAM_FUZZ_SEED", 1);
    println!("HACKSTREAM_FUZZ_SEED={seed} HACKSTREAM_FUZZ_REQUESTS={connections}");
    let mut random = Random::new(seed);
    let texts: Vec<_> = (0..connections).map(|_| text(&mut random)).collect();
    let runtime = Arc::clone(&api.runtime);
    runtime.block_on(async {
        let hub = Hub::new(api).await;
        for (round, texts) in texts.chunks(TOGETHER).enumerate() {
            let asked: Vec<_> = texts
                .iter()
                .cloned()
                .enumerate()
                .map(|(number, text)| {
                    let (hub, closes) = (hub.clone(), number % 2 == 0);
                    tokio::spawn(async move { hub.say(&text, closes).await })
                })
                .collect();
            let proper = hub.say(PROPER, false).await;
            assert!(
                proper.starts_with(b"HTTP/1.1 204"),
                "seed {seed}, round {round}"
            );
            for (asked, text) in asked.into_iter().zip(texts) {
                let answer = asked.await.unwrap();
                let status = answer.get(9..12).unwrap_or(b"400");
                let fault = status.starts_with(b"5") && !status.starts_with(b"503");
                let text = String::from_utf8_lossy(text);
                assert!(
                    !fault,
                    "seed {seed}: {text:?}: {}",
                    String::from_utf8_lossy(&answer)
                );
            }
        }
    });
}

fn text(random: &mut Random) -> Vec<u8> {
    let mut text = Vec::new();
    if random.once_in(2) {
        // Good as far as the end of its first line.
        text.extend_from_slice(b"POST /v1/login HTTP/1.1\r\nhost: localhost\r\n");
    }
    for _ in 0..random.below(8) {
        let piece: &[u8] = PIECES[random.below(PIECES.len())];
        text.extend_from_slice(piece);
    }
    if random.once_in(10) {
        text.extend(b"x-long: ".iter().chain(&vec![b'a'; 100_000]));
    }
    if random.once_in(10) {
        text.extend(b"a: b\r\n".repeat(5000));
    }
    text
}

/// The hub behind its real listener.
#[derive(Clone)]
struct Hub {
    address: SocketAddr,
    client: Arc<ClientConfig>,
    _ending: Arc<watch::Sender<bool>>,
}

impl Hub {
    async fn new(api: &Api) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let identity = Identity::own(folder.path(), &["localhost".to_owned()]).unwrap();
        let own = CertificateDer::from_pem_file(folder.path().join("tls.crt.pem")).unwrap();
        let mut roots = RootCertStore::empty();
        roots.add(own).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let client = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&rustls::version::TLS13])
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (ending, is_ending) = watch::channel(false);
        let bounds = Bounds {
            idle: Duration::from_millis(500),
            ..Bounds::default()
        };
        let (tls, router) = (identity.server().unwrap(), api.router.clone());
        tokio::spawn(serve(listener, tls, router, is_ending, bounds));
        Self {
            address,
            client: Arc::new(client),
            _ending: Arc::new(ending),
        }
    }

    async fn connect(&self) -> TlsStream<TcpStream> {
        let stream = TcpStream::connect(self.address).await.unwrap();
        let name = ServerName::try_from("localhost").unwrap();
        let connector = TlsConnector::from(Arc::clone(&self.client));
        connector.connect(name, stream).await.unwrap()
    }

    /// What comes back until the hub closes, whether or not we do first.
    async fn say(&self, text: &[u8], closes: bool) -> Vec<u8> {
        let (mut from, mut to) = tokio::io::split(self.connect().await);
        let mut answer = Vec::new();
        let talking = async {
            // It may have heard enough.
            let _ = to.write_all(text).await;
            let _ = to.flush().await;
            if closes {
                let _ = to.shutdown().await;
            }
            let _ = from.read_to_end(&mut answer).await;
        };
        let ended = timeout(HANGS, talking).await;
        ended.unwrap_or_else(|_| panic!("stays: {:?}", String::from_utf8_lossy(text)));
        answer
    }
}
