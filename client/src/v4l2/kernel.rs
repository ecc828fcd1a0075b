//! A device that the kernel drives.

use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use hackstream_protocol::geometry::{Rect, Size};
use rustix::io::Errno;

use super::V4l2Error;
use super::device::{
    Device, Done, Event, Flow, Format, FourCc, MOST_PLANES, Outcome, PlaneFormat, Queue,
};
use super::layout::UNDERSTOOD;
use super::raw::{self, Buffers, Node, Taken, kind};

/// Formats of a queue that are looked at; a Raspberry Pi has some 40.
const MOST_FORMATS: u32 = 128;

/// An open decoder.
pub(super) struct Kernel {
    node: Arc<Node>,
    coded: Buffers,
    decoded: Buffers,
}

impl Kernel {
    /// Opens the device at `path` if it decodes H.264 to a format that is understood.
    ///
    /// # Errors
    /// [`V4l2Error::Open`], [`V4l2Error::NoDecoder`].
    pub(super) fn open(path: &Path) -> Result<Self, V4l2Error> {
        let opened = Node::open(path).map_err(|said| V4l2Error::Open {
            path: path.to_owned(),
            said,
        });
        let node = Arc::new(opened?);
        let lacks = |lacks| V4l2Error::NoDecoder {
            path: path.to_owned(),
            lacks,
        };
        let capability = node.capability();
        let capability = capability.map_err(|_| lacks("it is no V4L2 device"))?;
        if !capability.is_memory_to_memory() {
            return Err(lacks("it is no memory-to-memory device (multi-planar)"));
        }
        let mut kernel = Self {
            coded: Buffers::none(Arc::clone(&node), kind::CODED),
            decoded: Buffers::none(Arc::clone(&node), kind::DECODED),
            node,
        };
        if !kernel.formats(Queue::Coded)?.contains(&FourCc::H264) {
            return Err(lacks("it takes no access units of H.264"));
        }
        let pictures = kernel.formats(Queue::Decoded)?;
        if !UNDERSTOOD.iter().any(|code| pictures.contains(code)) {
            return Err(lacks("it gives no pictures in 4:2:0"));
        }
        // A driver without events trusts the size that it is told.
        let _ = kernel.node.subscribe();
        Ok(kernel)
    }

    const fn buffers(&mut self, queue: Queue) -> &mut Buffers {
        match queue {
            Queue::Coded => &mut self.coded,
            Queue::Decoded => &mut self.decoded,
        }
    }
}

impl Drop for Kernel {
    /// Lets go of the device on a thread of its own: a driver may wait for seconds until its
    /// firmware has let go of the buffers, and the decoder has a picture to show.
    fn drop(&mut self) {
        if self.coded.is_empty() && self.decoded.is_empty() {
            return;
        }
        let none = |kind| Buffers::none(Arc::clone(&self.node), kind);
        let (coded, decoded) = (none(kind::CODED), none(kind::DECODED));
        let mut queues = [
            std::mem::replace(&mut self.coded, coded),
            std::mem::replace(&mut self.decoded, decoded),
        ];
        let thread = thread::Builder::new().name("v4l2 end".into());
        // Without a thread it happens here, when the device is closed.
        let _ = thread.spawn(move || {
            for queue in &mut queues {
                // A device that is gone has nothing to stop.
                let _ = queue.switch(false);
            }
        });
    }
}

impl Device for Kernel {
    fn formats(&mut self, queue: Queue) -> Result<Vec<FourCc>, V4l2Error> {
        let mut found = Vec::new();
        for index in 0..MOST_FORMATS {
            match self.node.format_code(kind_of(queue), index) {
                Ok(Some(code)) => found.push(FourCc(code)),
                Ok(None) => break,
                Err(error) => return Err(refused("list its formats")(error)),
            }
        }
        Ok(found)
    }

    fn format(&mut self, queue: Queue) -> Result<Format, V4l2Error> {
        let format = self.node.format(kind_of(queue));
        ours(&format.map_err(refused("tell a format"))?)
    }

    fn set_format(&mut self, queue: Queue, wanted: &Format) -> Result<Format, V4l2Error> {
        let mut format = theirs(queue, wanted);
        let set = self.node.set_format(&mut format);
        set.map_err(refused("take a format"))?;
        ours(&format)
    }

    fn visible(&mut self) -> Result<Option<Rect>, V4l2Error> {
        match self.node.visible() {
            Ok(visible) => {
                let (width, height) = (visible.width, visible.height);
                let far = |from: i32, by: u32| i64::from(from) + i64::from(by);
                let ends = [far(visible.left, width), far(visible.top, height)];
                if ends.iter().any(|&end| end > i64::from(i32::MAX)) {
                    return Err(V4l2Error::Nonsense("a visible part without end"));
                }
                Ok(Some(Rect::new(visible.left, visible.top, width, height)))
            }
            Err(Errno::NODEV) => Err(V4l2Error::Gone),
            // Not all drivers have it.
            Err(_) => Ok(None),
        }
    }

    fn allocate(&mut self, queue: Queue, count: u32) -> Result<u32, V4l2Error> {
        let count = self.buffers(queue).allocate(count);
        count.map_err(refused("give buffers"))
    }

    fn switch(&mut self, queue: Queue, flow: Flow) -> Result<(), V4l2Error> {
        let switched = self.buffers(queue).switch(flow == Flow::On);
        switched.map_err(refused("start or stop"))
    }

    fn give_coded(&mut self, index: u32, unit: &[u8], stamp: u64) -> Result<(), V4l2Error> {
        let (bytes, room) = (unit.len(), self.coded.room(index));
        if bytes > room {
            return Err(V4l2Error::TooLarge { bytes, room });
        }
        let given = self.coded.give(index, unit, stamp);
        given.map_err(refused("take an access unit"))
    }

    fn give_decoded(&mut self, index: u32) -> Result<(), V4l2Error> {
        let given = self.decoded.give(index, &[], 0);
        given.map_err(refused("take a buffer"))
    }

    fn take(&mut self, queue: Queue) -> Result<Option<Done>, V4l2Error> {
        let taken = self.buffers(queue).take();
        Ok(taken.map_err(refused("give a buffer back"))?.map(done))
    }

    fn event(&mut self) -> Result<Option<Event>, V4l2Error> {
        match self.node.event() {
            Ok(Some(true)) => Ok(Some(Event::SourceChange)),
            Ok(Some(false)) => Ok(Some(Event::Other)),
            // Nothing was subscribed to: there is nothing to hear.
            Ok(None) | Err(Errno::NOTTY) => Ok(None),
            Err(error) => Err(refused("tell what happened")(error)),
        }
    }

    fn wait(&mut self, at_most: Duration) -> Result<(), V4l2Error> {
        self.node.wait(at_most).map_err(refused("be waited for"))
    }

    fn plane(&self, index: u32, plane: usize) -> &[u8] {
        self.decoded.plane(index, plane)
    }
}

const fn kind_of(queue: Queue) -> u32 {
    match queue {
        Queue::Coded => kind::CODED,
        Queue::Decoded => kind::DECODED,
    }
}

/// What an error of the driver means when it was asked to do `what`.
fn refused(what: &'static str) -> impl Fn(Errno) -> V4l2Error {
    move |error| match error {
        Errno::NODEV | Errno::NXIO => V4l2Error::Gone,
        error => V4l2Error::Refused {
            what,
            said: error.into(),
        },
    }
}

fn done(taken: Taken) -> Done {
    let outcome = match (taken.is_damaged, taken.bytes) {
        (true, _) => Outcome::Damaged,
        (false, 0) => Outcome::Empty,
        (false, _) => Outcome::Whole,
    };
    Done {
        index: taken.index,
        stamp: taken.stamp,
        outcome,
    }
}

fn ours(format: &raw::Format) -> Result<Format, V4l2Error> {
    let pixels = &format.pixels;
    let count = usize::from(pixels.plane_count);
    if count > MOST_PLANES {
        return Err(V4l2Error::Nonsense("the number of planes"));
    }
    let planes = pixels.planes.iter().take(count);
    Ok(Format {
        code: FourCc(pixels.code),
        size: Size::new(pixels.width, pixels.height),
        planes: planes
            .map(|plane| PlaneFormat {
                stride: plane.stride,
                bytes: plane.bytes,
            })
            .collect(),
    })
}

fn theirs(queue: Queue, format: &Format) -> raw::Format {
    let mut theirs = raw::Format {
        kind: kind_of(queue),
        ..raw::Format::default()
    };
    let pixels = &mut theirs.pixels;
    (pixels.width, pixels.height) = (format.size.width, format.size.height);
    pixels.code = format.code.0;
    for (plane, wanted) in pixels.planes.iter_mut().zip(&format.planes) {
        (plane.stride, plane.bytes) = (wanted.stride, wanted.bytes);
        pixels.plane_count += 1;
    }
    theirs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_survive_the_way_to_the_driver_and_back() {
        let plane = |stride, bytes| PlaneFormat { stride, bytes };
        let format = Format {
            code: FourCc::NM12,
            size: Size::new(1920, 1088),
            planes: vec![plane(1920, 1920 * 1088), plane(1920, 1920 * 544)],
        };
        assert_eq!(ours(&theirs(Queue::Decoded, &format)).unwrap(), format);
        let mut hostile = theirs(Queue::Decoded, &format);
        hostile.pixels.plane_count = 255;
        assert!(ours(&hostile).is_err());
    }

    #[test]
    fn buffers_say_what_is_in_them() {
        let taken = |bytes, is_damaged| Taken {
            index: 3,
            stamp: 1_234_567,
            bytes,
            is_damaged,
        };
        assert_eq!(done(taken(0, false)).outcome, Outcome::Empty);
        assert_eq!(done(taken(0, true)).outcome, Outcome::Damaged);
        assert_eq!(done(taken(9, false)).outcome, Outcome::Whole);
    }
}
