//! The structures of `linux/videodev2.h`, as far as they are used, and the numbers of the calls.
//!
//! Unions are written as the member that is used, with the size and the alignment of the whole. The
//! numbers have the sizes in them, so a structure of another size is refused by the kernel.

use std::ffi::c_long;
use std::ptr;

use rustix::ioctl::{Opcode, opcode};

use crate::v4l2::device::MOST_PLANES;

#[cfg(target_endian = "big")]
compile_error!("the offset of a plane is read as the low half of its union");

const GROUP: u8 = b'V';

pub(super) const QUERYCAP: Opcode = opcode::read::<Capability>(GROUP, 0);
pub(super) const ENUM_FMT: Opcode = opcode::read_write::<FormatDescription>(GROUP, 2);
pub(super) const G_FMT: Opcode = opcode::read_write::<Format>(GROUP, 4);
pub(super) const S_FMT: Opcode = opcode::read_write::<Format>(GROUP, 5);
pub(super) const REQBUFS: Opcode = opcode::read_write::<RequestBuffers>(GROUP, 8);
pub(super) const QUERYBUF: Opcode = opcode::read_write::<Buffer>(GROUP, 9);
pub(super) const QBUF: Opcode = opcode::read_write::<Buffer>(GROUP, 15);
pub(super) const DQBUF: Opcode = opcode::read_write::<Buffer>(GROUP, 17);
pub(super) const STREAMON: Opcode = opcode::write::<u32>(GROUP, 18);
pub(super) const STREAMOFF: Opcode = opcode::write::<u32>(GROUP, 19);
pub(super) const DQEVENT: Opcode = opcode::read::<Event>(GROUP, 89);
pub(super) const SUBSCRIBE_EVENT: Opcode = opcode::write::<Subscription>(GROUP, 90);
pub(super) const G_SELECTION: Opcode = opcode::read_write::<Selection>(GROUP, 94);

/// Types of queues.
pub(in crate::v4l2) mod kind {
    pub(in crate::v4l2) const DECODED: u32 = 9;
    pub(in crate::v4l2) const CODED: u32 = 10;
    /// What selections call [`DECODED`].
    pub(in crate::v4l2::raw) const DECODED_SELECTION: u32 = 1;
}

/// Buffers are allocated by the driver and mapped.
pub(super) const MEMORY_MMAP: u32 = 1;

/// Pictures are whole, not fields.
pub(super) const FIELD_NONE: u32 = 1;

/// The visible part of a picture.
pub(super) const COMPOSE: u32 = 0x100;

/// Flags of [`Buffer`].
pub(super) mod flag {
    pub(in crate::v4l2::raw) const ERROR: u32 = 0x40;
}

/// Kinds of [`Event`].
pub(super) mod event {
    pub(in crate::v4l2::raw) const SOURCE_CHANGE: u32 = 5;
}

/// `v4l2_capability`.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::v4l2) struct Capability {
    driver: [u8; 16],
    card: [u8; 32],
    bus_info: [u8; 32],
    version: u32,
    capabilities: u32,
    device_caps: u32,
    reserved: [u32; 3],
}

impl Capability {
    const M2M_MPLANE: u32 = 0x4000;
    const STREAMING: u32 = 0x0400_0000;
    const DEVICE_CAPS: u32 = 0x8000_0000;

    /// Whether buffers of several planes go in and come out.
    pub(in crate::v4l2) const fn is_memory_to_memory(&self) -> bool {
        let wanted = Self::M2M_MPLANE | Self::STREAMING;
        let has = if self.capabilities & Self::DEVICE_CAPS == 0 {
            self.capabilities
        } else {
            self.device_caps
        };
        has & wanted == wanted
    }
}

/// `v4l2_fmtdesc`.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct FormatDescription {
    pub(super) index: u32,
    pub(super) kind: u32,
    pub(super) flags: u32,
    pub(super) description: [u8; 32],
    pub(super) code: u32,
    pub(super) media_bus: u32,
    pub(super) reserved: [u32; 3],
}

/// `v4l2_format`, of several planes.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::v4l2) struct Format {
    pub(in crate::v4l2) kind: u32,
    pub(in crate::v4l2) pixels: Pixels,
}

/// The union in `v4l2_format`: `v4l2_pix_format_mplane`.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::v4l2) struct Pixels {
    /// Other members have pointers.
    align: [usize; 0],
    pub(in crate::v4l2) width: u32,
    pub(in crate::v4l2) height: u32,
    pub(in crate::v4l2) code: u32,
    pub(super) field: u32,
    colour_space: u32,
    pub(in crate::v4l2) planes: [PlaneFormat; 8],
    pub(in crate::v4l2) plane_count: u8,
    flags: u8,
    encoding: u8,
    quantization: u8,
    transfer: u8,
    reserved: [u8; 7],
    /// Other members are larger.
    rest: [u8; 8],
}

/// `v4l2_plane_pix_format`.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::v4l2) struct PlaneFormat {
    pub(in crate::v4l2) bytes: u32,
    pub(in crate::v4l2) stride: u32,
    reserved: [u16; 6],
}

/// `v4l2_requestbuffers`.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct RequestBuffers {
    pub(super) count: u32,
    pub(super) kind: u32,
    pub(super) memory: u32,
    pub(super) capabilities: u32,
    pub(super) flags: u8,
    pub(super) reserved: [u8; 3],
}

/// `v4l2_buffer`, of several planes.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub(super) struct Buffer {
    pub(super) index: u32,
    pub(super) kind: u32,
    bytes_used: u32,
    pub(super) flags: u32,
    pub(super) field: u32,
    /// Seconds and microseconds.
    pub(super) time: [c_long; 2],
    time_code: [u32; 4],
    sequence: u32,
    pub(super) memory: u32,
    /// As many as `length` says.
    pub(super) planes: *mut Plane,
    pub(super) length: u32,
    reserved: [u32; 2],
}

impl Buffer {
    /// Names the buffer `index` of a queue, with nothing in it and no planes.
    pub(super) const fn of(kind: u32, index: u32) -> Self {
        Self {
            index,
            kind,
            bytes_used: 0,
            flags: 0,
            field: FIELD_NONE,
            time: [0; 2],
            time_code: [0; 4],
            sequence: 0,
            memory: MEMORY_MMAP,
            planes: ptr::null_mut(),
            length: 0,
            reserved: [0; 2],
        }
    }
}

/// `v4l2_plane`.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Plane {
    pub(super) bytes_used: u32,
    pub(super) length: u32,
    /// The low half is the offset to map the plane at.
    memory: usize,
    pub(super) data_offset: u32,
    reserved: [u32; 11],
}

impl Plane {
    pub(super) const fn map_offset(&self) -> u32 {
        self.memory as u32
    }
}

/// The planes of a buffer.
pub(super) type Planes = [Plane; MOST_PLANES];

/// `v4l2_event`.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Event {
    pub(super) kind: u32,
    data: [u64; 8],
    pending: u32,
    sequence: u32,
    time: [c_long; 2],
    id: u32,
    reserved: [u32; 8],
}

/// `v4l2_event_subscription`.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Subscription {
    pub(super) kind: u32,
    pub(super) id: u32,
    pub(super) flags: u32,
    pub(super) reserved: [u32; 5],
}

/// `v4l2_selection`.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Selection {
    pub(super) kind: u32,
    pub(super) target: u32,
    pub(super) flags: u32,
    pub(super) rectangle: Rectangle,
    pub(super) reserved: [u32; 9],
}

/// `v4l2_rect`.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::v4l2) struct Rectangle {
    pub(in crate::v4l2) left: i32,
    pub(in crate::v4l2) top: i32,
    pub(in crate::v4l2) width: u32,
    pub(in crate::v4l2) height: u32,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As a C compiler has them on machines of 64 bits.
    #[cfg(target_pointer_width = "64")]
    #[test]
    fn calls_and_structures_are_those_of_the_kernel() {
        let calls = [
            (QUERYCAP, 0x8068_5600_u32),
            (ENUM_FMT, 0xc040_5602),
            (G_FMT, 0xc0d0_5604),
            (S_FMT, 0xc0d0_5605),
            (REQBUFS, 0xc014_5608),
            (QUERYBUF, 0xc058_5609),
            (QBUF, 0xc058_560f),
            (DQBUF, 0xc058_5611),
            (STREAMON, 0x4004_5612),
            (STREAMOFF, 0x4004_5613),
            (DQEVENT, 0x8088_5659),
            (SUBSCRIBE_EVENT, 0x4020_565a),
            (G_SELECTION, 0xc040_565e),
        ];
        for (ours, theirs) in calls {
            assert_eq!(ours, theirs, "{theirs:#x}");
        }
        let offsets = [
            (std::mem::offset_of!(Format, pixels), 8),
            (std::mem::offset_of!(Pixels, plane_count), 180),
            (std::mem::offset_of!(Buffer, time), 24),
            (std::mem::offset_of!(Buffer, planes), 64),
            (std::mem::offset_of!(Buffer, length), 72),
            (std::mem::offset_of!(Plane, data_offset), 16),
            (size_of::<Plane>(), 64),
        ];
        for (ours, theirs) in offsets {
            assert_eq!(ours, theirs);
        }
    }
}
