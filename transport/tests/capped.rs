//! What a capped listener puts on the line.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on fails"
)]

mod common;

use std::time::{Duration, Instant};

use common::{ANY_PORT, connect, frame, within};
use hackstream_protocol::ids::FrameId;
use hackstream_protocol::rate::cap::Limits;
use hackstream_protocol::units::{Bitrate, ByteCount};
use hackstream_transport::{Connector, Identity, IncomingStream, Listener};

const RATE: Bitrate = Bitrate::mbps(2);
const FRAMES: u64 = 20;

/// IP and UDP on the loopback interface.
const HEADERS: u64 = 28;

#[tokio::test]
async fn no_more_than_the_cap_leaves_and_small_frames_need_not_wait() {
    let begun = Instant::now();
    let identity = Identity::generate().unwrap();
    let limits = Limits {
        rate: Some(RATE),
        per_hour: None,
    };
    let listener = Listener::bind_within(ANY_PORT, &identity, limits).unwrap();
    let connector = Connector::new().unwrap();
    let (server, viewer) = connect(&listener, &connector).await;
    assert!(server.path().limit.unwrap() < RATE);
    assert_eq!(viewer.path().limit, None);

    let sent = async {
        for id in 1..=FRAMES {
            let bytes = frame(id, &[5; 20_000]);
            server.send_frame(bytes, 0).await.unwrap();
        }
        let bytes = frame(FRAMES + 1, b"a key's answer");
        server.send_frame(bytes, 1).await.unwrap();
    };
    let received = async {
        let mut order = Vec::new();
        for _ in 0..=FRAMES {
            let IncomingStream::Frame(reader) = viewer.accept_stream().await.unwrap() else {
                panic!("not a frame");
            };
            order.push(reader);
        }
        let mut frames = tokio::task::JoinSet::new();
        for reader in order {
            frames.spawn(reader.read());
        }
        let mut ids = Vec::new();
        while let Some(read) = frames.join_next().await {
            ids.push(read.unwrap().unwrap().0.id);
        }
        ids
    };
    let (_, ids) = within(async { tokio::join!(sent, received) }).await;
    let elapsed = begun.elapsed().max(Duration::from_secs(1));
    let path = server.path();
    let on_the_line = ByteCount(path.bytes_sent + path.sent_packets * HEADERS);
    assert!(on_the_line.0 > FRAMES * 20_000, "{path:?}");
    // However slow the machine is: it can only take longer.
    assert!(
        on_the_line <= RATE.bytes_in(elapsed),
        "{path:?} in {elapsed:?}"
    );
    let small = ids.iter().position(|&id| id == FrameId(FRAMES + 1));
    assert!(small < Some(FRAMES as usize), "{ids:?}");
}
