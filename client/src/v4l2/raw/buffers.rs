//! The buffers of a queue: their memory, and who has them.

use std::ffi::c_long;
use std::sync::Arc;

use rustix::io::{Errno, Result};

use super::abi::{self, Buffer, Plane, Planes, RequestBuffers, flag};
use super::memory::Mapping;
use super::node::Node;
use crate::v4l2::device::{MOST_BUFFERS, MOST_PLANE_BYTES, MOST_PLANES};

const MICROS: u64 = 1_000_000;

/// The buffers of a queue. What is in them can be seen while they are ours.
pub(in crate::v4l2) struct Buffers {
    node: Arc<Node>,
    kind: u32,
    buffers: Vec<Shared>,
}

/// A buffer.
struct Shared {
    planes: Vec<SharedPlane>,
    holder: Holder,
}

/// A plane of a buffer.
struct SharedPlane {
    mapping: Mapping,
    /// Bytes before the first that counts.
    start: usize,
}

/// Who has a buffer.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Holder {
    Us,
    Device,
}

/// A buffer that came back.
pub(in crate::v4l2) struct Taken {
    /// Its number.
    pub(in crate::v4l2) index: u32,
    /// The stamp of what is in it.
    pub(in crate::v4l2) stamp: u64,
    /// Bytes in its planes.
    pub(in crate::v4l2) bytes: u64,
    /// Whether the device says that it is damaged.
    pub(in crate::v4l2) is_damaged: bool,
}

impl Buffers {
    /// A queue without buffers.
    pub(in crate::v4l2) const fn none(node: Arc<Node>, kind: u32) -> Self {
        Self {
            node,
            kind,
            buffers: Vec::new(),
        }
    }

    /// Whether there are none.
    pub(in crate::v4l2) fn is_empty(&self) -> bool {
        self.buffers.is_empty()
    }

    /// Has about `count` buffers in place of those before; returns how many.
    ///
    /// # Errors
    /// What the driver said; [`Errno::OVERFLOW`] if its buffers are too many or too large.
    pub(in crate::v4l2) fn allocate(&mut self, count: u32) -> Result<u32> {
        // Not before they are unmapped can they be freed.
        self.buffers.clear();
        let mut request = RequestBuffers {
            count,
            kind: self.kind,
            memory: abi::MEMORY_MMAP,
            ..RequestBuffers::default()
        };
        // SAFETY: the call reads and fills in such a structure.
        unsafe { self.node.update::<{ abi::REQBUFS }, _>(&mut request) }?;
        if count == 0 {
            return Ok(0);
        }
        if request.count > MOST_BUFFERS {
            return Err(Errno::OVERFLOW);
        }
        for index in 0..request.count {
            let buffer = self.map(index)?;
            self.buffers.push(buffer);
        }
        Ok(request.count)
    }

    fn map(&self, index: u32) -> Result<Shared> {
        let mut planes = Planes::default();
        let buffer = self.call::<{ abi::QUERYBUF }>(Buffer::of(self.kind, index), &mut planes)?;
        let used = planes.get(..buffer.length as usize);
        let used = used
            .filter(|used| !used.is_empty())
            .ok_or(Errno::OVERFLOW)?;
        let mut mapped = Vec::with_capacity(MOST_PLANES);
        for plane in used {
            let len = plane.length as usize;
            if len == 0 || len > MOST_PLANE_BYTES {
                return Err(Errno::OVERFLOW);
            }
            let mapping = Mapping::new(self.node.fd(), plane.map_offset(), len);
            let mapping = mapping.map_err(|error| errno(&error))?;
            mapped.push(SharedPlane { mapping, start: 0 });
        }
        Ok(Shared {
            planes: mapped,
            holder: Holder::Us,
        })
    }

    /// Has the device work on the buffers, or no longer: then all are ours.
    ///
    /// # Errors
    /// What the driver said.
    pub(in crate::v4l2) fn switch(&mut self, on: bool) -> Result<()> {
        self.node.switch(self.kind, on)?;
        if !on {
            for buffer in &mut self.buffers {
                buffer.holder = Holder::Us;
            }
        }
        Ok(())
    }

    /// Bytes that fit the first plane of a buffer.
    pub(in crate::v4l2) fn room(&self, index: u32) -> usize {
        let buffer = self.buffers.get(index as usize);
        let plane = buffer.and_then(|buffer| buffer.planes.first());
        plane.map_or(0, |plane| plane.mapping.len())
    }

    /// Gives a buffer that is ours to the device, with `bytes` in its first plane.
    ///
    /// # Errors
    /// What the driver said; [`Errno::INVAL`] if the buffer is not ours or too small.
    pub(in crate::v4l2) fn give(&mut self, index: u32, bytes: &[u8], stamp: u64) -> Result<()> {
        let buffer = self.buffers.get_mut(index as usize);
        let buffer = buffer.filter(|buffer| buffer.holder == Holder::Us);
        let buffer = buffer.ok_or(Errno::INVAL)?;
        let mut planes = Planes::default();
        if !bytes.is_empty() {
            let first = buffer.planes.first_mut().ok_or(Errno::INVAL)?;
            // SAFETY: the buffer is ours, and the bytes are not borrowed beyond this block.
            let room = unsafe { first.mapping.bytes_mut() };
            let room = room.get_mut(..bytes.len()).ok_or(Errno::INVAL)?;
            room.copy_from_slice(bytes);
            planes[0].bytes_used = u32::try_from(bytes.len()).map_err(|_| Errno::INVAL)?;
        }
        for (plane, shared) in planes.iter_mut().zip(&buffer.planes) {
            plane.length = shared.mapping.len() as u32;
        }
        let mut request = Buffer::of(self.kind, index);
        request.length = buffer.planes.len() as u32;
        request.time = [(stamp / MICROS) as c_long, (stamp % MICROS) as c_long];
        self.call::<{ abi::QBUF }>(request, &mut planes)?;
        if let Some(buffer) = self.buffers.get_mut(index as usize) {
            buffer.holder = Holder::Device;
        }
        Ok(())
    }

    /// Takes back a buffer that the device is done with, if there is one.
    ///
    /// # Errors
    /// What the driver said; [`Errno::BADMSG`] if it was not the device's.
    pub(in crate::v4l2) fn take(&mut self) -> Result<Option<Taken>> {
        let mut planes = Planes::default();
        let taken = match self.call::<{ abi::DQBUF }>(Buffer::of(self.kind, 0), &mut planes) {
            Ok(taken) => taken,
            // Nothing yet, or nothing any more until the buffers change.
            Err(Errno::AGAIN | Errno::PIPE) => return Ok(None),
            Err(error) => return Err(error),
        };
        let buffer = self.buffers.get_mut(taken.index as usize);
        let buffer = buffer.filter(|buffer| buffer.holder == Holder::Device);
        let buffer = buffer.ok_or(Errno::BADMSG)?;
        buffer.holder = Holder::Us;
        let mut bytes = 0;
        for (shared, plane) in buffer.planes.iter_mut().zip(&planes) {
            shared.start = plane.data_offset as usize;
            bytes += u64::from(plane.bytes_used);
        }
        let [seconds, micros] = taken.time.map(|part| u64::try_from(part).unwrap_or(0));
        Ok(Some(Taken {
            index: taken.index,
            stamp: seconds.saturating_mul(MICROS).saturating_add(micros),
            bytes,
            is_damaged: taken.flags & flag::ERROR != 0,
        }))
    }

    /// A plane of a buffer; empty if it is not ours, or there is none.
    pub(in crate::v4l2) fn plane(&self, index: u32, plane: usize) -> &[u8] {
        let buffer = self.buffers.get(index as usize);
        let buffer = buffer.filter(|buffer| buffer.holder == Holder::Us);
        let plane = buffer.and_then(|buffer| buffer.planes.get(plane));
        let Some(plane) = plane else { return &[] };
        // SAFETY: the buffer is ours, and can only be given away by `&mut self`.
        let bytes = unsafe { plane.mapping.bytes() };
        bytes.get(plane.start..).unwrap_or_default()
    }

    /// A call about a buffer and its planes; returns what the driver made of the buffer.
    fn call<const CALL: rustix::ioctl::Opcode>(
        &self,
        mut buffer: Buffer,
        planes: &mut Planes,
    ) -> Result<Buffer> {
        if buffer.length == 0 {
            buffer.length = planes.len() as u32;
        }
        buffer.planes = planes.as_mut_ptr().cast::<Plane>();
        // SAFETY: only QUERYBUF, QBUF and DQBUF come here, which read and fill in such a structure
        // and as many planes as `length` says, which is no more than there are.
        unsafe { self.node.update::<CALL, _>(&mut buffer) }?;
        buffer.planes = std::ptr::null_mut();
        Ok(buffer)
    }
}

fn errno(error: &std::io::Error) -> Errno {
    Errno::from_io_error(error).unwrap_or(Errno::NOMEM)
}
