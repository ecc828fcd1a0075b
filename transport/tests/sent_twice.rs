//! Frames of which a packet is missing, and what was sent twice.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on fails"
)]

mod common;

use common::{frame, hostile_pair, pair, within};
use hackstream_protocol::ids::{FrameId, StreamIndex};
use hackstream_protocol::repeat::frame_parities;
use hackstream_protocol::wire::StreamKind;
use hackstream_protocol::wire::parity::FrameParity;
use hackstream_transport::{Connection, FrameReader, IncomingStream, TransportError};

const DATAGRAM: usize = 1200;

fn payload() -> Vec<u8> {
    (0..5000u32).map(|i| (i * i / 9) as u8).collect()
}

/// All that is on the stream of a frame.
fn whole(payload: &[u8]) -> Vec<u8> {
    [&[StreamKind::Frame as u8][..], &frame(1, payload)].concat()
}

fn parities(whole: &[u8]) -> Vec<FrameParity> {
    frame_parities(StreamIndex(0), whole, DATAGRAM)
}

async fn accept(viewer: &Connection) -> FrameReader {
    match viewer.accept_stream().await.unwrap() {
        IncomingStream::Frame(reader) => reader,
        _ => panic!("not a frame"),
    }
}

/// What the viewer reads of a frame without its end, when its parities come before or after the
/// stream was accepted.
async fn read_without_end(parities_first: bool) -> Vec<u8> {
    let (server, viewer, _endpoint, _connector) = hostile_pair().await;
    let whole = whole(&payload());
    within(async {
        let mut stream = server.open_uni().await.unwrap();
        stream.write_all(&whole[..4000]).await.unwrap();
        let tell = || {
            for parity in parities(&whole) {
                assert!(viewer.sent_twice(parity).unwrap().is_none());
            }
        };
        if parities_first {
            tell();
        }
        let reading = tokio::spawn(accept(&viewer).await.read());
        if !parities_first {
            tokio::task::yield_now().await;
            tell();
        }
        let (header, payload) = reading.await.unwrap().unwrap();
        assert_eq!(header.id, FrameId(1));
        payload
    })
    .await
}

#[tokio::test]
async fn a_frame_does_not_wait_for_what_follows_from_the_rest() {
    assert_eq!(read_without_end(false).await, payload());
    assert_eq!(read_without_end(true).await, payload());
}

#[tokio::test]
async fn a_small_frame_comes_whole_and_nonsense_is_refused() {
    let pair = pair().await;
    let whole = whole(&[7; 300]);
    let [parity] = parities(&whole).try_into().unwrap();
    let (header, payload) = pair.viewer.sent_twice(parity.clone()).unwrap().unwrap();
    assert_eq!((header.id, payload), (FrameId(1), vec![7; 300]));
    let mut nonsense = parity;
    nonsense.bytes[0] = StreamKind::Input as u8;
    let refused = pair.viewer.sent_twice(nonsense);
    assert!(matches!(refused, Err(TransportError::Wire(_))));
}

#[tokio::test]
async fn frames_whose_parities_are_wrong_or_late_come_by_their_streams() {
    let pair = pair().await;
    within(async {
        for id in 1..=20 {
            let bytes = frame(id, &payload());
            let stream = pair.server.send_frame(bytes, 0).await.unwrap();
            assert_eq!(stream, StreamIndex(id - 1));
            let read = accept(&pair.viewer).await.read().await.unwrap();
            assert_eq!(read, (read.0, payload()));
            for mut parity in parities(&whole(&payload())) {
                parity.stream = stream;
                assert!(pair.viewer.sent_twice(parity).unwrap().is_none());
            }
        }
    })
    .await;
}
