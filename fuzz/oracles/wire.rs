//! What must hold whatever a peer sends: nothing panics, reading moves on, and what was understood
//! survives being written and read again.
//!
//! Shared by the fuzz target and by the test that replays the corpus.

use hackstream_protocol::ids::FrameId;
use hackstream_protocol::repeat::FrameAssembly;
use hackstream_protocol::session::input_order::InputOrder;
use hackstream_protocol::session::sequencer::Sequencer;
use hackstream_protocol::wire::bytes::Reader;
use hackstream_protocol::wire::control::{ServerMessage, ViewerMessage};
use hackstream_protocol::wire::datagram::RepeatedInput;
use hackstream_protocol::wire::feedback::Feedback;
use hackstream_protocol::wire::frame::FrameHeader;
use hackstream_protocol::wire::input::InputEvent;
use hackstream_protocol::wire::microphone::MicrophonePacket;
use hackstream_protocol::wire::parity::FrameParity;
use hackstream_protocol::wire::sound::SoundPacket;

/// Checks one input. Its first byte chooses the reader, so that one corpus serves them all.
pub(crate) fn check(bytes: &[u8]) {
    let Some((&selector, bytes)) = bytes.split_first() else {
        return;
    };
    match selector % 8 {
        0 => viewer_message(bytes),
        1 => server_message(bytes),
        2 => records(bytes, InputEvent::read, InputEvent::write),
        3 => records(bytes, Feedback::read, Feedback::write),
        4 => records(bytes, FrameHeader::read, FrameHeader::write),
        5 => order_of_frames(bytes),
        6 => sound(bytes),
        _ => repeated(bytes),
    }
}

fn viewer_message(bytes: &[u8]) {
    if let Ok(Some(message)) = ViewerMessage::read(bytes) {
        let mut again = Vec::new();
        message.write(&mut again);
        assert_eq!(ViewerMessage::read(&again), Ok(Some(message)));
    }
}

fn server_message(bytes: &[u8]) {
    if let Ok(Some(message)) = ServerMessage::read(bytes) {
        let mut again = Vec::new();
        message.write(&mut again);
        assert_eq!(ServerMessage::read(&again), Ok(Some(message)));
    }
}

fn sound(bytes: &[u8]) {
    if let Ok(Some(packet)) = SoundPacket::read(bytes) {
        let mut again = Vec::new();
        packet.write(&mut again);
        assert_eq!(SoundPacket::read(&again), Ok(Some(packet)));
    }
    if let Ok(Some(packet)) = MicrophonePacket::read(bytes) {
        let mut again = Vec::new();
        packet.write(&mut again);
        assert_eq!(MicrophonePacket::read(&again), Ok(Some(packet)));
    }
}

/// What one datagram repeats is played at most once however often it comes.
fn repeated(bytes: &[u8]) {
    if let Ok(Some(parity)) = FrameParity::read(bytes) {
        let mut again = Vec::new();
        parity.write(&mut again);
        assert_eq!(FrameParity::read(&again), Ok(Some(parity.clone())));
        let mut frame = FrameAssembly::default();
        let is_whole = frame.rebuild(&[&parity]);
        assert_eq!(is_whole, parity.whole().is_some());
    }
    if let Ok(Some(input)) = RepeatedInput::read(bytes) {
        let mut again = Vec::new();
        input.write(&mut again);
        assert_eq!(
            RepeatedInput::read(&again).as_ref(),
            Ok(&Some(input.clone()))
        );
        let mut order = InputOrder::default();
        order.repeat(&input);
        order.repeat(&input);
        for &event in &input.events {
            order.stream(event);
        }
        let played = core::iter::from_fn(|| order.pop());
        assert!(played.eq(input.events.iter().copied()), "{input:?}");
    }
}

/// Reads records one after another as far as they are valid.
fn records<T: PartialEq + core::fmt::Debug, E: PartialEq + core::fmt::Debug>(
    bytes: &[u8],
    read: impl Fn(&mut Reader<'_>) -> Result<T, E>,
    write: impl Fn(&T, &mut Vec<u8>),
) {
    let mut reader = Reader::new(bytes);
    let mut left = reader.remaining();
    while let Ok(record) = read(&mut reader) {
        assert!(reader.remaining() < left, "a record of no bytes");
        left = reader.remaining();
        let mut again = Vec::new();
        write(&record, &mut again);
        assert_eq!(read(&mut Reader::new(&again)), Ok(record));
    }
}

/// Hands headers to a sequencer as they come: none comes out before what it depends on, or twice.
fn order_of_frames(bytes: &[u8]) {
    let mut reader = Reader::new(bytes);
    let mut sequencer = Sequencer::new();
    let mut applied: Vec<FrameId> = Vec::new();
    while let Ok(header) = FrameHeader::read(&mut reader) {
        if sequencer.push(header, Vec::new()).is_err() {
            return;
        }
        while let Some((header, _)) = sequencer.pop() {
            assert!(!applied.contains(&header.id), "applied twice");
            let before = applied.iter().filter(|id| **id <= header.after).count();
            assert_eq!(before as u64, header.after.0, "applied too early");
            applied.push(header.id);
            sequencer.applied(header.id, hackstream_protocol::region::Region::new());
        }
    }
}
