//! A synthetic photograph: soft light, hard edges, fine texture; and a pan over it.

use crate::random::Random;

/// The pan moves by parts of a pixel, as cameras do: whole pixels would let a coder treat the
/// film as a scroll.
const PHASES: usize = 4;
/// Quarter pixels to the right per frame.
const SPEED_X: u32 = 9;
/// Pixels downwards per frame.
const SPEED_Y: u32 = 1;
/// How far the pan goes before it turns, in pixels.
const TRAVEL_X: u32 = 480;
const TRAVEL_Y: u32 = 200;
const OCTAVES: u32 = 6;
const OBJECTS: u32 = 40;
/// Largest deviation of the finest texture, of 255.
const TEXTURE: f32 = 5.0;

/// The photograph in each sub-pixel position, as rows of 0x00RRGGBB little-endian bytes.
pub(crate) struct Photograph {
    view_width: u32,
    width: u32,
    phases: [Vec<u8>; PHASES],
}

impl Photograph {
    /// A picture that a view of the given size can pan over.
    pub(crate) fn generate(view_width: u32, view_height: u32, seed: u64) -> Self {
        let (width, height) = (view_width + TRAVEL_X + 1, view_height + TRAVEL_Y);
        let pixels = Painter::new(width, height, seed).paint();
        let phases = std::array::from_fn(|phase| shift_right(&pixels, width, phase));
        Self {
            view_width,
            width,
            phases,
        }
    }

    /// One row of a frame.
    pub(crate) fn row(&self, frame: u16, y: u32) -> &[u8] {
        let quarters = to_and_fro(u32::from(frame) * SPEED_X, TRAVEL_X * PHASES as u32);
        let top = to_and_fro(u32::from(frame) * SPEED_Y, TRAVEL_Y - 1);
        let (left, phase) = (quarters / PHASES as u32, quarters as usize % PHASES);
        let start = ((top + y) * self.width + left) as usize * 4;
        &self.phases[phase][start..start + self.view_width as usize * 4]
    }
}

/// A position that runs from 0 to `end` and back.
const fn to_and_fro(way: u32, end: u32) -> u32 {
    let way = way % (2 * end);
    if way < end { way } else { 2 * end - way }
}

/// The picture as seen `phase` quarters of a pixel further right.
fn shift_right(pixels: &[[u8; 3]], width: u32, phase: usize) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(pixels.len() * 4);
    for row in pixels.chunks(width as usize) {
        for (index, pixel) in row.iter().enumerate() {
            let right = row.get(index + 1).unwrap_or(pixel);
            for channel in [2, 1, 0] {
                let (here, there) = (usize::from(pixel[channel]), usize::from(right[channel]));
                bytes.push(((here * (PHASES - phase) + there * phase) / PHASES) as u8);
            }
            bytes.push(0);
        }
    }
    bytes
}

/// Paints red, green, blue per pixel.
struct Painter {
    width: u32,
    height: u32,
    random: Random,
    pixels: Vec<[f32; 3]>,
}

impl Painter {
    fn new(width: u32, height: u32, seed: u64) -> Self {
        let pixels = vec![[110.0; 3]; width as usize * height as usize];
        Self {
            width,
            height,
            random: Random::new(seed ^ 0x7068_6f74),
            pixels,
        }
    }

    fn paint(mut self) -> Vec<[u8; 3]> {
        for octave in 0..OCTAVES {
            self.add_noise(512 >> octave, 70.0 / (1 << octave) as f32);
        }
        for _ in 0..OBJECTS {
            self.add_object();
        }
        self.add_texture();
        self.pixels
            .into_iter()
            .map(|pixel| pixel.map(|value| value.clamp(0.0, 255.0) as u8))
            .collect()
    }

    /// Smooth noise with features of `cell` pixels, in brightness and less in colour.
    fn add_noise(&mut self, cell: u32, strength: f32) {
        let columns = self.width / cell + 2;
        let lattice: Vec<[f32; 3]> = (0..columns * (self.height / cell + 2))
            .map(|_| {
                let light = self.random.unit() * 2.0 - 1.0;
                std::array::from_fn(|_| light + (self.random.unit() - 0.5) * 0.6)
            })
            .collect();
        for (index, pixel) in self.pixels.iter_mut().enumerate() {
            let (x, y) = (index as u32 % self.width, index as u32 / self.width);
            let corner = (y / cell * columns + x / cell) as usize;
            let below = corner + columns as usize;
            let (right, down) = (smooth(x % cell, cell), smooth(y % cell, cell));
            for (channel, value) in pixel.iter_mut().enumerate() {
                let top = mix(
                    lattice[corner][channel],
                    lattice[corner + 1][channel],
                    right,
                );
                let bottom = mix(lattice[below][channel], lattice[below + 1][channel], right);
                *value += strength * mix(top, bottom, down);
            }
        }
    }

    /// A disc or a bar with a hard edge and a shade across it.
    fn add_object(&mut self) {
        let (center_x, center_y) = (
            self.random.below(self.width),
            self.random.below(self.height),
        );
        let radius = 20 + self.random.below(140);
        let is_disc = self.random.below(2) == 0;
        let tint: [f32; 3] = std::array::from_fn(|_| (self.random.unit() - 0.5) * 150.0);
        for y in center_y.saturating_sub(radius)..(center_y + radius).min(self.height) {
            for x in center_x.saturating_sub(radius)..(center_x + radius).min(self.width) {
                let (dx, dy) = (x.abs_diff(center_x), y.abs_diff(center_y));
                let inside = if is_disc {
                    dx * dx + dy * dy <= radius * radius
                } else {
                    dx * 3 <= radius
                };
                if inside {
                    let shade = 1.0 - 0.5 * dy as f32 / radius as f32;
                    let pixel = &mut self.pixels[(y * self.width + x) as usize];
                    pixel
                        .iter_mut()
                        .zip(tint)
                        .for_each(|(value, tint)| *value += tint * shade);
                }
            }
        }
    }

    fn add_texture(&mut self) {
        for pixel in &mut self.pixels {
            let grain = (self.random.unit() * 2.0 - 1.0) * TEXTURE;
            pixel.iter_mut().for_each(|value| *value += grain);
        }
    }
}

fn smooth(position: u32, cell: u32) -> f32 {
    let part = position as f32 / cell as f32;
    part * part * (3.0 - 2.0 * part)
}

fn mix(first: f32, second: f32, part: f32) -> f32 {
    first + (second - first) * part
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pan_stays_inside_and_turns_back() {
        let photograph = Photograph::generate(64, 48, 1);
        for frame in 0..2000 {
            assert_eq!(photograph.row(frame, 47).len(), 64 * 4);
        }
        assert_eq!(
            (to_and_fro(0, 10), to_and_fro(10, 10), to_and_fro(19, 10)),
            (0, 10, 1)
        );
    }

    #[test]
    fn consecutive_frames_are_no_shifted_copies() {
        let photograph = Photograph::generate(64, 48, 1);
        let (first, second) = (photograph.row(0, 10), photograph.row(1, 9));
        for shift in 0..8 {
            assert_ne!(first[shift * 4..shift * 4 + 128], second[..128]);
        }
    }
}
