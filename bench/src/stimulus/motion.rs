//! A film of things that move on their own before a still background, with cuts.

use super::photograph::Photograph;
use crate::random::Random;

const THINGS: usize = 12;
const SCENES: u32 = 4;
/// Frames from one cut to the next.
const SCENE_FRAMES: u32 = 150;

/// Everything that any frame shows.
pub(super) struct Motion {
    width: u32,
    height: u32,
    backgrounds: Photograph,
    foreground: Photograph,
    things: Vec<Thing>,
}

/// A cut-out of the foreground on a path of its own.
struct Thing {
    width: u32,
    height: u32,
    /// Where in the foreground it was cut out.
    source: (u32, u32),
    /// Swings per frame, in radians, to the right and down.
    speed: (f32, f32),
    phase: (f32, f32),
}

impl Thing {
    fn new(width: u32, height: u32, random: &mut Random) -> Self {
        let (own_width, own_height) = (
            (60 + random.below(120)).min(width / 2),
            (40 + random.below(100)).min(height / 2),
        );
        let mut angle = || random.unit() * std::f32::consts::TAU;
        let phase = (angle(), angle());
        let mut speed = || 0.01 + random.unit() * 0.05;
        Self {
            width: own_width,
            height: own_height,
            speed: (speed(), speed()),
            phase,
            source: (
                random.below(width - own_width),
                random.below(height - own_height),
            ),
        }
    }

    fn place(&self, frame: u16, width: u32, height: u32) -> (u32, u32) {
        let swing = |speed: f32, phase: f32, room: u32| {
            let part = 0.5 + 0.5 * (f32::from(frame) * speed + phase).sin();
            ((room as f32 * part) as u32).min(room)
        };
        (
            swing(self.speed.0, self.phase.0, width - self.width),
            swing(self.speed.1, self.phase.1, height - self.height),
        )
    }
}

impl Motion {
    pub(super) fn new(width: u32, height: u32, seed: u64) -> Self {
        let mut random = Random::new(seed ^ 0x6d6f_7469);
        Self {
            width,
            height,
            backgrounds: Photograph::generate(width, height, seed),
            foreground: Photograph::generate(width, height, !seed),
            things: (0..THINGS)
                .map(|_| Thing::new(width, height, &mut random))
                .collect(),
        }
    }

    pub(super) fn paint(&self, number: u16, write: &mut impl FnMut(u32, u32, &[u8])) {
        // Frames far apart on the background's pan serve as scenes.
        let scene = u32::from(number) / SCENE_FRAMES % SCENES;
        for y in 0..self.height {
            write(0, y, self.backgrounds.row(scene as u16 * 53, y));
        }
        for thing in &self.things {
            let (x, y) = thing.place(number, self.width, self.height);
            let (from, top) = thing.source;
            let bytes = from as usize * 4..(from + thing.width) as usize * 4;
            for row in 0..thing.height {
                let source = &self.foreground.row(0, top + row)[bytes.clone()];
                write(x, y + row, source);
            }
        }
    }
}
