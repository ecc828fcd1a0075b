//! The picture's memory, as the display knows it.

use std::os::fd::OwnedFd;
use std::sync::Arc;

use x11rb::connection::Connection as _;
use x11rb::errors::ReplyError;
use x11rb::protocol::shm::{self, ConnectionExt as _};

use super::X11Error;
use super::display::Display;
use crate::picture::PictureMemory;

/// The first version of the extension that takes files.
const WITH_FILES: (u16, u16) = (1, 2);

/// Whether, and what, the display shares with the viewer.
pub(super) enum Sharing {
    /// It cannot: it is on another machine, or too old, or keeps pixels otherwise.
    Impossible,
    /// Nothing yet.
    Nothing,
    /// The memory of a picture.
    Attached(Segment),
}

/// A file that the display has mapped.
pub(super) struct Segment {
    id: shm::Seg,
    file: Arc<OwnedFd>,
}

impl Sharing {
    pub(super) fn offered_by(display: &Display) -> Self {
        if !display.is_like_picture() {
            return Self::Impossible;
        }
        let version = || -> Result<(u16, u16), ReplyError> {
            let version = display.connection().shm_query_version()?.reply()?;
            Ok((version.major_version, version.minor_version))
        };
        match version() {
            Ok(version) if version >= WITH_FILES => Self::Nothing,
            _ => Self::Impossible,
        }
    }

    /// The segment with the picture's memory; `None` if it cannot be shared.
    ///
    /// # Errors
    /// If the connection broke.
    pub(super) fn segment(
        &mut self,
        display: &Display,
        memory: &PictureMemory,
    ) -> Result<Option<shm::Seg>, X11Error> {
        let Some(file) = memory.file() else {
            return Ok(None);
        };
        match self {
            Self::Impossible => return Ok(None),
            Self::Attached(segment) if Arc::ptr_eq(&segment.file, file) => {
                return Ok(Some(segment.id));
            }
            Self::Attached(segment) => {
                display.connection().shm_detach(segment.id)?;
            }
            Self::Nothing => {}
        }
        *self = attach(display, file)?.map_or(Self::Impossible, Self::Attached);
        match self {
            Self::Attached(segment) => Ok(Some(segment.id)),
            _ => Ok(None),
        }
    }
}

/// Gives `file` to the display; `None` if it does not want it, or nothing but bytes gets there.
fn attach(display: &Display, file: &Arc<OwnedFd>) -> Result<Option<Segment>, X11Error> {
    let Ok(copy) = file.try_clone() else {
        return Ok(None);
    };
    let id = display.connection().generate_id()?;
    let attached = display
        .connection()
        .shm_attach_fd(id, copy, true)
        .map_err(ReplyError::from)
        .and_then(x11rb::cookie::VoidCookie::check);
    let file = Arc::clone(file);
    Ok(attached.is_ok().then_some(Segment { id, file }))
}
