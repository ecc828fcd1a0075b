//! Which pixels changed.

use hackstream_protocol::geometry::Rect;
use hackstream_protocol::region::Region;
use x11rb::connection::Connection;
use x11rb::protocol::damage::{ConnectionExt as _, Damage, ReportLevel};
use x11rb::protocol::xfixes::{ConnectionExt as _, Region as ServerRegion};
use x11rb::protocol::xproto::Rectangle;

use super::connect::Display;
use crate::error::CaptureError;

/// The damage of the whole screen, collected by the X server.
///
/// The level is `NonEmpty`: one event when the first pixel changes, then none until the damage
/// was taken, however much is drawn meanwhile.
pub(super) struct DamageWatch {
    damage: Damage,
    taken: ServerRegion,
}

impl DamageWatch {
    pub(super) fn start(display: &Display) -> Result<Self, CaptureError> {
        let connection = &display.connection;
        connection
            .damage_query_version(1, 1)
            .map_err(|_| CaptureError::MissingExtension("DAMAGE"))?
            .reply()?;
        let taken = connection.generate_id()?;
        connection.xfixes_create_region(taken, &[])?.check()?;
        let damage = connection.generate_id()?;
        let created = connection.damage_create(damage, display.root(), ReportLevel::NON_EMPTY)?;
        created.check()?;
        Ok(Self { damage, taken })
    }

    /// Takes what has changed since the last call; an event follows only for later changes.
    pub(super) fn take(&self, display: &Display) -> Result<Region, CaptureError> {
        let connection = &display.connection;
        connection.damage_subtract(self.damage, x11rb::NONE, self.taken)?;
        let reply = connection.xfixes_fetch_region(self.taken)?.reply()?;
        Ok(reply.rectangles.iter().map(rect).collect())
    }
}

fn rect(r: &Rectangle) -> Rect {
    Rect::new(r.x.into(), r.y.into(), r.width.into(), r.height.into())
}
