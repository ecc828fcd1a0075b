//! Peers that break every rule: they cost themselves their connection, and nobody else anything.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on fails"
)]

use std::net::UdpSocket;
use std::time::Duration;

use hackstream_e2e::compare::{Screen, exact, step};
use hackstream_e2e::ears::Ears;
use hackstream_e2e::folder::Folder;
use hackstream_e2e::hostile::{
    Peer, REFUSED, WELCOME, block_on, hello, message, noise, runtime, within,
};
use hackstream_e2e::keyboard::{key, type_text, wait_for_focus};
use hackstream_e2e::server::{Run, Server};
use hackstream_e2e::terminal::terminal;
use hackstream_e2e::victim::Victim;
use hackstream_e2e::{viewer, wait_until};
use hackstream_protocol::PROTOCOL_VERSION;
use hackstream_protocol::ids::FrameId;
use hackstream_protocol::limits::{MAX_HELLO_BYTES, MAX_TOKEN_BYTES};
use hackstream_protocol::wire::StreamKind;
use hackstream_protocol::wire::control::{Quality, RefusalReason, ViewerMessage};
use hackstream_protocol::wire::feedback::{Feedback, FrameReport};
use hackstream_protocol::wire::input::{InputEvent, KeyCode, Transition};

/// A viewer's coming and going.
const VISIT: usize = 2;

fn code(reason: RefusalReason) -> u64 {
    u64::from(reason.close_code())
}

#[test]
fn noise_at_the_port_is_ignored() {
    let mut victim = Victim::new();
    victim.endure("noise", 0, async |server| {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        let mut noise = noise(7);
        for round in 0..4000usize {
            let mut packet: Vec<u8> = noise.by_ref().take(round % 1400).collect();
            // A third each: anything, like the start of a handshake, like a packet of a connection.
            match (round % 3, packet.len() > 5) {
                (1, true) => {
                    packet[..5].copy_from_slice(&[0xc0 | (round as u8 & 0x3f), 0, 0, 0, 1])
                }
                (2, true) => packet[0] = (packet[0] | 0x40) & 0x7f,
                _ => {}
            }
            socket.send_to(&packet, &server.ready.listen).unwrap();
        }
    });
    victim.admits_a_newcomer();
}

#[test]
fn handshakes_that_are_cut_short_end_alone() {
    let mut victim = Victim::new();
    let first_packet = block_on(first_packet_of_a_handshake());
    victim.endure("truncated handshakes", 0, async |server| {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        for length in (1..first_packet.len()).step_by(7) {
            socket
                .send_to(&first_packet[..length], &server.ready.listen)
                .unwrap();
        }
        // And bit by bit damaged ones.
        for at in (0..first_packet.len()).step_by(11) {
            let mut packet = first_packet.clone();
            packet[at] ^= 0x55;
            socket.send_to(&packet, &server.ready.listen).unwrap();
        }
    });
    victim.admits_a_newcomer();
}

/// What a viewer of ours sends first, caught by a socket that never answers.
async fn first_packet_of_a_handshake() -> Vec<u8> {
    let silent = tokio::net::UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let address = silent.local_addr().unwrap();
    let connector = hackstream_transport::Connector::new().unwrap();
    let mut packet = vec![0; 2000];
    tokio::select! {
        length = silent.recv(&mut packet) => packet.truncate(length.unwrap()),
        _ = connector.connect(address, "localhost") => panic!("nobody answers"),
    }
    packet
}

#[test]
fn greetings_are_checked() {
    let mut victim = Victim::new();
    let mut wrong_token = hello(&victim.server);
    wrong_token.token = b"0123456789abcdef".to_vec();
    let mut wrong_version = hello(&victim.server);
    wrong_version.version = PROTOCOL_VERSION + 1;
    let mut long_token = hello(&victim.server);
    long_token.token = vec![b'x'; MAX_TOKEN_BYTES + 1];
    let oversized = (MAX_HELLO_BYTES as u32 + 1).to_le_bytes().to_vec();
    // Four bytes of zstd frame that claim to unpack to a gigabyte.
    let bomb = [
        &(9u32 | 1 << 31).to_le_bytes()[..],
        &[0x28, 0xb5, 0x2f, 0xfd, 0xa0, 0, 0, 0, 0x40],
    ];
    let greetings = [
        (
            "a wrong token",
            message(&wrong_token),
            RefusalReason::WrongToken,
        ),
        (
            "another version",
            message(&wrong_version),
            RefusalReason::WrongVersion,
        ),
        (
            "a long token",
            message(&long_token),
            RefusalReason::ProtocolError,
        ),
        (
            "an oversized greeting",
            oversized,
            RefusalReason::ProtocolError,
        ),
        (
            "an empty greeting",
            vec![0; 4],
            RefusalReason::ProtocolError,
        ),
        ("a bomb", bomb.concat(), RefusalReason::ProtocolError),
        (
            "no greeting",
            vec![1, 0, 0, 0, 3],
            RefusalReason::ProtocolError,
        ),
        (
            "noise for a greeting",
            noise_message(300),
            RefusalReason::ProtocolError,
        ),
    ];
    for (what, bytes, reason) in greetings {
        victim.endure(what, 1, async |server| {
            let mut peer = Peer::connect(server).await;
            peer.say(&bytes).await;
            assert_eq!(peer.closed().await, code(reason), "{what}");
        });
    }
    victim.admits_a_newcomer();
}

/// A control message that begins like a greeting and goes on as noise.
fn noise_message(length: u32) -> Vec<u8> {
    let body = std::iter::once(1).chain(noise(3)).take(length as usize);
    length.to_le_bytes().into_iter().chain(body).collect()
}

#[test]
fn what_an_admitted_viewer_sends_is_checked() {
    let mut victim = Victim::new();
    let on_control = [
        (
            "an oversized message",
            (u32::MAX >> 1).to_le_bytes().to_vec(),
        ),
        ("noise on control", noise_message(5000)),
        ("a malformed quality", vec![4, 0, 0, 0, 2, 1, 1, 99]),
    ];
    for (what, bytes) in on_control {
        victim.endure(what, VISIT, async |server| {
            let mut peer = Peer::admitted(server).await;
            peer.say(&bytes).await;
            assert_eq!(
                peer.closed().await,
                code(RefusalReason::ProtocolError),
                "{what}"
            );
        });
    }
    let streams = [
        ("an unknown kind of stream", vec![200, 1, 2, 3]),
        (
            "a frame from a viewer",
            vec![StreamKind::Frame as u8, 1, 2, 3],
        ),
        ("an unknown input record", vec![StreamKind::Input as u8, 99]),
        (
            "a key that is none",
            vec![StreamKind::Input as u8, 1, 0xff, 0xff, 0x7f],
        ),
        ("an unknown report", vec![StreamKind::Feedback as u8, 99]),
        ("noise for input", stream_of_noise(StreamKind::Input)),
        ("noise for feedback", stream_of_noise(StreamKind::Feedback)),
    ];
    for (what, bytes) in streams {
        victim.endure(what, VISIT, async |server| {
            let peer = Peer::admitted(server).await;
            let _stream = peer.open(&bytes).await;
            assert_eq!(
                peer.closed().await,
                code(RefusalReason::ProtocolError),
                "{what}"
            );
        });
    }
    victim.admits_a_newcomer();
}

fn stream_of_noise(kind: StreamKind) -> Vec<u8> {
    std::iter::once(kind as u8)
        .chain(noise(11).take(100_000))
        .collect()
}

#[test]
fn lies_about_frames_harm_only_the_liar() {
    let mut victim = Victim::new();
    victim.endure("reports of frames that never were", VISIT, async |server| {
        let peer = Peer::admitted(server).await;
        let mut bytes = vec![StreamKind::Feedback as u8];
        for id in (0..3000).chain([u64::MAX >> 2, u64::MAX]) {
            let report = FrameReport {
                id: FrameId(id),
                held: Duration::from_micros(u64::MAX),
                decoding: Duration::from_micros(u64::MAX),
                presenting: Duration::ZERO,
            };
            Feedback::Applied(report).write(&mut bytes);
        }
        let _stream = peer.open(&bytes).await;
        // Frames still come, or the connection is closed for the lie: both are fine.
        let _ = within(peer.quic.accept_uni()).await;
        peer.leave().await;
    });
    victim.endure("a viewer that is always lost", VISIT, async |server| {
        let peer = Peer::admitted(server).await;
        let mut bytes = vec![StreamKind::Feedback as u8];
        (0..5000).for_each(|_| Feedback::Lost.write(&mut bytes));
        let _stream = peer.open(&bytes).await;
        let _ = within(peer.quic.accept_uni()).await;
        peer.leave().await;
    });
    victim.admits_a_newcomer();
}

/// More frames than are on their way to one viewer at a time.
const FRAMES: u32 = 160;

#[test]
fn a_viewer_that_never_reads_harms_nobody() {
    let mut victim = Victim::new();
    let runtime = runtime();
    let idle = runtime.block_on(Peer::admitted(&victim.server));
    victim.show_frames(FRAMES);
    victim.tells_once("gets no more until");
    victim.endure("a viewer that never reads", 0, async |_| {});
    assert_eq!(victim.viewers(), 2);
    runtime.block_on(idle.leave());
    wait_until("the end of the idle viewer's thread", || {
        (victim.viewers() == 1).then_some(())
    });
    victim.admits_a_newcomer();
}

#[test]
fn a_viewer_that_reads_and_never_confirms_harms_nobody() {
    let mut victim = Victim::new();
    let runtime = runtime();
    let silent = runtime.block_on(Peer::admitted(&victim.server));
    let frames = silent.quic.clone();
    runtime.spawn(async move {
        while let Ok(mut frame) = frames.accept_uni().await {
            tokio::spawn(async move { frame.read_to_end(usize::MAX).await });
        }
    });
    victim.show_frames(FRAMES);
    victim.tells_once("does not confirm its frames");
    victim.endure("a viewer that never confirms", 0, async |_| {});
    assert_eq!(victim.viewers(), 2);
    runtime.block_on(silent.leave());
    victim.admits_a_newcomer();
}

#[test]
fn a_viewer_that_talks_and_acknowledges_nothing_is_sent_away() {
    /// What the server keeps for it at the most: a session's viewer takes some megabytes from the start.
    const MEMORY: u64 = 16 << 20;
    /// Thrice what the server waits.
    const WAIT: Duration = Duration::from_secs(75);
    let mut victim = Victim::new();
    let (runtime, ears) = (runtime(), Ears::default());
    let before = victim.memory();
    let mut peer = runtime.block_on(Peer::admitted_with(&ears, &victim.server));
    ears.close();
    runtime.spawn(async move {
        for quality in [Quality::Low, Quality::High].into_iter().cycle() {
            peer.tell(&ViewerMessage::Quality(quality)).await;
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    });
    let stderr = &victim.server.process.stderr;
    let lines = || {
        let log = stderr.all();
        log.into_iter()
            .filter(|line| line.contains("acknowledged nothing"))
    };
    victim.go_on_until("the end of the visit", WAIT, || lines().next().is_some());
    let grown = victim.memory().saturating_sub(before);
    assert!(grown <= MEMORY, "{grown} bytes");
    wait_until("the end of its thread", || {
        (victim.viewers() == 1).then_some(())
    });
    assert_eq!(lines().count(), 1);
    victim.endure("a deaf viewer", 0, async |_| {});
    victim.admits_a_newcomer();
}

#[test]
fn a_full_session_refuses_and_welcomes_nobody_else() {
    // More than any session takes.
    const MANY: usize = 100;
    let victim = Victim::new();
    block_on(async {
        let mut admitted = Vec::new();
        let refused = loop {
            assert!(admitted.len() < MANY, "all of them were admitted");
            let mut peer = Peer::connect(&victim.server).await;
            peer.say(&message(&hello(&victim.server))).await;
            match peer.answer().await {
                WELCOME => admitted.push(peer),
                REFUSED => break peer,
                other => panic!("{other} is no answer"),
            }
        };
        let reason = code(RefusalReason::TooManyViewers);
        assert_eq!(refused.closed().await, reason);
        let is_there = |peer: &Peer| peer.quic.close_reason().is_none();
        assert!(admitted.iter().all(is_there), "welcomed and then closed");
        // A place that becomes free is given away again.
        admitted.pop().unwrap().leave().await;
        within(async {
            loop {
                let mut peer = Peer::connect(&victim.server).await;
                peer.say(&message(&hello(&victim.server))).await;
                if peer.answer().await == WELCOME {
                    return;
                }
            }
        })
        .await;
    });
}

#[test]
fn keys_of_a_viewer_that_vanished_are_let_go() {
    let folder = Folder::new();
    let typed = folder.path("typed");
    let command = terminal(&["tee", typed.to_str().unwrap()]);
    let server = Server::run_as(&Run::default(), folder, &command);
    let honest = viewer::connect(&server);
    wait_for_focus(&honest, &typed);
    exact(&server, &[&honest], "before the shift key");
    let before = server.picture();
    block_on(async {
        let peer = Peer::admitted(&server).await;
        let _stream = peer.open(&capital_a_with_shift_held()).await;
        wait_until("the capital letter", || {
            (server.picture() != before).then_some(())
        });
        peer.leave().await;
    });
    server.process.stderr.wait_for("the peer's end", |line| {
        line.contains("viewer left").then_some(())
    });
    step(&server, &[&honest], "typing after the shift key", || {
        type_text(&honest, "b\n")
    });
    let text = wait_until("the line", || {
        let text = std::fs::read_to_string(&typed).ok()?;
        text.ends_with("b\n").then_some(text)
    });
    assert_eq!(text.trim_start_matches('\n'), "Ab\n");
}

fn capital_a_with_shift_held() -> Vec<u8> {
    const A: KeyCode = KeyCode(30);
    let mut bytes = vec![StreamKind::Input as u8];
    for (code, transition) in [
        (key::LEFT_SHIFT, Transition::Press),
        (A, Transition::Press),
        (A, Transition::Release),
    ] {
        InputEvent::Key(code, transition).write(&mut bytes);
    }
    bytes
}
