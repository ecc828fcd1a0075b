//! Markers and frame numbers as read from the viewer's pixels.

use std::time::Duration;

use super::pixels::{Pixels, View};
use crate::mapping::Framebuffer;
use crate::scene::{Area, MARKER_EDGE, MarkerColor, Scene};

/// How far inside a marker its corners are looked at.
const INSET: u16 = 4;

/// A frame of the film as the viewer shows it.
#[derive(Debug, Clone)]
pub(crate) struct Snapshot {
    pub(crate) number: u16,
    /// Colours 0x00RRGGBB by rows, of the film's area.
    pub(crate) pixels: Vec<u32>,
}

/// The viewer's picture.
#[derive(Debug)]
pub(crate) struct Screen {
    pixels: Pixels,
    scene: Scene,
    /// Of the picture on the display.
    origin: (u16, u16),
    markers: [Area; 2],
    /// Around both rows of numbers.
    number_rows: [Area; 2],
}

impl Screen {
    /// A picture whose top left corner is at `origin` of the display.
    pub(crate) fn new(pixels: Pixels, scene: Scene, (left, top): (u16, u16)) -> Self {
        let moved = |area: Area| Area {
            x: area.x + left,
            y: area.y + top,
            ..area
        };
        Self {
            pixels,
            scene,
            origin: (left, top),
            markers: scene.markers().map(moved),
            number_rows: scene.number_areas().map(moved),
        }
    }

    /// How long to wait between two looks.
    pub(crate) const fn look_step(&self) -> Duration {
        self.pixels.look_step()
    }

    /// Whether every point of both markers shows the colour.
    pub(crate) fn shows(&self, color: MarkerColor) -> bool {
        self.show(&self.pixels.look(self.markers), color)
    }

    /// The colour of both markers, if they agree.
    pub(crate) fn marker(&self) -> Option<MarkerColor> {
        let view = self.pixels.look(self.markers);
        let [first, _] = self.markers;
        let color = MarkerColor::of_pixel(view.pixel((first.x + INSET, first.y + INSET)))?;
        self.show(&view, color).then_some(color)
    }

    fn show(&self, view: &View<'_>, color: MarkerColor) -> bool {
        let mut points = self.markers.into_iter().flat_map(points_of);
        points.all(|point| color.matches(view.pixel(point)))
    }

    /// The number of the film's frame, if it is whole.
    pub(crate) fn frame_number(&self) -> Option<u16> {
        let view = self.pixels.look(self.number_rows);
        let (left, top) = self.origin;
        self.scene
            .number_in(|x, y| (view.pixel((left + x, top + y)) >> 8) as u8)
    }

    /// The film's area, if it shows frame `number` before and after it was read: then it showed
    /// nothing else in between. Only of a display in our own memory: a copy takes too long.
    pub(super) fn snapshot(&self, number: u16) -> Option<Snapshot> {
        let (framebuffer, area) = (self.framebuffer()?, self.scene.video());
        let mut pixels = Vec::with_capacity(usize::from(area.width) * usize::from(area.height));
        for y in area.y..area.y + area.height {
            let row = (area.x..area.x + area.width).map(|x| framebuffer.pixel(x.into(), y.into()));
            pixels.extend(row.map(Option::unwrap_or_default));
        }
        (self.frame_number() == Some(number)).then_some(Snapshot { number, pixels })
    }

    /// The whole display, if it is in our own memory.
    pub(super) const fn framebuffer(&self) -> Option<&Framebuffer> {
        match &self.pixels {
            Pixels::Mapped(framebuffer) => Some(framebuffer),
            Pixels::Fetched(_) => None,
        }
    }

    /// The pixels at the markers, for an error message.
    pub(crate) fn describe(&self) -> String {
        let view = self.pixels.look(self.markers);
        let points = self.markers.into_iter().flat_map(points_of);
        let pixels = points.map(|point| format!("{:06x}", view.pixel(point)));
        pixels.collect::<Vec<_>>().join(" ")
    }
}

/// The corners and the centre.
fn points_of(area: Area) -> [(u16, u16); 5] {
    let far = MARKER_EDGE - 1 - INSET;
    [
        (INSET, INSET),
        (far, INSET),
        (MARKER_EDGE / 2, MARKER_EDGE / 2),
        (INSET, far),
        (far, far),
    ]
    .map(|(x, y)| (area.x + x, area.y + y))
}
