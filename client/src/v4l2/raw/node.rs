//! Calls that concern a device as a whole, or the format of a queue.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{Mode, OFlags, open};
use rustix::io::{Errno, Result};
use rustix::ioctl::{Opcode, Setter, Updater, ioctl};

use super::abi::{
    self, Capability, Event, Format, FormatDescription, Rectangle, Selection, Subscription, kind,
};

/// An open device.
pub(in crate::v4l2) struct Node(OwnedFd);

impl Node {
    /// Opens a device.
    ///
    /// # Errors
    /// What the system said.
    pub(in crate::v4l2) fn open(path: &Path) -> io::Result<Self> {
        let flags = OFlags::RDWR | OFlags::NONBLOCK | OFlags::CLOEXEC;
        Ok(Self(open(path, flags, Mode::empty())?))
    }

    pub(super) fn fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }

    /// What the device can do.
    pub(in crate::v4l2) fn capability(&self) -> Result<Capability> {
        let mut capability = Capability::default();
        // SAFETY: the call fills in such a structure.
        unsafe { self.update::<{ abi::QUERYCAP }, _>(&mut capability) }?;
        Ok(capability)
    }

    /// The code of format number `index` of a queue; `None` beyond the last.
    pub(in crate::v4l2) fn format_code(&self, kind: u32, index: u32) -> Result<Option<u32>> {
        let mut description = FormatDescription {
            index,
            kind,
            ..FormatDescription::default()
        };
        // SAFETY: the call reads and fills in such a structure.
        match unsafe { self.update::<{ abi::ENUM_FMT }, _>(&mut description) } {
            Ok(()) => Ok(Some(description.code)),
            Err(Errno::INVAL) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The format of a queue.
    pub(in crate::v4l2) fn format(&self, kind: u32) -> Result<Format> {
        let mut format = Format {
            kind,
            ..Format::default()
        };
        // SAFETY: the call reads and fills in such a structure; it has no pointers.
        unsafe { self.update::<{ abi::G_FMT }, _>(&mut format) }?;
        Ok(format)
    }

    /// Asks for a format; it is the one that the queue has then.
    pub(in crate::v4l2) fn set_format(&self, format: &mut Format) -> Result<()> {
        format.pixels.field = abi::FIELD_NONE;
        // SAFETY: the call reads and fills in such a structure; it has no pointers.
        unsafe { self.update::<{ abi::S_FMT }, _>(format) }
    }

    /// The visible part of the pictures.
    pub(in crate::v4l2) fn visible(&self) -> Result<Rectangle> {
        let mut selection = Selection {
            kind: kind::DECODED_SELECTION,
            target: abi::COMPOSE,
            ..Selection::default()
        };
        // SAFETY: the call reads and fills in such a structure.
        unsafe { self.update::<{ abi::G_SELECTION }, _>(&mut selection) }?;
        Ok(selection.rectangle)
    }

    /// Has the device tell when the source changes.
    pub(in crate::v4l2) fn subscribe(&self) -> Result<()> {
        let subscription = Subscription {
            kind: abi::event::SOURCE_CHANGE,
            ..Subscription::default()
        };
        // SAFETY: the call reads such a structure.
        let setter = unsafe { Setter::<{ abi::SUBSCRIBE_EVENT }, _>::new(subscription) };
        // SAFETY: as above.
        unsafe { ioctl(&self.0, setter) }
    }

    /// Whether the next event, if there is one, is that the source changed.
    pub(in crate::v4l2) fn event(&self) -> Result<Option<bool>> {
        let mut event = Event::default();
        // SAFETY: the call fills in such a structure.
        match unsafe { self.update::<{ abi::DQEVENT }, _>(&mut event) } {
            Ok(()) => Ok(Some(event.kind == abi::event::SOURCE_CHANGE)),
            Err(Errno::NOENT | Errno::AGAIN) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Has the device work on the buffers of a queue, or no longer.
    pub(super) fn switch(&self, kind: u32, on: bool) -> Result<()> {
        if on {
            // SAFETY: the call reads a number.
            let setter = unsafe { Setter::<{ abi::STREAMON }, u32>::new(kind) };
            // SAFETY: as above.
            return unsafe { ioctl(&self.0, setter) };
        }
        // SAFETY: the call reads a number.
        let setter = unsafe { Setter::<{ abi::STREAMOFF }, u32>::new(kind) };
        // SAFETY: as above.
        unsafe { ioctl(&self.0, setter) }
    }

    /// Waits until there is a buffer to take or an event.
    pub(in crate::v4l2) fn wait(&self, at_most: Duration) -> Result<()> {
        let events = PollFlags::IN | PollFlags::OUT | PollFlags::PRI;
        let timeout = Timespec::try_from(at_most).map_err(|_| Errno::INVAL)?;
        match poll(&mut [PollFd::new(&self.0, events)], Some(&timeout)) {
            Ok(_) | Err(Errno::INTR) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// A call that reads and fills in a structure.
    ///
    /// # Safety
    /// The call must be one for such a structure, and where the structure has pointers, what they
    /// point to must be what the call expects there.
    pub(super) unsafe fn update<const CALL: Opcode, T>(&self, value: &mut T) -> Result<()> {
        // SAFETY: the caller's word.
        let updater = unsafe { Updater::<CALL, T>::new(value) };
        // SAFETY: as above.
        unsafe { ioctl(&self.0, updater) }
    }
}
