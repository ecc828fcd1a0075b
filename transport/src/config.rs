//! QUIC's settings: limits, buffers, time-outs.

use std::sync::Arc;
use std::time::Duration;

use hackstream_protocol::limits::{MAX_FRAME_BYTES, MAX_HELD_BYTES};
use quinn::{AckFrequencyConfig, IdleTimeout, TransportConfig, VarInt};

use crate::congestion::ControllerBuilder;

/// A connection on which nothing was heard for so long is over.
const IDLE_TIMEOUT_MS: u32 = 30_000;
/// How often the viewer says that it is still there. It keeps a router's address mapping alive,
/// and lets the viewer notice within seconds that the server no longer answers.
const KEEP_ALIVE: Duration = Duration::from_secs(2);
/// Assumed until the first answer; QUIC's own 333 ms make a lost first packet cost a second.
const INITIAL_RTT: Duration = Duration::from_millis(100);
/// How long the peer may wait for a second packet before it acknowledges the first. QUIC's own
/// 25 ms would look like a queue, and the repair of a lost last packet waits for it.
const ACK_DELAY: Duration = Duration::from_millis(2);

/// Frames that a viewer takes at once.
const VIEWER_STREAMS: u32 = 1024;
/// Bytes of frames that a viewer takes before it has decoded any of them.
const VIEWER_WINDOW: usize = MAX_HELD_BYTES;
/// A frame is read at once, so its stream never has to wait for the reader.
const VIEWER_STREAM_WINDOW: usize = 2 * MAX_FRAME_BYTES;
/// Clipboard contents that a server asks for at once: one, and room for what a newer server may ask.
const VIEWER_EXCHANGES: u32 = 4;
/// Bytes that a viewer sends before they are acknowledged.
const VIEWER_SEND_WINDOW: u64 = 1 << 20;

/// Sound that arrived and was not taken yet: half a second of it. QUIC drops the oldest beyond this.
const VIEWER_DATAGRAMS: usize = 16 << 10;

/// Sound that waits for the congestion window: a fifth of a second at the usual rate. QUIC drops the
/// oldest beyond this; its own megabyte would be played a minute late. What of frames is sent twice
/// waits until it has room here.
const SERVER_DATAGRAMS: usize = 4 << 10;

/// Repeated input and what a person says, waiting to leave or to be taken: ten keys, or half a second.
/// QUIC drops the oldest beyond this, and so it is bounded what a hostile viewer may send where nobody
/// takes it.
const INPUT_DATAGRAMS: usize = 4 << 10;

/// Input and feedback, and room for what a newer viewer may add.
const SERVER_STREAMS: u32 = 8;
/// The control stream, the clipboards, contents of one, and room likewise.
const SERVER_EXCHANGES: u32 = 8;
const SERVER_WINDOW: u32 = 1 << 20;
const SERVER_STREAM_WINDOW: u32 = 256 << 10;
/// Twice the largest congestion window: what the congestion window admits never waits for memory.
const SERVER_SEND_WINDOW: u64 = 32 << 20;

/// Settings of the server's side.
pub(crate) fn server(controller: Arc<ControllerBuilder>) -> TransportConfig {
    let mut config = common(controller);
    config
        .max_concurrent_bidi_streams(VarInt::from_u32(SERVER_EXCHANGES))
        .max_concurrent_uni_streams(VarInt::from_u32(SERVER_STREAMS))
        .stream_receive_window(VarInt::from_u32(SERVER_STREAM_WINDOW))
        .receive_window(VarInt::from_u32(SERVER_WINDOW))
        .send_window(SERVER_SEND_WINDOW)
        .datagram_send_buffer_size(SERVER_DATAGRAMS)
        .datagram_receive_buffer_size(Some(INPUT_DATAGRAMS));
    config
}

/// Settings of the viewer's side.
pub(crate) fn viewer(controller: Arc<ControllerBuilder>) -> TransportConfig {
    let mut config = common(controller);
    config
        .max_concurrent_bidi_streams(VarInt::from_u32(VIEWER_EXCHANGES))
        .max_concurrent_uni_streams(VarInt::from_u32(VIEWER_STREAMS))
        .stream_receive_window(VarInt::from_u32(VIEWER_STREAM_WINDOW as u32))
        .receive_window(VarInt::from_u32(VIEWER_WINDOW as u32))
        .send_window(VIEWER_SEND_WINDOW)
        .datagram_send_buffer_size(INPUT_DATAGRAMS)
        .datagram_receive_buffer_size(Some(VIEWER_DATAGRAMS))
        .keep_alive_interval(Some(KEEP_ALIVE));
    config
}

fn common(controller: Arc<ControllerBuilder>) -> TransportConfig {
    let mut acks = AckFrequencyConfig::default();
    acks.ack_eliciting_threshold(VarInt::from_u32(1))
        .max_ack_delay(Some(ACK_DELAY));
    let idle = IdleTimeout::from(VarInt::from_u32(IDLE_TIMEOUT_MS));
    let mut config = TransportConfig::default();
    config
        .max_idle_timeout(Some(idle))
        .initial_rtt(INITIAL_RTT)
        .ack_frequency_config(Some(acks))
        // Otherwise nothing overtakes a stream that QUIC has begun; frames have turns instead.
        .send_fairness(true)
        .congestion_controller_factory(controller);
    config
}
