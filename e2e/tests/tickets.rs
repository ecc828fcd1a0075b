//! Tickets: what lets a viewer come back, and nobody else.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on fails"
)]

use hackstream_e2e::hostile::{Peer, block_on, hello, message, within};
use hackstream_e2e::server::Server;
use hackstream_e2e::wait_until;
use hackstream_protocol::wire::StreamKind;
use hackstream_protocol::wire::control::{Hello, RefusalReason, ServerMessage, ViewerMessage};

fn code(reason: RefusalReason) -> u64 {
    u64::from(reason.close_code())
}

/// The server's first message.
async fn answer(peer: &mut Peer) -> ServerMessage {
    let mut head = [0; 4];
    within(peer.control_in.read_exact(&mut head)).await.unwrap();
    let length = u32::from_le_bytes(head);
    assert_eq!(length >> 31, 0, "a short message is not compressed");
    let mut body = vec![0; length as usize];
    within(peer.control_in.read_exact(&mut body)).await.unwrap();
    ServerMessage::read(&body).unwrap().unwrap()
}

/// Comes in with this greeting; the ticket that the welcome brings.
async fn come_in(server: &Server, greeting: &Hello) -> (Peer, Vec<u8>) {
    let mut peer = Peer::connect(server).await;
    peer.say(&message(greeting)).await;
    match answer(&mut peer).await {
        ServerMessage::Welcome(welcome) => (peer, welcome.ticket),
        other => panic!("not let in: {other:?}"),
    }
}

fn with(ticket: &[u8], server: &Server) -> Hello {
    Hello {
        token: Vec::new(),
        ticket: ticket.to_vec(),
        ..hello(server)
    }
}

async fn assert_refused(server: &Server, greeting: &Hello) {
    let mut peer = Peer::connect(server).await;
    peer.say(&message(greeting)).await;
    assert_eq!(peer.closed().await, code(RefusalReason::WrongToken));
}

fn viewers(server: &Server) -> usize {
    let process = server.process.pid().as_raw_nonzero();
    let tasks = std::fs::read_dir(format!("/proc/{process}/task")).unwrap();
    let names = tasks.filter_map(|t| std::fs::read_to_string(t.ok()?.path().join("comm")).ok());
    names.filter(|name| name.starts_with("viewer-")).count()
}

#[test]
fn a_ticket_takes_the_place_of_the_earlier_connection_at_once() {
    let server = Server::run(&["sleep", "1000"]);
    block_on(async {
        let (first, ticket) = come_in(&server, &hello(&server)).await;
        assert_eq!(ticket.len(), 32);
        // Its input is open, so that there is something to let go of.
        let _input = first.open(&[StreamKind::Input as u8, 1, 30]).await;
        let (second, none) = come_in(&server, &with(&ticket, &server)).await;
        assert!(none.is_empty(), "the ticket goes on to hold");
        assert_eq!(first.closed().await, code(RefusalReason::Replaced));
        wait_until("the end of the first", || {
            (viewers(&server) == 1).then_some(())
        });
        let (third, _) = come_in(&server, &with(&ticket, &server)).await;
        assert_eq!(second.closed().await, code(RefusalReason::Replaced));
        // Gone without a word: it may come back.
        third.leave().await;
        let (_fourth, _) = come_in(&server, &with(&ticket, &server)).await;
    });
}

#[test]
fn viewers_have_tickets_of_their_own() {
    let server = Server::run(&["sleep", "1000"]);
    block_on(async {
        let (first, one) = come_in(&server, &hello(&server)).await;
        let (second, other) = come_in(&server, &hello(&server)).await;
        assert_ne!(one, other);
        wait_until("two viewers", || (viewers(&server) == 2).then_some(()));
        assert!(first.quic.close_reason().is_none(), "the first stays");
        assert!(second.quic.close_reason().is_none(), "the second stays");
    });
}

#[test]
fn goodbye_ends_a_ticket() {
    let server = Server::run(&["sleep", "1000"]);
    block_on(async {
        let (mut peer, ticket) = come_in(&server, &hello(&server)).await;
        let mut bye = Vec::new();
        ViewerMessage::Bye.write(&mut bye);
        peer.say(&(bye.len() as u32).to_le_bytes()).await;
        peer.say(&bye).await;
        peer.closed().await;
        assert_refused(&server, &with(&ticket, &server)).await;
    });
}

#[test]
fn wrong_tickets_let_nobody_in_and_disturb_nobody() {
    let server = Server::run(&["sleep", "1000"]);
    block_on(async {
        let (first, ticket) = come_in(&server, &hello(&server)).await;
        let mut changed = ticket.clone();
        changed[31] ^= 1;
        for wrong in [&changed[..], &ticket[1..], &[0; 64], &[]] {
            assert_refused(&server, &with(wrong, &server)).await;
        }
        // A token lets in whoever shows a wrong ticket beside it, as a new viewer.
        let beside = Hello {
            ticket: changed,
            ..hello(&server)
        };
        let (_second, new) = come_in(&server, &beside).await;
        assert!(!new.is_empty() && new != ticket);
        assert!(first.quic.close_reason().is_none(), "the first stays");
    });
    let log = server.process.stderr.all().join("\n");
    assert!(!log.contains("panicked"), "{log}");
}

#[test]
fn an_endless_ticket_is_a_broken_greeting() {
    let server = Server::run(&["sleep", "1000"]);
    block_on(async {
        let mut peer = Peer::connect(&server).await;
        peer.say(&message(&with(&[7; 65], &server))).await;
        assert_eq!(peer.closed().await, code(RefusalReason::ProtocolError));
    });
}
