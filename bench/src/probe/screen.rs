//! Markers and frame numbers as read from the viewer's pixels.

use crate::mapping::Framebuffer;
use crate::scene::{
    Area, MARKER_EDGE, MarkerColor, NUMBER_BLOCK, NUMBER_BLOCKS, Scene, decode_number,
};

/// How far inside a marker its corners are looked at.
const INSET: u16 = 4;

/// The viewer's picture.
#[derive(Debug)]
pub(crate) struct Screen {
    framebuffer: Framebuffer,
    marker_points: Vec<(u16, u16)>,
    number_rows: [(u16, u16); 2],
}

impl Screen {
    pub(crate) fn new(framebuffer: Framebuffer, scene: Scene) -> Self {
        let marker_points = scene.markers().into_iter().flat_map(points_of).collect();
        Self {
            framebuffer,
            marker_points,
            number_rows: scene.number_rows(),
        }
    }

    /// Whether every point of both markers shows the colour.
    pub(crate) fn shows(&self, color: MarkerColor) -> bool {
        self.marker_points
            .iter()
            .all(|&point| color.matches(self.pixel(point)))
    }

    /// The colour of both markers, if they agree.
    pub(crate) fn marker(&self) -> Option<MarkerColor> {
        let color = MarkerColor::of_pixel(self.pixel(*self.marker_points.first()?))?;
        self.shows(color).then_some(color)
    }

    /// The number of the film's frame, if its first and last rows agree on it.
    pub(crate) fn frame_number(&self) -> Option<u16> {
        let [top, bottom] = self.number_rows;
        let number = self.number_at(top)?;
        (self.number_at(bottom)? == number).then_some(number)
    }

    /// The pixels at the markers, for an error message.
    pub(crate) fn describe(&self) -> String {
        let pixels = self
            .marker_points
            .iter()
            .map(|&point| format!("{:06x}", self.pixel(point)));
        pixels.collect::<Vec<_>>().join(" ")
    }

    fn number_at(&self, (left, top): (u16, u16)) -> Option<u16> {
        let middle = NUMBER_BLOCK / 2;
        decode_number(std::array::from_fn(|index| {
            debug_assert!(index < usize::from(NUMBER_BLOCKS));
            let x = left + index as u16 * NUMBER_BLOCK + middle;
            // Black and white: the green channel tells them apart.
            self.pixel((x, top + middle)) >> 8 & 0xff > 127
        }))
    }

    fn pixel(&self, (x, y): (u16, u16)) -> u32 {
        self.framebuffer.pixel(x.into(), y.into()).unwrap_or(0)
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
