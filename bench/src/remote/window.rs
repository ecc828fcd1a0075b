//! The viewer's window on a display that others may use too.

use std::time::Duration;

use anyhow::{Context, Result};
use x11rb::connection::Connection;
use x11rb::protocol::xproto::{AtomEnum, ConnectionExt as _, MapState};
use x11rb::rust_connection::RustConnection;

use super::failure::{Failure, Kind};
use crate::interrupt::Interrupt;
use crate::probe::Seen;
use crate::scene::ScreenSize;

/// How long the window may take to come, and to become as large as it will be.
const LIMIT: Duration = Duration::from_secs(10);

/// A window manager may move and resize a new window; one that stayed as it is for so many looks
/// is taken to be done.
const STEADY_LOOKS: u32 = 40;

/// A display, as far as windows on it are concerned.
pub(super) struct Desk {
    connection: RustConnection,
    root: u32,
    size: (u16, u16),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Geometry {
    window: u32,
    /// On the screen.
    left: i16,
    top: i16,
    width: u16,
    height: u16,
}

impl Desk {
    /// Fails unless it is an X display that lets us in.
    pub(super) fn open(display: &str) -> Result<Self> {
        let unusable = |error: String| {
            let text = format!(
                "cannot use display {display}: {error}. Is it an X display, and may you use it \
                 (DISPLAY, XAUTHORITY)?"
            );
            Failure::new(Kind::Missing, text)
        };
        let (connection, number) =
            RustConnection::connect(Some(display)).map_err(|error| unusable(error.to_string()))?;
        let screen = &connection.setup().roots[number];
        let size = (screen.width_in_pixels, screen.height_in_pixels);
        Ok(Self {
            root: screen.root,
            size,
            connection,
        })
    }

    /// Fails if a session of this size does not fit on the screen.
    pub(super) fn check_room(&self, session: ScreenSize) -> Result<()> {
        let (width, height) = self.size;
        if session.width > width || session.height > height {
            return Err(too_small(session, width, height).into());
        }
        Ok(())
    }

    /// Waits for the window of process `pid`, and for the place where it stays.
    pub(super) fn find(
        &self,
        pid: u32,
        session: ScreenSize,
        interrupt: &Interrupt,
        mut check: impl FnMut() -> Result<()>,
    ) -> Result<Seen> {
        let pid_atom = self
            .connection
            .intern_atom(false, b"_NET_WM_PID")?
            .reply()?
            .atom;
        let (mut before, mut looks) = (None, 0);
        let found = interrupt.wait_until(LIMIT, || {
            check()?;
            let now = self.window_of(pid, pid_atom);
            looks = if now.is_some() && now == before {
                looks + 1
            } else {
                0
            };
            before = now;
            Ok(now.filter(|_| looks >= STEADY_LOOKS))
        })?;
        let found = found.context("the viewer opened no window")?;
        found.picture(session)
    }

    /// The visible window of a process. Windows come and go, so an error only means "not this one".
    fn window_of(&self, pid: u32, pid_atom: u32) -> Option<Geometry> {
        let mut unseen = vec![self.root];
        while let Some(window) = unseen.pop() {
            if self.owner(window, pid_atom) == Some(pid) {
                return self.geometry(window);
            }
            let tree = self.connection.query_tree(window).ok()?.reply();
            // Window managers put a window of theirs around it.
            unseen.extend(tree.iter().flat_map(|tree| &tree.children));
        }
        None
    }

    fn owner(&self, window: u32, pid_atom: u32) -> Option<u32> {
        let kind = AtomEnum::CARDINAL;
        let property = self
            .connection
            .get_property(false, window, pid_atom, kind, 0, 1);
        let reply = property.ok()?.reply().ok()?;
        reply.value32()?.next()
    }

    fn geometry(&self, window: u32) -> Option<Geometry> {
        let connection = &self.connection;
        let attributes = connection
            .get_window_attributes(window)
            .ok()?
            .reply()
            .ok()?;
        if attributes.map_state != MapState::VIEWABLE {
            return None;
        }
        let size = connection.get_geometry(window).ok()?.reply().ok()?;
        let place = connection.translate_coordinates(window, self.root, 0, 0);
        let place = place.ok()?.reply().ok()?;
        Some(Geometry {
            window,
            left: place.dst_x,
            top: place.dst_y,
            width: size.width,
            height: size.height,
        })
    }
}

impl Geometry {
    /// Where the viewer shows the picture in it: pixel for pixel, in the middle.
    fn picture(self, session: ScreenSize) -> Result<Seen> {
        if self.width < session.width || self.height < session.height {
            return Err(too_small(session, self.width, self.height).into());
        }
        let margin = |inner: u16, outer: u16| (outer - inner) / 2;
        let place = |start: i16, inner, outer| {
            let start = u16::try_from(start).ok()?;
            start.checked_add(margin(inner, outer))
        };
        let origin = place(self.left, session.width, self.width)
            .zip(place(self.top, session.height, self.height))
            .context("the viewer's window is not wholly on the screen")?;
        Ok(Seen {
            window: self.window,
            origin,
        })
    }
}

fn too_small(session: ScreenSize, width: u16, height: u16) -> Failure {
    let text = format!(
        "the session's {session} pixels do not fit into the viewer's {width}x{height}. Run \
         `hackstream-bench serve --size {width}x{height}` or smaller, or measure without --display"
    );
    Failure::new(Kind::Missing, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_picture_is_in_the_middle_of_the_window() {
        let session = "640x480".parse().unwrap();
        let geometry = |left, top, width, height| Geometry {
            window: 7,
            left,
            top,
            width,
            height,
        };
        let seen = geometry(0, 20, 801, 600).picture(session).unwrap();
        assert_eq!(seen.origin, (80, 80));
        assert_eq!(seen.window, 7);
        let small = geometry(0, 0, 639, 480).picture(session).unwrap_err();
        assert!(small.to_string().contains("--size 639x480"), "{small}");
        assert!(geometry(-1, 0, 640, 480).picture(session).is_err());
    }
}
