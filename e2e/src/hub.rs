//! What a control plane does for a session and its viewers, as far as tests need it: it signs tickets.

use std::ffi::OsStr;
use std::net::{IpAddr, Ipv4Addr};
use std::time::{SystemTime, UNIX_EPOCH};

use hackstream_protocol::wire::control::{Credential, Hello, ServerMessage, Welcome};
use hackstream_ticket::{
    ClientKey, EXPORTER_LABEL, KeyHash, Policy, Proof, Signer, Ticket, TicketId, UnixSeconds,
    exporter_context,
};
use hackstream_view::config::{Options, TrustPolicy};

use crate::folder::Folder;
use crate::hostile::{Peer, hello, message};
use crate::process::Process;
use crate::server::{Run, Server};
use crate::{program, viewer};

/// What the session of the tests is called.
pub const SESSION: &str = "01JDXW6YB2X6A7K4R7Q1ZV3N5M";

/// The control plane: one key.
pub struct Hub(Signer);

impl Hub {
    /// A hub with the key of this number.
    ///
    /// # Panics
    /// Never.
    #[must_use]
    pub fn new(number: u8) -> Self {
        Self(Signer::from_seed(&[number; 32]).expect("a seed"))
    }

    /// A session that takes the hub's tickets.
    ///
    /// # Panics
    /// If it does not get ready.
    #[must_use]
    pub fn session<T: AsRef<OsStr>>(&self, options: &[&str], command: &[T]) -> Server {
        let folder = Folder::new();
        let key = folder.path("hub.pub");
        std::fs::write(&key, format!("{}\n", self.0.public())).expect("a key file");
        let key = key.to_str().expect("UTF-8");
        let ours = ["--ticket-key", key, "--session-id", SESSION];
        let run = Run {
            options: &[&ours[..], options].concat(),
            ..Run::default()
        };
        Server::run_as(&run, folder, command)
    }

    /// A ticket for the holder of `key` that is good for 30 seconds from now.
    #[must_use]
    pub fn ticket(&self, server: &Server, key: &ClientKey, number: u8) -> Ticket {
        Ticket {
            id: TicketId([number; 16]),
            session: SESSION.parse().expect("a name"),
            node: "node-1".parse().expect("a name"),
            server_key: KeyHash(server.ready.fingerprint.bytes()),
            client_key: key.public().hash(),
            issued_at: now(),
            expires_at: now().plus(30),
            policy: Policy::EVERYTHING,
        }
    }

    /// The ticket as it is handed out.
    #[must_use]
    pub fn sign(&self, ticket: &Ticket) -> String {
        ticket.sign(&self.0)
    }
}

/// The key of a viewer.
///
/// # Panics
/// Never.
#[must_use]
pub fn client_key(number: u8) -> ClientKey {
    ClientKey::from_seed(&[number; 32]).expect("a seed")
}

/// The time as the hub sees it.
///
/// # Panics
/// If it is before 1970.
#[must_use]
pub fn now() -> UnixSeconds {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    UnixSeconds(since.expect("after 1970").as_secs())
}

/// One of the addresses of this machine's loopback, so that one test is many people.
#[must_use]
pub const fn loopback(number: u8) -> IpAddr {
    IpAddr::V4(Ipv4Addr::new(127, 0, 1, number))
}

/// The proof of `key` on this connection for what is `shown` on it.
///
/// # Panics
/// If the connection is not made yet.
#[must_use]
pub fn proof(peer: &Peer, key: &ClientKey, shown: &[u8]) -> Vec<u8> {
    let mut exported = [0; 32];
    let context = exporter_context(shown);
    let told = peer
        .quic
        .export_keying_material(&mut exported, EXPORTER_LABEL, &context);
    told.expect("a connection");
    Proof::new(key, &exported).to_bytes().to_vec()
}

/// A greeting with a connect ticket and this proof.
#[must_use]
pub fn greeting(server: &Server, ticket: &str, proof: Vec<u8>) -> Hello {
    Hello {
        token: Vec::new(),
        credential: Credential {
            ticket: ticket.as_bytes().to_vec(),
            proof,
        },
        ..hello(server)
    }
}

/// Greets with a ticket and its holder's proof.
pub async fn greet(peer: &mut Peer, server: &Server, ticket: &str, key: &ClientKey) {
    let proof = proof(peer, key, ticket.as_bytes());
    peer.say(&message(&greeting(server, ticket, proof))).await;
}

/// Comes back with the ticket of an earlier welcome.
pub async fn come_back(peer: &mut Peer, server: &Server, ticket: &[u8], key: &ClientKey) {
    let hello = Hello {
        token: Vec::new(),
        ticket: ticket.to_vec(),
        credential: Credential {
            ticket: Vec::new(),
            proof: proof(peer, key, ticket),
        },
        ..hello(server)
    };
    peer.say(&message(&hello)).await;
}

/// The welcome of a peer that was let in.
///
/// # Panics
/// If it was not.
pub async fn welcome(peer: &mut Peer) -> Welcome {
    peer.hear(|message| match message {
        ServerMessage::Welcome(welcome) => Some(welcome),
        other => panic!("not let in: {other:?}"),
    })
    .await
}

/// How a viewer inside the test goes to the session.
#[must_use]
pub fn options(server: &Server, ticket: String, key: ClientKey) -> Options {
    Options {
        ticket: Some(hackstream_view::config::Ticket::new(ticket, key)),
        trust: TrustPolicy::Pinned(server.ready.fingerprint),
        ..viewer::options(server)
    }
}

/// The descriptor that a control plane gives a viewer, as JSON.
///
/// # Panics
/// If the server's address is none.
#[must_use]
pub fn descriptor(server: &Server, ticket: &str, key: &ClientKey) -> serde_json::Value {
    let (host, port) = server.ready.listen.rsplit_once(':').expect("an address");
    serde_json::json!({
        "host": host,
        "port": port.parse::<u16>().expect("a port"),
        "server_spki": server.ready.fingerprint.to_string(),
        "ticket": ticket,
        "key": key.secret_text(),
    })
}

/// The program with a descriptor on its standard input, until it ends.
///
/// # Panics
/// If it does not end.
#[must_use]
pub fn view(
    server: &Server,
    descriptor: &serde_json::Value,
    options: &[&str],
) -> crate::process::Ended {
    let file = server.folder().path("descriptor.json");
    std::fs::write(&file, descriptor.to_string()).expect("a file");
    let mut command = std::process::Command::new("sh");
    server.folder().use_in(&mut command);
    command
        .args([
            "-c",
            "exec \"$0\" --ticket-file - --headless \"$@\" < descriptor.json",
        ])
        .arg(program("hackstream-view"))
        .args(options)
        .current_dir(file.parent().expect("a folder"));
    Process::start(&mut command).wait()
}
