//! Markers and frame numbers as read from the viewer's pixels.

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
    framebuffer: Framebuffer,
    marker_points: Vec<(u16, u16)>,
    scene: Scene,
}

impl Screen {
    pub(crate) fn new(framebuffer: Framebuffer, scene: Scene) -> Self {
        let marker_points = scene.markers().into_iter().flat_map(points_of).collect();
        Self {
            framebuffer,
            marker_points,
            scene,
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

    /// The number of the film's frame, if it is whole.
    pub(crate) fn frame_number(&self) -> Option<u16> {
        self.scene.number_in(|x, y| (self.pixel((x, y)) >> 8) as u8)
    }

    /// The film's area, if it shows frame `number` before and after it was read: then it showed
    /// nothing else in between.
    pub(super) fn snapshot(&self, number: u16) -> Option<Snapshot> {
        let area = self.scene.video();
        let mut pixels = Vec::with_capacity(usize::from(area.width) * usize::from(area.height));
        for y in area.y..area.y + area.height {
            pixels.extend((area.x..area.x + area.width).map(|x| self.pixel((x, y))));
        }
        (self.frame_number() == Some(number)).then_some(Snapshot { number, pixels })
    }

    pub(super) const fn framebuffer(&self) -> &Framebuffer {
        &self.framebuffer
    }

    /// The pixels at the markers, for an error message.
    pub(crate) fn describe(&self) -> String {
        let pixels = self
            .marker_points
            .iter()
            .map(|&point| format!("{:06x}", self.pixel(point)));
        pixels.collect::<Vec<_>>().join(" ")
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
