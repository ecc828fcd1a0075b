//! What is on the display: after each damage its pixels are read and compared with those before.

use anyhow::{Context, Result, ensure};
use x11rb::connection::Connection;
use x11rb::protocol::Event;
use x11rb::protocol::damage::{ConnectionExt as _, ReportLevel};
use x11rb::protocol::shm::{self, ConnectionExt as _};
use x11rb::protocol::xproto::{ImageFormat, Rectangle};
use x11rb::rust_connection::RustConnection;

use crate::clock::Instant;
use crate::mapping::{RecordWriter, SharedPicture};
use crate::scene::{Area, Scene};

/// A change of the picture.
#[derive(Debug, Clone, Copy)]
pub(super) struct Seen {
    /// When the display told of it.
    pub(super) at: Instant,
    /// The number in the film's place, if there is one.
    pub(super) number: Option<u16>,
}

/// An X client that watches the whole screen.
pub(super) struct Eye {
    connection: RustConnection,
    root: u32,
    scene: Scene,
    /// Where the X server puts the pixels.
    scratch: SharedPicture,
    segment: shm::Seg,
    /// The newest picture, bytes of 0x00RRGGBB by rows.
    picture: Vec<u8>,
    row: Vec<u8>,
    record: RecordWriter,
}

impl Eye {
    /// Begins with the whole screen; that is the first thing seen.
    pub(super) fn open(scene: Scene, record: RecordWriter) -> Result<Self> {
        let (connection, number) = RustConnection::connect(None)?;
        let screen = &connection.setup().roots[number];
        let size = scene.size();
        ensure!(
            (screen.width_in_pixels, screen.height_in_pixels) == (size.width, size.height),
            "the screen is {}x{} instead of {size}",
            screen.width_in_pixels,
            screen.height_in_pixels
        );
        let root = screen.root;
        let (width, height) = (u32::from(size.width), u32::from(size.height));
        let (scratch, file) = SharedPicture::new(width, height)?;
        let segment = connection.generate_id()?;
        connection
            .shm_attach_fd(segment, file, false)?
            .check()
            .context("the display has no MIT-SHM 1.2")?;
        connection.damage_query_version(1, 1)?.reply()?;
        let damage = connection.generate_id()?;
        let level = ReportLevel::RAW_RECTANGLES;
        connection.damage_create(damage, root, level)?.check()?;
        let mut eye = Self {
            connection,
            root,
            scene,
            scratch,
            segment,
            picture: vec![0; width as usize * height as usize * 4],
            row: Vec::with_capacity(width as usize * 4),
            record,
        };
        eye.take(whole(scene))?;
        eye.record.publish(Instant::now());
        Ok(eye)
    }

    pub(super) const fn connection(&self) -> &RustConnection {
        &self.connection
    }

    /// Takes in all damage reported so far; `None` once there is no more. Damage that changed no
    /// pixel is not worth telling.
    pub(super) fn look(&mut self) -> Result<Option<Seen>> {
        loop {
            let at = Instant::now();
            let Some(area) = self.damaged()? else {
                return Ok(None);
            };
            if self.take(area)? {
                self.record.publish(at);
                let number = self.scene.number_in(|x, y| self.green(x, y));
                return Ok(Some(Seen { at, number }));
            }
        }
    }

    /// The box around all damage in the queue.
    fn damaged(&mut self) -> Result<Option<Area>> {
        let mut around: Option<Area> = None;
        while let Some(event) = self.connection.poll_for_event()? {
            if let Event::DamageNotify(damage) = event {
                if let Some(area) = clip(damage.area, self.scene) {
                    around = Some(around.map_or(area, |before| union(before, area)));
                }
            }
        }
        Ok(around)
    }

    /// Reads the area; whether a pixel of it changed.
    fn take(&mut self, area: Area) -> Result<bool> {
        let format = ImageFormat::Z_PIXMAP.into();
        self.connection
            .shm_get_image(
                self.root,
                area.x as i16,
                area.y as i16,
                area.width,
                area.height,
                !0,
                format,
                self.segment,
                0,
            )?
            .reply()?;
        let row_bytes = usize::from(area.width) * 4;
        self.row.resize(row_bytes, 0);
        let mut has_changed = false;
        for index in 0..area.height {
            let first = usize::from(index) * usize::from(area.width);
            self.scratch.read(first, &mut self.row);
            let y = usize::from(area.y + index);
            let start = (y * usize::from(self.scene.size().width) + usize::from(area.x)) * 4;
            let known = &mut self.picture[start..start + row_bytes];
            if *known != *self.row {
                known.copy_from_slice(&self.row);
                self.record.write_pixels(area.x.into(), y as u32, &self.row);
                has_changed = true;
            }
        }
        Ok(has_changed)
    }

    fn green(&self, x: u16, y: u16) -> u8 {
        let index = usize::from(y) * usize::from(self.scene.size().width) + usize::from(x);
        self.picture[index * 4 + 1]
    }
}

const fn whole(scene: Scene) -> Area {
    let size = scene.size();
    Area {
        x: 0,
        y: 0,
        width: size.width,
        height: size.height,
    }
}

/// The part of a rectangle that is on the screen.
fn clip(rectangle: Rectangle, scene: Scene) -> Option<Area> {
    let within = |start: i16, length: u16, edge: u16| {
        let from = i32::from(start).clamp(0, edge.into());
        let to = (i32::from(start) + i32::from(length)).clamp(0, edge.into());
        (from < to).then_some((from as u16, (to - from) as u16))
    };
    let (x, width) = within(rectangle.x, rectangle.width, scene.size().width)?;
    let (y, height) = within(rectangle.y, rectangle.height, scene.size().height)?;
    Some(Area {
        x,
        y,
        width,
        height,
    })
}

fn union(first: Area, second: Area) -> Area {
    let (x, y) = (first.x.min(second.x), first.y.min(second.y));
    let right = (first.x + first.width).max(second.x + second.width);
    let bottom = (first.y + first.height).max(second.y + second.height);
    Area {
        x,
        y,
        width: right - x,
        height: bottom - y,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn area(x: u16, y: u16, width: u16, height: u16) -> Area {
        Area {
            x,
            y,
            width,
            height,
        }
    }

    #[test]
    fn damage_is_cut_at_the_edges_of_the_screen() {
        let scene = Scene::new("640x480".parse().unwrap());
        let rectangle = |x, y, width, height| Rectangle {
            x,
            y,
            width,
            height,
        };
        let expected = area(0, 470, 5, 10);
        assert_eq!(clip(rectangle(-5, 470, 10, 100), scene), Some(expected));
        assert_eq!(clip(rectangle(640, 0, 10, 10), scene), None);
        assert_eq!(
            union(area(1, 2, 3, 4), area(10, 0, 1, 1)),
            area(1, 0, 10, 6)
        );
    }
}
