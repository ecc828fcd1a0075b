//! What leaves to a viewer that wants no more than so much, and to the others.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on fails"
)]

mod common;

use std::time::{Duration, Instant};

use bytes::Bytes;
use common::{Pair, connect, frame, pair, within};
use hackstream_protocol::ids::FrameId;
use hackstream_protocol::units::{Bitrate, ByteCount};
use hackstream_transport::{Connection, IncomingStream};

/// IP and UDP on the loopback interface.
const HEADERS: u64 = 28;

/// What left to the peer, with headers.
fn on_the_line(server: &Connection) -> ByteCount {
    let path = server.path();
    ByteCount(path.bytes_sent + path.sent_packets * HEADERS)
}

/// Sends `count` frames of so many bytes.
async fn send(server: &Connection, count: u64, bytes: usize) {
    for id in 1..=count {
        let frame = frame(id, &vec![5; bytes]);
        server.send_frame(frame, 0).await.unwrap();
    }
}

/// Takes so many frames; returns their ids in the order in which they were whole.
async fn receive(viewer: &Connection, count: u64) -> Vec<FrameId> {
    let mut frames = tokio::task::JoinSet::new();
    for _ in 0..count {
        let IncomingStream::Frame(reader) = viewer.accept_stream().await.unwrap() else {
            panic!("not a frame");
        };
        frames.spawn(reader.read());
    }
    let mut ids = Vec::new();
    while let Some(read) = frames.join_next().await {
        ids.push(read.unwrap().unwrap().0.id);
    }
    ids
}

/// Frames, sound and a clipboard together keep to the limit, from the moment it is set, and the
/// answer to a key overtakes them.
#[tokio::test]
async fn all_that_leaves_keeps_to_the_limit() {
    const RATE: Bitrate = Bitrate::mbps(2);
    const FRAMES: u64 = 20;
    let Pair { server, viewer, .. } = &pair().await;
    server.set_limit(Some(RATE));
    let (begun, before) = (Instant::now(), on_the_line(server));
    assert!(server.path().limit.unwrap() < RATE);
    let sound = async {
        loop {
            let _ = server.send_datagram(Bytes::from_static(&[3; 160]));
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    let frames = async {
        send(server, FRAMES, 20_000).await;
        let key = frame(FRAMES + 1, b"a key's answer");
        server.send_frame(key, 1).await.unwrap();
        std::future::pending::<()>().await;
    };
    let received = async {
        tokio::select! {
            ids = receive(viewer, FRAMES + 1) => ids,
            () = sound => unreachable!(),
            () = frames => unreachable!(),
        }
    };
    let ids = within(received).await;
    let elapsed = begun.elapsed().max(Duration::from_secs(1));
    let sent = on_the_line(server).saturating_sub(before);
    assert!(sent.0 > FRAMES * 20_000, "{sent:?}");
    // However slow the machine is: it can only take longer.
    assert!(sent <= RATE.bytes_in(elapsed), "{sent:?} in {elapsed:?}");
    let key = ids.iter().position(|&id| id == FrameId(FRAMES + 1));
    assert!(key < Some(FRAMES as usize), "{ids:?}");
}

/// Whoever wants little gets little, and everybody else as much as ever; and it may change its mind.
#[tokio::test]
async fn the_limit_of_one_viewer_slows_no_other_and_can_be_lifted() {
    const RATE: Bitrate = Bitrate::kbps(100);
    /// At the limit this would take minutes.
    const FRAMES: u64 = 50;
    let Pair {
        listener,
        connector,
        server,
        viewer,
    } = &pair().await;
    let (other_server, other_viewer) = connect(listener, connector).await;
    server.set_limit(Some(RATE));
    let (begun, before) = (Instant::now(), on_the_line(server));
    let limited = send(server, FRAMES, 100_000);
    let free = async {
        let sending = send(&other_server, FRAMES, 100_000);
        tokio::join!(sending, receive(&other_viewer, FRAMES))
            .1
            .len()
    };
    let ((), count) = within(async { tokio::join!(limited, free) }).await;
    assert_eq!(count as u64, FRAMES);
    let elapsed = begun.elapsed().max(Duration::from_secs(1));
    let sent = on_the_line(server).saturating_sub(before);
    assert!(sent <= RATE.bytes_in(elapsed), "{sent:?} in {elapsed:?}");
    assert_eq!(other_server.path().limit, None);

    server.set_limit(None);
    assert_eq!(server.path().limit, None);
    let ids = within(receive(viewer, FRAMES)).await;
    assert_eq!(ids.len() as u64, FRAMES);
}

/// A lower one holds as well as the first; absurd ones harm nobody.
#[tokio::test]
async fn a_limit_may_be_anything() {
    let Pair { server, viewer, .. } = &pair().await;
    for rate in [u64::MAX, 1, 0, 1 << 40] {
        server.set_limit(Some(Bitrate(rate)));
        let (_, ids) =
            within(async { tokio::join!(send(server, 3, 800), receive(viewer, 3)) }).await;
        assert_eq!(ids.len(), 3, "{rate}");
    }
}
