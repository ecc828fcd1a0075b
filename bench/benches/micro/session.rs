//! What is decided for each frame and each acknowledgement.

use core::time::Duration;
use std::hint::black_box;

use anyhow::{Result, ensure};
use hackstream_protocol::geometry::{Offset, Rect};
use hackstream_protocol::ids::{FrameId, InputSeq};
use hackstream_protocol::rate::WindowController;
use hackstream_protocol::region::Region;
use hackstream_protocol::session::ledger::Ledger;
use hackstream_protocol::session::sequencer::Sequencer;
use hackstream_protocol::units::{ByteCount, Timestamp};
use hackstream_protocol::wire::frame::FrameHeader;

use crate::case::{Case, Work};

/// Frames in flight: as many as the server lets be unconfirmed.
const IN_FLIGHT: u64 = 128;

/// Frames sent in a row.
const FRAMES: u64 = 512;

/// Packets whose acknowledgements are worked off in a row.
const PACKETS: u64 = 4096;

/// Bytes of a packet.
const PACKET: ByteCount = ByteCount(1200);

pub(crate) fn cases() -> Vec<Case> {
    vec![
        Case::new("session/ledger/512-frames-128-in-flight", ledger),
        Case::new("session/sequencer/200-frames-after-a-gap", sequencer),
        Case::new("session/window/4096-acknowledgements", window),
    ]
}

/// What frame number `number` paints: some twenty cells somewhere.
fn painted(number: u64) -> Region {
    let (column, row) = (number as i32 * 5 % 23, number as i32 * 7 % 50);
    let cells = (0..20).map(|cell| {
        Rect::new(
            (column + cell % 5 * 2) * 32,
            (row + cell / 5 * 2) * 16,
            32,
            16,
        )
    });
    cells.collect()
}

fn ledger() -> Result<Work> {
    let regions: Vec<Region> = (0..FRAMES).map(painted).collect();
    let moved = Offset::new(0, 16);
    let reads: Vec<Region> = regions
        .iter()
        .map(|region| region.translated(moved))
        .collect();
    let mut ledger = Ledger::new();
    Ok(Box::new(move || {
        let mut waiting = 0;
        for (number, (reads, writes)) in (0..).zip(reads.iter().zip(&regions)) {
            waiting += usize::from(ledger.dependency(reads, writes) > FrameId(0));
            let id = ledger.sent(1500, reads, writes);
            // Reports come as frames arrive: not quite in their order.
            if let Some(confirmed) = id.0.checked_sub(IN_FLIGHT) {
                ledger.confirm(FrameId((confirmed ^ 1) + number % 2));
            }
        }
        black_box(waiting);
        Ok(0)
    }))
}

/// The first frame is late; all others are applied before it.
fn sequencer() -> Result<Work> {
    let regions: Vec<Region> = (0..200).map(painted).collect();
    Ok(Box::new(move || {
        let mut sequencer = Sequencer::new();
        let mut kept = 0;
        for (id, region) in (2..)
            .zip(&regions)
            .map(|(id, region)| (FrameId(id), region))
        {
            sequencer.push(header(id), Vec::new())?;
            kept += apply(&mut sequencer, region)?;
        }
        sequencer.push(header(FrameId(1)), Vec::new())?;
        kept += apply(&mut sequencer, &regions[0])?;
        black_box(kept);
        Ok(0)
    }))
}

/// Applies the frame that may be applied; the rectangles that it had to leave alone.
fn apply(sequencer: &mut Sequencer, written: &Region) -> Result<usize> {
    let mut kept = 0;
    while let Some((header, _)) = sequencer.pop() {
        kept += sequencer.painted_after(header.id).rects().len();
        sequencer.applied(header.id, written.clone());
    }
    ensure!(sequencer.held() == 0, "a frame was held");
    Ok(kept)
}

fn header(id: FrameId) -> FrameHeader {
    FrameHeader {
        id,
        after: FrameId(0),
        update_complete: true,
        input: InputSeq(0),
        captured: Timestamp(0),
        waited: Duration::ZERO,
        encoding: Duration::ZERO,
    }
}

/// A link of 100 Mbit/s and 20 ms, always busy: packets leave in bursts of ten and come back one
/// after the other.
fn window() -> Result<Work> {
    Ok(Box::new(|| {
        let mut controller = WindowController::new(Timestamp(0));
        let round_trip = Duration::from_millis(20);
        let sent_at = |packet: u64| Timestamp(packet / 10 * 960);
        let (mut sent, mut now) = (0, Timestamp(0));
        for packet in 0..PACKETS {
            now = now
                .max(sent_at(packet).after(round_trip))
                .after(Duration::from_micros(96));
            while sent < PACKETS && sent_at(sent) <= now {
                controller.on_sent(sent_at(sent), PACKET);
                sent += 1;
            }
            controller.on_ack(now, sent_at(packet), PACKET);
            let in_flight = ByteCount((sent - packet - 1) * PACKET.0);
            controller.on_acks_end(now, in_flight);
        }
        black_box(controller.window());
        Ok(0)
    }))
}
