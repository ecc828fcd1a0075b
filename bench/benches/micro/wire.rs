//! The frequent records: frame headers, input, feedback.

use core::time::Duration;

use anyhow::Result;
use hackstream_protocol::geometry::Point;
use hackstream_protocol::ids::{FrameId, InputSeq};
use hackstream_protocol::units::Timestamp;
use hackstream_protocol::wire::WireError;
use hackstream_protocol::wire::bytes::Reader;
use hackstream_protocol::wire::feedback::{Feedback, FrameReport};
use hackstream_protocol::wire::frame::FrameHeader;
use hackstream_protocol::wire::input::{Button, InputEvent, KeyCode, Transition};

use crate::case::Case;

/// Records that are written and read at once.
const RECORDS: u64 = 256;

/// Bytes that a record takes, at most.
const MOST_BYTES: usize = 64;

pub(crate) fn cases() -> Vec<Case> {
    let mut cases = both_ways(
        "wire/frame-header",
        header,
        FrameHeader::write,
        FrameHeader::read,
    );
    cases.extend(both_ways(
        "wire/input",
        input,
        InputEvent::write,
        InputEvent::read,
    ));
    cases.extend(both_ways(
        "wire/feedback",
        feedback,
        Feedback::write,
        Feedback::read,
    ));
    cases
}

/// The cases of a kind of record: writing [`RECORDS`] of them, and reading them.
fn both_ways<R: 'static>(
    name: &str,
    record: fn(u64) -> R,
    write: fn(&R, &mut Vec<u8>),
    read: fn(&mut Reader<'_>) -> Result<R, WireError>,
) -> Vec<Case> {
    let prepared = move || {
        let records: Vec<R> = (1..=RECORDS).map(record).collect();
        let mut bytes = Vec::with_capacity(records.len() * MOST_BYTES);
        records.iter().for_each(|record| write(record, &mut bytes));
        (records, bytes)
    };
    let encode = Case::new(format!("{name}/encode"), move || {
        let (records, mut bytes) = prepared();
        Ok(Box::new(move || {
            bytes.clear();
            records.iter().for_each(|record| write(record, &mut bytes));
            Ok(bytes.len())
        }))
    });
    let decode = Case::new(format!("{name}/decode"), move || {
        let (mut records, bytes) = prepared();
        Ok(Box::new(move || {
            records.clear();
            let mut reader = Reader::new(&bytes);
            while !reader.is_empty() {
                records.push(read(&mut reader)?);
            }
            Ok(0)
        }))
    });
    vec![encode, decode]
}

/// As at sixty frames a second, an hour into a session.
fn header(number: u64) -> FrameHeader {
    FrameHeader {
        id: FrameId(216_000 + number),
        after: FrameId(if number % 3 == 0 { 216_000 } else { 0 }),
        update_complete: number % 4 != 0,
        input: InputSeq(9_000 + number),
        captured: Timestamp(3_600_000_000 + number * 16_667),
        waited: Duration::from_micros(40 + number * 13 % 900),
        encoding: Duration::from_micros(300 + number * 31 % 3_000),
    }
}

/// Mostly motion, some keys, buttons and wheel.
fn input(number: u64) -> InputEvent {
    let transition = if number & 1 == 0 {
        Transition::Press
    } else {
        Transition::Release
    };
    match number % 10 {
        0 | 1 => InputEvent::Key(KeyCode((number % 240) as u16), transition),
        2 | 3 => InputEvent::Button(Button(1 + (number % 3) as u8), transition),
        4 => InputEvent::Wheel { right: 0, down: 1 },
        _ => InputEvent::PointerMotion(Point::new(
            (number * 7 % 1920) as i32,
            (number * 5 % 1080) as i32,
        )),
    }
}

fn feedback(number: u64) -> Feedback {
    Feedback::Applied(FrameReport {
        id: FrameId(216_000 + number),
        held: Duration::from_micros(number % 50),
        decoding: Duration::from_micros(200 + number * 17 % 4_000),
        presenting: Duration::from_micros(500 + number * 29 % 6_000),
    })
}
