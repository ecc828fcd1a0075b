//! Two honest ends over the loopback interface.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on fails"
)]

mod common;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use common::{ANY_PORT, Pair, connect, frame, pair, within};
use hackstream_protocol::geometry::{Point, Size};
use hackstream_protocol::ids::FrameId;
use hackstream_protocol::units::{Bitrate, ByteCount};
use hackstream_protocol::wire::StreamKind;
use hackstream_protocol::wire::control::{
    Credential, CursorShape, Hello, Quality, RefusalReason, SeatWish, ServerMessage, ViewerMessage,
};
use hackstream_protocol::wire::feedback::{Feedback, FrameReport};
use hackstream_protocol::wire::input::InputEvent;
use hackstream_transport::{
    CloseReason, Connection, Connector, ControlReader, ControlWriter, Identity, IncomingStream,
    Listener, TransportError,
};
use tokio::sync::{Notify, oneshot};
use tokio::task::JoinSet;
use tokio::time::timeout;

#[tokio::test]
async fn the_viewer_sees_the_key_of_the_server() {
    let identity = Identity::generate().unwrap();
    let listener = Listener::bind(ANY_PORT, &identity).unwrap();
    let connector = Connector::new().unwrap();
    let (server, viewer) = connect(&listener, &connector).await;
    assert_eq!(viewer.peer_fingerprint(), Some(identity.fingerprint()));
    assert_eq!(server.peer_fingerprint(), None);
    assert_eq!(
        viewer.remote().port(),
        listener.local_addr().unwrap().port()
    );
    assert!(viewer.heard() > 0);
}

#[tokio::test]
async fn any_name_will_do() {
    let identity = Identity::generate().unwrap();
    let listener = Listener::bind(ANY_PORT, &identity).unwrap();
    let connector = Connector::new().unwrap();
    let addr = listener.local_addr().unwrap();
    for name in ["127.0.0.1", "an_odd name", "", "host.example"] {
        let (server, viewer) = within(async {
            tokio::join!(
                async { listener.accept().await.unwrap().handshake().await },
                connector.connect(addr, name),
            )
        })
        .await;
        server.unwrap();
        viewer.unwrap();
    }
}

type ViewerControl = (ControlWriter<ViewerMessage>, ControlReader<ServerMessage>);
type ServerControl = (ControlWriter<ServerMessage>, ControlReader<ViewerMessage>);

async fn control(server: &Connection, viewer: &Connection) -> (ServerControl, ViewerControl) {
    let mut at_viewer: ViewerControl = viewer.open_control().await.unwrap();
    let hello = ViewerMessage::Hello(Hello {
        version: 1,
        token: vec![7; 1024],
        quality: Quality::Auto,
        h264: true,
        cache_bytes: 1,
        history_bytes: 2,
        agent: "a test".to_owned(),
        ticket: Vec::new(),
        seat: SeatWish::default(),
        takes_files: false,
        max_bitrate: None,
        room: None,
        desktop: Default::default(),
        megapixel_time: core::time::Duration::ZERO,
        credential: Credential::default(),
    });
    at_viewer.0.send(&hello).await.unwrap();
    let mut at_server: ServerControl = server.accept_control().await.unwrap();
    assert_eq!(at_server.1.receive().await.unwrap(), Some(hello));
    (at_server, at_viewer)
}

#[tokio::test]
async fn control_messages_go_both_ways() {
    let pair = pair().await;
    within(async {
        let (mut at_server, mut at_viewer) = control(&pair.server, &pair.viewer).await;
        let shape = ServerMessage::CursorShape(CursorShape {
            size: Size::new(250, 250),
            hot_spot: Point::new(1, 2),
            pixels: (0..62_500).map(|i| i & 0xff).collect(),
        });
        let point = ServerMessage::CursorPosition(Point::new(3, 4));
        let (sent, ()) = tokio::join!(
            async {
                at_server.0.send(&shape).await?;
                at_server.0.send(&point).await
            },
            async {
                assert_eq!(at_viewer.1.receive().await.unwrap().as_ref(), Some(&shape));
                assert_eq!(at_viewer.1.receive().await.unwrap().as_ref(), Some(&point));
            }
        );
        sent.unwrap();
        at_server.0.finish();
        assert_eq!(at_viewer.1.receive().await.unwrap(), None);
    })
    .await;
}

#[tokio::test]
async fn records_arrive_in_order() {
    let pair = pair().await;
    within(async {
        let mut input = pair.viewer.open_records(StreamKind::Input).await.unwrap();
        let mut feedback = pair
            .viewer
            .open_records(StreamKind::Feedback)
            .await
            .unwrap();
        let report = Feedback::Applied(FrameReport {
            id: FrameId(1),
            held: Duration::ZERO,
            decoding: Duration::from_micros(5),
            presenting: Duration::from_micros(6),
        });
        let mut bytes = Vec::new();
        report.write(&mut bytes);
        feedback.write(&bytes).await.unwrap();
        for x in 0..2000 {
            let mut bytes = Vec::new();
            InputEvent::PointerMotion(Point::new(x, 1)).write(&mut bytes);
            input.write(&bytes).await.unwrap();
        }
        drop((input, feedback));
        for _ in 0..2 {
            match pair.server.accept_stream().await.unwrap() {
                IncomingStream::Input(mut reader) => {
                    for x in 0..2000 {
                        let expected = InputEvent::PointerMotion(Point::new(x, 1));
                        assert_eq!(reader.input().await.unwrap(), Some(expected));
                    }
                    assert_eq!(reader.input().await.unwrap(), None);
                }
                IncomingStream::Feedback(mut reader) => {
                    assert_eq!(reader.feedback().await.unwrap(), Some(report));
                    assert_eq!(reader.feedback().await.unwrap(), None);
                }
                IncomingStream::Frame(_) => panic!("no frame was sent"),
            }
        }
    })
    .await;
}

#[tokio::test]
async fn five_hundred_frames_at_once_all_arrive() {
    let Pair { server, viewer, .. } = &pair().await;
    let payload = |id: u64| vec![id as u8; (id * 100) as usize];
    let sending = async {
        for id in 1..=500 {
            let bytes = frame(id, &payload(id));
            server.send_frame(bytes, (id % 3) as i32).await.unwrap();
        }
    };
    // Read side by side, as a viewer must: together they are larger than its window.
    let receiving = async {
        let mut reading = JoinSet::new();
        for _ in 0..500 {
            let IncomingStream::Frame(reader) = viewer.accept_stream().await.unwrap() else {
                panic!("not a frame");
            };
            reading.spawn(reader.read());
        }
        let mut seen = vec![false; 501];
        while let Some(read) = reading.join_next().await {
            let (header, bytes) = read.unwrap().unwrap();
            assert_eq!(bytes, payload(header.id.0));
            assert!(!std::mem::replace(&mut seen[header.id.0 as usize], true));
        }
    };
    within(async { tokio::join!(sending, receiving) }).await;
}

#[tokio::test]
async fn a_frame_above_the_limit_is_not_sent() {
    let pair = pair().await;
    let huge = frame(1, &vec![0; 1 << 20]);
    let sent = within(pair.server.send_frame(huge, 0)).await;
    assert!(matches!(sent, Err(TransportError::TooLarge { .. })));
}

#[tokio::test]
async fn the_path_is_measured_and_its_changes_wake() {
    let pair = pair().await;
    let changed = Arc::new(Notify::new());
    let wake = Arc::clone(&changed);
    pair.server
        .on_path_change(Arc::new(move || wake.notify_one()));
    assert!(pair.server.path().window >= ByteCount::kib(16));
    let sent = async {
        for id in 1..=50 {
            let bytes = frame(id, &[5; 20_000]);
            pair.server.send_frame(bytes, 0).await.unwrap();
        }
        while pair.server.path().bytes_sent < 1_000_000 || pair.server.path().in_flight.0 > 0 {
            changed.notified().await;
        }
    };
    let received = async {
        for _ in 1..=50 {
            let IncomingStream::Frame(reader) = pair.viewer.accept_stream().await.unwrap() else {
                panic!("not a frame");
            };
            reader.read().await.unwrap();
        }
    };
    within(async { tokio::join!(sent, received) }).await;
    let path = pair.server.path();
    assert!(path.delivery_rate > Bitrate::mbps(1), "{path:?}");
    assert!(path.rtt > Duration::ZERO, "{path:?}");
    assert!(path.min_rtt > Duration::ZERO, "{path:?}");
    assert!(path.sent_packets > 600, "{path:?}");
    assert!(path.bytes_received > 0, "{path:?}");
    assert!(pair.viewer.path().bytes_received > 1_000_000);
}

#[tokio::test]
async fn an_idle_viewer_is_answered() {
    let pair = pair().await;
    // The answers to the handshake and to the search for the path's packet size.
    let a_moment = Duration::from_millis(500);
    while timeout(a_moment, pair.viewer.answered()).await.is_ok() {}
    // Now there are only keep-alives.
    within(pair.viewer.answered()).await;
}

#[tokio::test]
async fn both_ends_learn_why_it_ended() {
    for server_closes in [true, false] {
        let pair = pair().await;
        let (closer, other) = if server_closes {
            (&pair.server, &pair.viewer)
        } else {
            (&pair.viewer, &pair.server)
        };
        closer.close(RefusalReason::TooManyViewers, "one is enough");
        let expected = CloseReason::ByPeer {
            reason: RefusalReason::TooManyViewers,
            text: "one is enough".to_owned(),
        };
        assert_eq!(within(other.closed()).await, expected);
        assert_eq!(within(closer.closed()).await, CloseReason::Local);
        let after = within(other.accept_stream()).await;
        assert!(matches!(after, Err(TransportError::Closed(reason)) if reason == expected));
    }
}

#[tokio::test]
async fn a_stopped_listener_says_so() {
    let pair = pair().await;
    pair.listener.close();
    assert!(within(pair.listener.accept()).await.is_none());
    let reason = within(pair.viewer.closed()).await;
    assert!(matches!(
        reason,
        CloseReason::ByPeer {
            reason: RefusalReason::SessionEnded,
            ..
        }
    ));
    drop(pair.server);
    within(pair.listener.wait_idle()).await;
}

#[tokio::test]
async fn the_same_connector_connects_again() {
    let pair = pair().await;
    pair.viewer.close(RefusalReason::Other(0), "");
    let (server, viewer) = connect(&pair.listener, &pair.connector).await;
    within(server.send_frame(frame(9, b"again"), 0))
        .await
        .unwrap();
    let IncomingStream::Frame(reader) = within(viewer.accept_stream()).await.unwrap() else {
        panic!("not a frame");
    };
    let (header, payload) = within(reader.read()).await.unwrap();
    assert_eq!((header.id.0, payload.as_slice()), (9, &b"again"[..]));
}

/// The server dies without a word; another one with the same key takes its port.
#[tokio::test]
async fn a_restarted_server_is_noticed_at_the_first_word() {
    let identity = Arc::new(Identity::generate().unwrap());
    let connector = Connector::new().unwrap();
    let (tell_addr, addr) = oneshot::channel();
    let (die, death) = oneshot::channel();
    let first_identity = Arc::clone(&identity);
    let first = std::thread::spawn(move || first_life(&first_identity, tell_addr, death));
    let addr = within(addr).await.unwrap();
    let viewer = within(connector.connect(addr, "localhost")).await.unwrap();
    let mut input = viewer.open_records(StreamKind::Input).await.unwrap();
    die.send(()).unwrap();
    within(tokio::task::spawn_blocking(|| first.join()))
        .await
        .unwrap()
        .unwrap();

    let listener = Listener::bind(addr, &identity).unwrap();
    input.write(&[7]).await.unwrap();
    assert_eq!(within(viewer.closed()).await, CloseReason::PeerRestarted);
    connect(&listener, &connector).await;
}

/// Runs a server until `death`, in a runtime that then ends without closing anything.
fn first_life(
    identity: &Identity,
    tell_addr: oneshot::Sender<SocketAddr>,
    death: oneshot::Receiver<()>,
) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let orphans = runtime.block_on(async {
        let listener = Listener::bind(ANY_PORT, identity).unwrap();
        tell_addr.send(listener.local_addr().unwrap()).unwrap();
        let incoming = listener.accept().await.unwrap();
        let (server, _) = incoming.handshake().await.unwrap();
        death.await.unwrap();
        (listener, server)
    });
    drop(runtime);
    // Without their runtime these can no longer send a word.
    drop(orphans);
}
