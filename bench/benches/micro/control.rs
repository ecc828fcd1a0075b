//! The rare, tagged messages.

use anyhow::{Context, Result};
use hackstream_protocol::geometry::{Point, Size};
use hackstream_protocol::wire::control::{
    Credential, CursorShape, Hello, Quality, SeatWish, ServerMessage, ViewerMessage, Welcome,
};

use crate::case::Case;

/// Times that a message is written or read at once.
const TIMES: usize = 64;

pub(crate) fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    cases.extend(both_ways(
        "control/hello",
        hello,
        ViewerMessage::write,
        |bytes| Ok(ViewerMessage::read(bytes)?.is_some()),
    ));
    for (name, message) in [
        ("control/welcome", welcome as fn() -> ServerMessage),
        ("control/cursor", cursor),
    ] {
        cases.extend(both_ways(name, message, ServerMessage::write, |bytes| {
            Ok(ServerMessage::read(bytes)?.is_some())
        }));
    }
    cases
}

/// The cases of a message. `read` tells whether it was understood.
fn both_ways<M: 'static>(
    name: &str,
    message: fn() -> M,
    write: fn(&M, &mut Vec<u8>),
    read: fn(&[u8]) -> Result<bool>,
) -> [Case; 2] {
    let encode = Case::new(format!("{name}/encode"), move || {
        let (message, mut bytes) = (message(), Vec::new());
        write(&message, &mut bytes);
        Ok(Box::new(move || {
            for _ in 0..TIMES {
                bytes.clear();
                write(&message, &mut bytes);
            }
            Ok(bytes.len())
        }))
    });
    let decode = Case::new(format!("{name}/decode"), move || {
        let mut bytes = Vec::new();
        write(&message(), &mut bytes);
        Ok(Box::new(move || {
            for _ in 0..TIMES {
                read(&bytes)?.then_some(()).context("unknown message")?;
            }
            Ok(0)
        }))
    });
    [encode, decode]
}

fn hello() -> ViewerMessage {
    ViewerMessage::Hello(Hello {
        version: 1,
        token: vec![7; 32],
        quality: Quality::Auto,
        h264: true,
        cache_bytes: 64 << 20,
        history_bytes: 4 << 20,
        agent: "hackstream-view 0.1.0".to_owned(),
        ticket: Vec::new(),
        seat: SeatWish::default(),
        takes_files: false,
        max_bitrate: None,
        room: None,
        desktop: Default::default(),
        megapixel_time: core::time::Duration::ZERO,
        credential: Credential::default(),
    })
}

fn welcome() -> ServerMessage {
    ServerMessage::Welcome(Welcome {
        version: 1,
        screen: Size::new(1920, 1080),
        agent: "hackstream-server 0.1.0".to_owned(),
        ticket: Vec::new(),
        files: None,
        microphone: false,
        scales: false,
        desktop: Default::default(),
        renewed: false,
    })
}

/// As large as themes have them.
fn cursor() -> ServerMessage {
    ServerMessage::CursorShape(CursorShape {
        size: Size::new(32, 32),
        hot_spot: Point::new(4, 2),
        pixels: (0..32 * 32)
            .map(|pixel| 0xff00_0000 | (pixel * 37))
            .collect(),
    })
}
