//! Somebody in between whom an authority vouches for that this machine trusts: where hub or session are
//! known by their keys, that is worth nothing, and nothing is said to them.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on fails"
)]

use std::fs;
use std::io::Read as _;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use hackstream_e2e::folder::Folder;
use hackstream_e2e::hub::client_key;
use hackstream_e2e::person::{Person, Went};
use hackstream_e2e::plane::{Node, PASSWORD, Plane, with_input};
use hackstream_e2e::process::bound_command;
use hackstream_e2e::{program, wait_until};
use hackstream_protocol::ALPN;
use quinn::crypto::rustls::QuicServerConfig;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use serde_json::{Value, json};

/// An authority that is trusted where its file says so, and what it says of the impostor.
struct Authority {
    file: PathBuf,
    certificate: CertificateDer<'static>,
    key: Vec<u8>,
    _folder: Folder,
}

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let key = KeyPair::generate().unwrap();
        let names = ["127.0.0.1".to_owned(), "localhost".to_owned()];
        let params = CertificateParams::new(names).unwrap();
        let certificate = params.signed_by(&key, &authority).unwrap();
        let folder = Folder::new();
        let file = folder.path("authority.pem");
        fs::write(&file, authority.pem()).unwrap();
        Self {
            file,
            certificate: certificate.der().clone(),
            key: key.serialize_der(),
            _folder: folder,
        }
    }

    /// TLS as the impostor speaks it.
    fn tls(&self, alpn: &[&[u8]]) -> ServerConfig {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(self.key.clone()));
        let mut tls = ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&rustls::version::TLS13])
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![self.certificate.clone()], key)
            .unwrap();
        tls.alpn_protocols = alpn.iter().map(|name| name.to_vec()).collect();
        tls
    }

    /// Runs `hackstream` for a person whose machine trusts the authority.
    fn run(&self, person: &Person, words: &[&str]) -> Went {
        let mut command = person.command("hackstream", words);
        command.env("SSL_CERT_FILE", &self.file);
        let output = with_input(command, "");
        Went {
            code: output.status.code(),
            said: String::from_utf8_lossy(&output.stdout).into_owned(),
            told: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

/// What came of each visit: what was said, once the handshake was done.
type Visits = Arc<Mutex<Vec<Option<Vec<u8>>>>>;

/// Takes the place of a hub, at its address.
fn take_the_place(address: &str, authority: &Authority) -> Visits {
    let listener = TcpListener::bind(address).unwrap();
    let visits = Visits::default();
    let (seen, tls) = (Arc::clone(&visits), Arc::new(authority.tls(&[])));
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let (seen, tls) = (Arc::clone(&seen), Arc::clone(&tls));
            std::thread::spawn(move || {
                let heard = listen_to(stream, tls);
                seen.lock().unwrap().push(heard);
            });
        }
    });
    visits
}

/// What a visitor says first; `None` if it leaves during the handshake.
fn listen_to(stream: TcpStream, tls: Arc<ServerConfig>) -> Option<Vec<u8>> {
    let mut stream = StreamOwned::new(ServerConnection::new(tls).unwrap(), stream);
    let mut first = vec![0; 4096];
    let count = stream.read(&mut first).ok()?;
    first.truncate(count);
    Some(first)
}

/// So many visits at least, as soon as there were.
fn after(visits: &Visits, least: usize) -> Vec<Option<Vec<u8>>> {
    wait_until("visits", || {
        let visits = visits.lock().unwrap().clone();
        (visits.len() >= least).then_some(visits)
    })
}

#[test]
fn nothing_is_said_to_a_hub_with_another_key_whoever_vouches_for_it() {
    let authority = Authority::new();
    let mut plane = Plane::with_node(&Node::default());
    let ann = Person::logged_in(&plane, "admin", PASSWORD);
    assert_eq!(authority.run(&ann, &["list"]).code, Some(0));
    plane.kill_hub();
    let visits = take_the_place(&plane.address, &authority);

    let went = authority.run(&ann, &["list"]);
    assert_eq!(went.code, Some(5), "{went:?}");
    let words = [
        "another key than before",
        &plane.fingerprint,
        "Ask whoever runs it",
    ];
    for word in words {
        assert!(went.told.contains(word), "no {word:?} in {went:?}");
    }
    // The node asks by itself, again and again.
    let visits_so_far = after(&visits, 3);
    assert!(
        visits_so_far.iter().all(Option::is_none),
        "{visits_so_far:?}"
    );

    // Whoever knows no key believes the authority: it is one, and this is what could have been heard.
    let stranger = Person::new();
    let hub = format!("https://{}", plane.address);
    let _ = authority.run(&stranger, &["configure", "--api-url", &hub]);
    wait_until("somebody who believes it", || {
        let visits = visits.lock().unwrap();
        let heard = visits
            .iter()
            .flatten()
            .any(|said| said.starts_with(b"GET /health/live"));
        heard.then_some(())
    });
}

/// Whether whoever comes says something before they leave.
async fn speaks(visitor: quinn::Incoming) -> bool {
    let Ok(visit) = visitor.await else {
        return false;
    };
    let said = tokio::select! {
        stream = visit.accept_bi() => stream.is_ok(),
        stream = visit.accept_uni() => stream.is_ok(),
        datagram = visit.read_datagram() => datagram.is_ok(),
    };
    visit.close(0u32.into(), b"");
    said
}

#[test]
fn nothing_is_said_to_a_session_with_another_key_whoever_vouches_for_it() {
    let authority = Authority::new();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let _inside = runtime.enter();
    let crypto = QuicServerConfig::try_from(authority.tls(&[ALPN])).unwrap();
    let config = quinn::ServerConfig::with_crypto(Arc::new(crypto));
    let endpoint = quinn::Endpoint::server(config, (Ipv4Addr::LOCALHOST, 0).into()).unwrap();
    let port = endpoint.local_addr().unwrap().port();
    // Whether each visitor said anything.
    let (tell, told) = std::sync::mpsc::channel();
    runtime.spawn(async move {
        while let Some(visitor) = endpoint.accept().await {
            let tell = tell.clone();
            tokio::spawn(async move { tell.send(speaks(visitor).await) });
        }
    });

    let folder = Folder::new();
    let goal = |spki: &str| {
        json!({
            "host": "127.0.0.1",
            "port": port,
            "server_spki": spki,
            "ticket": "hst_none",
            "key": client_key(3).secret_text(),
        })
    };
    let view = |goal: &Value| {
        let mut viewer = bound_command(program("hackstream-view"));
        folder.use_in(&mut viewer);
        viewer
            .args([
                "--ticket-file",
                "-",
                "--headless",
                "--mute",
                "--reconnect-timeout",
                "1",
            ])
            .env("SSL_CERT_FILE", &authority.file);
        with_input(viewer, &goal.to_string())
    };
    let refused = view(&goal(&format!("sha256:{}", "0".repeat(64))));
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert_eq!(refused.status.code(), Some(5), "{said}");
    assert!(!told.recv().unwrap(), "something was said: {said}");
    assert!(told.try_recv().is_err(), "it came again: {said}");

    // Who is told that this is the key goes on: so the key was all that was wrong.
    let mut parts = said.split("sha256:").skip(1);
    let shown = parts.find(|part| !part.starts_with("00000000"));
    let shown: String = { shown.unwrap().chars() }
        .take_while(char::is_ascii_hexdigit)
        .collect();
    let believed = view(&goal(&shown));
    assert!(told.recv().unwrap(), "{believed:?}");
    assert_ne!(believed.status.code(), Some(5), "{believed:?}");
}
