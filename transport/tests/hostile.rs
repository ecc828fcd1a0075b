//! Peers that break the rules, and bytes from nobody.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on fails"
)]

mod common;

use std::net::UdpSocket;

use common::{ANY_PORT, connect, hostile_pair, pair, raw_client, raw_server, within};
use hackstream_protocol::ALPN;
use hackstream_protocol::geometry::Point;
use hackstream_protocol::limits::{MAX_CONTROL_BYTES, MAX_FRAME_BYTES};
use hackstream_protocol::wire::StreamKind;
use hackstream_protocol::wire::control::{ServerMessage, ViewerMessage};
use hackstream_transport::{
    Connector, ControlReader, ControlWriter, Identity, IncomingStream, Listener, TransportError,
};

#[tokio::test]
async fn another_protocol_is_refused_by_both_ends() {
    let other = raw_server(b"hackstream/999");
    let addr = other.local_addr().unwrap();
    let accepted = tokio::spawn(async move { other.accept().await.unwrap().await.is_err() });
    let connector = Connector::new().unwrap();
    let connected = within(connector.connect(addr, "localhost")).await;
    assert!(matches!(connected, Err(TransportError::WrongProtocol)));
    assert!(accepted.await.unwrap());

    let identity = Identity::generate().unwrap();
    let listener = Listener::bind(ANY_PORT, &identity).unwrap();
    let client = raw_client(b"h3");
    let connecting = client.connect(listener.local_addr().unwrap(), "localhost");
    let connecting = connecting.unwrap();
    let refused = within(async { listener.accept().await.unwrap().handshake().await }).await;
    assert!(matches!(refused, Err(TransportError::WrongProtocol)));
    assert!(within(connecting).await.is_err());
}

/// A client that does not trust our key ends the handshake; that must end only its own.
#[tokio::test]
async fn a_distrustful_client_costs_only_its_own_handshake() {
    let identity = Identity::generate().unwrap();
    let listener = Listener::bind(ANY_PORT, &identity).unwrap();
    let client = raw_client(ALPN);
    let connecting = client.connect(listener.local_addr().unwrap(), "localhost");
    let connecting = connecting.unwrap();
    let (refused, _) = within(async {
        tokio::join!(
            async { listener.accept().await.unwrap().handshake().await },
            connecting,
        )
    })
    .await;
    assert!(matches!(refused, Err(TransportError::Handshake(_))));
    connect(&listener, &Connector::new().unwrap()).await;
}

#[tokio::test(start_paused = true)]
async fn silence_is_explained() {
    let silent = UdpSocket::bind(ANY_PORT).unwrap();
    let connector = Connector::new().unwrap();
    let connected = connector.connect(silent.local_addr().unwrap(), "pi.example");
    let error = connected.await.err().unwrap();
    let text = error.to_string();
    assert!(text.contains("no answer from pi.example"), "{text}");
}

#[tokio::test]
async fn garbage_at_the_port_costs_nothing() {
    let identity = Identity::generate().unwrap();
    let listener = Listener::bind(ANY_PORT, &identity).unwrap();
    let addr = listener.local_addr().unwrap();
    let socket = UdpSocket::bind(ANY_PORT).unwrap();
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    for round in 0..3000usize {
        let mut packet = vec![0; round % 1400];
        for byte in &mut packet {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            *byte = state as u8;
        }
        // A third each: anything, something like a long header, something like a short header.
        if let Some(first) = packet.first_mut() {
            match round % 3 {
                0 => {}
                1 => *first |= 0xc0,
                _ => *first = (*first | 0x40) & 0x7f,
            }
        }
        if round % 3 == 1 && packet.len() > 5 {
            packet[1..5].copy_from_slice(&[0, 0, 0, 1]);
        }
        socket.send_to(&packet, addr).unwrap();
    }
    connect(&listener, &Connector::new().unwrap()).await;
}

type Control = (ControlWriter<ViewerMessage>, ControlReader<ServerMessage>);

/// What a viewer makes of `bytes` on the control stream.
async fn receive(bytes: &[u8]) -> Result<Option<ServerMessage>, TransportError> {
    let (server, viewer, _endpoint, _connector) = hostile_pair().await;
    within(async {
        let (mut writer, mut reader): Control = viewer.open_control().await?;
        writer.send(&ViewerMessage::Bye).await?;
        let (mut send, _receive) = server.accept_bi().await?;
        send.write_all(bytes).await?;
        let _ = send.finish();
        reader.receive().await
    })
    .await
}

#[tokio::test]
async fn control_messages_are_checked() {
    let mut known = Vec::new();
    let message = ServerMessage::CursorPosition(Point::new(1, 2));
    message.write(&mut known);
    let mut bytes = vec![3, 0, 0, 0, 99, 1, 0];
    bytes.extend_from_slice(&(known.len() as u32).to_le_bytes());
    bytes.extend_from_slice(&known);
    let unknown_kind_first = receive(&bytes).await.unwrap();
    assert_eq!(unknown_kind_first, Some(message));

    let oversize = (MAX_CONTROL_BYTES as u32 + 1).to_le_bytes();
    assert!(matches!(
        receive(&oversize).await,
        Err(TransportError::Wire(_))
    ));
    let empty = [0; 4];
    assert!(matches!(
        receive(&empty).await,
        Err(TransportError::Wire(_))
    ));
    let not_zstd = [2, 0, 0, 0x80, 1, 2];
    assert!(matches!(
        receive(&not_zstd).await,
        Err(TransportError::BadCompression)
    ));
    let cut = [9, 0, 0, 0, 1];
    assert!(matches!(
        receive(&cut).await,
        Err(TransportError::StreamCut)
    ));
    assert!(matches!(receive(&[]).await, Ok(None)));
}

/// What a viewer makes of `bytes` on a stream that the server opens.
async fn read_frame(bytes: &[u8]) -> Result<(), TransportError> {
    let (server, viewer, _endpoint, _connector) = hostile_pair().await;
    within(async {
        let mut send = server.open_uni().await?;
        let sending = async {
            // Fails where the viewer reads no further.
            let _ = send.write_all(bytes).await;
            let _ = send.finish();
        };
        let reading = async {
            match viewer.accept_stream().await? {
                IncomingStream::Frame(reader) => reader.read().await.map(drop),
                _ => panic!("not a frame"),
            }
        };
        tokio::join!(sending, reading).1
    })
    .await
}

#[tokio::test]
async fn frames_are_checked() {
    let mut largest = vec![StreamKind::Frame as u8, 1, 1, 0, 0, 0, 0, 0];
    read_frame(&largest).await.unwrap();
    largest.resize(MAX_FRAME_BYTES + 1, 0);
    read_frame(&largest).await.unwrap();
    largest.push(0);
    assert!(matches!(
        read_frame(&largest).await,
        Err(TransportError::Wire(_))
    ));
    for bytes in [&[][..], &[9, 9, 9], &[StreamKind::Frame as u8, 1, 1]] {
        assert!(matches!(
            read_frame(bytes).await,
            Err(TransportError::Wire(_))
        ));
    }
}

#[tokio::test]
async fn records_are_checked() {
    let pair = pair().await;
    within(async {
        let mut input = pair.viewer.open_records(StreamKind::Input).await.unwrap();
        input.write(&[7, 200]).await.unwrap();
        let stream = pair.server.accept_stream().await.unwrap();
        let IncomingStream::Input(mut reader) = stream else {
            panic!("not input");
        };
        assert!(reader.input().await.unwrap().is_some());
        assert!(matches!(reader.input().await, Err(TransportError::Wire(_))));

        let mut cut = pair.viewer.open_records(StreamKind::Input).await.unwrap();
        cut.write(&[1]).await.unwrap();
        drop(cut);
        let stream = pair.server.accept_stream().await.unwrap();
        let IncomingStream::Input(mut reader) = stream else {
            panic!("not input");
        };
        assert!(matches!(
            reader.input().await,
            Err(TransportError::StreamCut)
        ));
    })
    .await;
}

#[tokio::test]
async fn a_viewer_sends_no_frames() {
    let pair = pair().await;
    let _sent = pair.viewer.open_records(StreamKind::Frame).await.unwrap();
    let accepted = within(pair.server.accept_stream()).await;
    assert!(matches!(accepted, Err(TransportError::Wire(_))));
}

/// Peers that connect and then say nothing must not use up memory and tasks without bound.
#[tokio::test]
async fn an_address_has_few_newcomers() {
    // More than are let in at once.
    const MANY: usize = 40;
    let identity = Identity::generate().unwrap();
    let listener = Listener::bind(ANY_PORT, &identity).unwrap();
    let addr = listener.local_addr().unwrap();
    let (entered, mut newcomers) = tokio::sync::mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Some(incoming) = listener.accept().await {
            let entered = entered.clone();
            tokio::spawn(async move {
                if let Ok(newcomer) = incoming.handshake().await {
                    let _ = entered.send(newcomer);
                }
            });
        }
    });
    let mut silent = Vec::new();
    let mut there = Vec::new();
    let refused = loop {
        assert!(silent.len() < MANY, "all of them were let in");
        let connector = Connector::new().unwrap();
        match within(connector.connect(addr, "localhost")).await {
            Ok(viewer) => silent.push((connector, viewer)),
            Err(error) => break error,
        }
        there.push(within(newcomers.recv()).await.unwrap());
    };
    assert!(matches!(refused, TransportError::Busy), "{refused}");
    // One is admitted; its place is free for the next.
    let (_admitted, newcomer) = there.pop().unwrap();
    drop(newcomer);
    let connector = Connector::new().unwrap();
    within(connector.connect(addr, "localhost")).await.unwrap();
}
