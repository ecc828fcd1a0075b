//! What is asked of a decoder device, in which order.
//!
//! The kernel's documentation lets access units and pictures flow side by side. Here one access unit
//! goes in and its picture is waited for, because a frame is shown before the next one is decoded. So
//! nothing is inside the device when its buffers change, and nothing needs to be drained.

use std::time::Duration;

use hackstream_codec::h264::{H264Error, I420View};
use hackstream_protocol::geometry::Size;

use super::V4l2Error;
use super::device::{
    Device, Done, Event, Flow, Format, FourCc, MOST_BUFFERS, Outcome, PlaneFormat, Queue,
};
use super::layout::{Layout, Parted, UNDERSTOOD};
use super::patience::Patience;

/// Buffers for access units: one that the device reads, one to write.
const CODED_BUFFERS: u32 = 2;

/// Buffers for pictures: the one on the screen's way, the one that the next refers to, the next, and
/// one to spare. Drivers add what they need themselves.
const DECODED_BUFFERS: u32 = 4;

/// Bytes of the smallest buffer for access units that is asked for.
const LEAST_CODED_BYTES: u32 = 256 << 10;

/// Events that are heard at a time.
const MOST_EVENTS: u32 = 16;

/// Times that a device may change its mind about the pictures of one access unit.
const MOST_CHANGES: u32 = 4;

/// A device and what it is about.
pub(super) struct Machine<D> {
    device: D,
    stage: Stage,
    patience: Patience,
    parted: Parted,
    /// The stamp of the access unit that went in last.
    stamp: u64,
}

enum Stage {
    /// It has no buffers.
    Idle,
    /// It decodes.
    Running(Stream),
}

/// A stream of pictures of one size.
struct Stream {
    /// The size of the pictures; both edges are even.
    size: Size,
    /// Where pictures lie; unknown while the device has to see a keyframe first.
    layout: Option<Layout>,
    /// Buffers for access units that are ours.
    free: Vec<u32>,
    /// The buffer with the newest picture, which is ours.
    newest: Option<u32>,
}

impl<D: Device> Machine<D> {
    /// Nothing is asked of `device` yet.
    pub(super) fn new(device: D) -> Self {
        Self {
            device,
            stage: Stage::Idle,
            patience: Patience::default(),
            parted: Parted::default(),
            stamp: 0,
        }
    }

    /// Makes the device ready for a stream of pictures of `size`.
    ///
    /// # Errors
    /// [`V4l2Error`]: the device is of no use any more.
    pub(super) fn begin(&mut self, size: Size) -> Result<(), V4l2Error> {
        self.stop()?;
        let wanted = Format {
            code: FourCc::H264,
            size,
            planes: vec![PlaneFormat {
                stride: 0,
                bytes: coded_bytes(size),
            }],
        };
        let coded = self.device.set_format(Queue::Coded, &wanted)?;
        if coded.code != FourCc::H264 || coded.planes.len() != 1 {
            return Err(V4l2Error::Nonsense("another stream than H.264"));
        }
        let count = allocate(&mut self.device, Queue::Coded, CODED_BUFFERS)?;
        self.device.switch(Queue::Coded, Flow::On)?;
        // The size is known, so that a device that trusts it can begin at once; one that looks
        // for itself says so with an event, and gets other buffers.
        let layout = match self.prepare(size, Known::FromUs) {
            Ok(layout) => Some(layout),
            Err(V4l2Error::Refused { .. }) => None,
            Err(error) => return Err(error),
        };
        self.patience.stream_begins();
        self.stage = Stage::Running(Stream {
            size,
            layout,
            free: (0..count).collect(),
            newest: None,
        });
        Ok(())
    }

    /// Decodes an access unit and waits for its picture; `now` tells the time.
    ///
    /// # Errors
    /// [`V4l2Error`]: the device is of no use any more. [`V4l2Error::Held`] if the picture does not
    /// come in time.
    pub(super) fn decode(
        &mut self,
        unit: &[u8],
        now: &dyn Fn() -> Duration,
    ) -> Result<(), V4l2Error> {
        self.return_newest()?;
        self.stamp += 1;
        self.patience.sent(now());
        let mut unit = Some(unit);
        let mut changes = 0;
        loop {
            self.collect()?;
            if let Some(bytes) = unit.take_if(|_| self.has_room()) {
                self.send(bytes)?;
            }
            for _ in 0..MOST_EVENTS {
                match self.device.event()? {
                    Some(Event::SourceChange) => {
                        changes += 1;
                        self.change(changes)?;
                    }
                    Some(Event::Other) => {}
                    None => break,
                }
            }
            if self.receive()? {
                self.patience.returned();
                return Ok(());
            }
            let left = self.patience.left(now())?;
            self.device.wait(left)?;
        }
    }

    /// The picture of the access unit that was decoded last.
    ///
    /// # Errors
    /// [`H264Error::OutsidePicture`] if there is none.
    pub(super) fn picture(&self) -> Result<I420View<'_>, H264Error> {
        match &self.stage {
            Stage::Running(Stream {
                layout: Some(layout),
                newest: Some(index),
                ..
            }) => layout.view(|plane| self.device.plane(*index, plane), &self.parted),
            _ => Err(H264Error::OutsidePicture),
        }
    }

    /// Takes the device's buffers away.
    fn stop(&mut self) -> Result<(), V4l2Error> {
        if let Stage::Idle = core::mem::replace(&mut self.stage, Stage::Idle) {
            return Ok(());
        }
        for queue in [Queue::Coded, Queue::Decoded] {
            self.device.switch(queue, Flow::Off)?;
            self.device.allocate(queue, 0)?;
        }
        Ok(())
    }

    /// Gives the device buffers for pictures of `size`.
    fn prepare(&mut self, size: Size, known: Known) -> Result<Layout, V4l2Error> {
        let offered = self.device.formats(Queue::Decoded)?;
        let code = UNDERSTOOD.into_iter().find(|code| offered.contains(code));
        let code = code.ok_or(V4l2Error::Nonsense("no format of pictures that we know"))?;
        let mut format = self.device.format(Queue::Decoded)?;
        if format.code != code {
            let wanted = Format { code, ..format };
            format = self.device.set_format(Queue::Decoded, &wanted)?;
        }
        let visible = match known {
            Known::FromUs => None,
            Known::FromStream => self.device.visible()?,
        };
        let layout = Layout::of(&format, size, visible)?;
        let count = allocate(&mut self.device, Queue::Decoded, DECODED_BUFFERS)?;
        for index in 0..count {
            self.device.give_decoded(index)?;
        }
        self.device.switch(Queue::Decoded, Flow::On)?;
        Ok(layout)
    }

    /// The stream has other pictures than the device was made ready for: it gets other buffers.
    fn change(&mut self, changes: u32) -> Result<(), V4l2Error> {
        if changes > MOST_CHANGES {
            return Err(V4l2Error::Nonsense("sizes that change again and again"));
        }
        let size = self.stream()?.size;
        self.device.switch(Queue::Decoded, Flow::Off)?;
        self.device.allocate(Queue::Decoded, 0)?;
        let layout = self.prepare(size, Known::FromStream)?;
        self.stream()?.layout = Some(layout);
        Ok(())
    }

    /// Gives the buffer of the picture before back to the device.
    fn return_newest(&mut self) -> Result<(), V4l2Error> {
        match self.stream()?.newest.take() {
            Some(index) => self.device.give_decoded(index),
            None => Ok(()),
        }
    }

    /// Takes back the buffers of access units that the device has read.
    fn collect(&mut self) -> Result<(), V4l2Error> {
        while let Some(done) = self.device.take(Queue::Coded)? {
            if done.outcome == Outcome::Damaged {
                return Err(V4l2Error::Damaged);
            }
            let free = &mut self.stream()?.free;
            if free.contains(&done.index) {
                return Err(V4l2Error::Nonsense("a buffer that it did not have"));
            }
            free.push(done.index);
        }
        Ok(())
    }

    fn has_room(&self) -> bool {
        matches!(&self.stage, Stage::Running(stream) if !stream.free.is_empty())
    }

    fn send(&mut self, unit: &[u8]) -> Result<(), V4l2Error> {
        let nonsense = V4l2Error::Nonsense("no buffer");
        let index = self.stream()?.free.pop().ok_or(nonsense)?;
        self.device.give_coded(index, unit, self.stamp)
    }

    /// Takes the picture that is waited for. False if it is not there yet.
    fn receive(&mut self) -> Result<bool, V4l2Error> {
        let Some(layout) = self.stream()?.layout else {
            return Ok(false);
        };
        let Some(Done {
            index,
            stamp,
            outcome,
        }) = self.device.take(Queue::Decoded)?
        else {
            return Ok(false);
        };
        match outcome {
            // Comes before an event, whose new buffers take its place.
            Outcome::Empty => return Ok(false),
            Outcome::Damaged => return Err(V4l2Error::Damaged),
            Outcome::Whole if stamp != self.stamp => {
                return Err(V4l2Error::Nonsense("a picture that nobody waits for"));
            }
            Outcome::Whole => {}
        }
        let device = &self.device;
        layout.part(|plane| device.plane(index, plane), &mut self.parted)?;
        if layout
            .view(|plane| device.plane(index, plane), &self.parted)
            .is_err()
        {
            return Err(V4l2Error::Nonsense("a plane shorter than it said"));
        }
        self.stream()?.newest = Some(index);
        Ok(true)
    }

    fn stream(&mut self) -> Result<&mut Stream, V4l2Error> {
        match &mut self.stage {
            Stage::Running(stream) => Ok(stream),
            Stage::Idle => Err(V4l2Error::Nonsense("a stream that did not begin")),
        }
    }
}

/// Where it is known from how large the pictures are.
#[derive(Clone, Copy)]
enum Known {
    /// From us: the device has seen nothing yet.
    FromUs,
    /// The device has read it from the stream.
    FromStream,
}

/// Bytes of the buffers for access units of pictures of `size`: a byte for each pixel, which is more
/// than the finest quantiser makes of most pictures.
fn coded_bytes(size: Size) -> u32 {
    u32::try_from(size.area())
        .unwrap_or(u32::MAX)
        .max(LEAST_CODED_BYTES)
}

/// As [`Device::allocate`], and at least one.
fn allocate(device: &mut impl Device, queue: Queue, count: u32) -> Result<u32, V4l2Error> {
    match device.allocate(queue, count)? {
        count @ 1..=MOST_BUFFERS => Ok(count),
        _ => Err(V4l2Error::Nonsense("the number of buffers")),
    }
}

#[cfg(test)]
mod tests;
