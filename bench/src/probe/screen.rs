//! Markers and frame numbers as read from the viewer's pixels.

use std::time::Duration;

use super::pixels::{Pixels, View};
use crate::scene::{
    Area, MARKER_EDGE, MarkerColor, NUMBER_BLOCK, NUMBER_BLOCKS, Scene, decode_number,
};

/// How far inside a marker its corners are looked at.
const INSET: u16 = 4;

/// The viewer's picture.
#[derive(Debug)]
pub(crate) struct Screen {
    pixels: Pixels,
    markers: [Area; 2],
    /// The middle of the blocks of both rows of numbers.
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
            markers: scene.markers().map(moved),
            number_rows: scene.number_rows().map(|(x, y)| {
                moved(Area {
                    x,
                    y: y + NUMBER_BLOCK / 2,
                    width: NUMBER_BLOCK * NUMBER_BLOCKS,
                    height: 1,
                })
            }),
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

    /// The number of the film's frame, if its first and last rows agree on it.
    pub(crate) fn frame_number(&self) -> Option<u16> {
        let view = self.pixels.look(self.number_rows);
        let [top, bottom] = self.number_rows;
        let number = number_at(&view, top)?;
        (number_at(&view, bottom)? == number).then_some(number)
    }

    /// The pixels at the markers, for an error message.
    pub(crate) fn describe(&self) -> String {
        let view = self.pixels.look(self.markers);
        let points = self.markers.into_iter().flat_map(points_of);
        let pixels = points.map(|point| format!("{:06x}", view.pixel(point)));
        pixels.collect::<Vec<_>>().join(" ")
    }
}

fn number_at(view: &View<'_>, row: Area) -> Option<u16> {
    decode_number(std::array::from_fn(|index| {
        debug_assert!(index < usize::from(NUMBER_BLOCKS));
        let x = row.x + index as u16 * NUMBER_BLOCK + NUMBER_BLOCK / 2;
        // Black and white: the green channel tells them apart.
        view.pixel((x, row.y)) >> 8 & 0xff > 127
    }))
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
