//! What stimulus and probe agree on: where things are on the screen and which key does what.

mod command;
mod marker;
mod number;

pub(crate) use command::{Command, Film, FrameRate};
pub(crate) use marker::MarkerColor;
pub(crate) use number::{NUMBER_BLOCK, encode_number};

use std::str::FromStr;

use number::decode_number;

/// Edge of a marker in pixels.
pub(crate) const MARKER_EDGE: u16 = 64;
/// Letters per line and lines of the text page on a 1920x1080 screen: 10,500 letters.
const PAGE_COLUMNS: u16 = 150;
const PAGE_LINES: u16 = 70;
const VIDEO_WIDTH: u16 = 1280;
const VIDEO_HEIGHT: u16 = 720;

/// A rectangle of screen pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Area {
    pub(crate) x: u16,
    pub(crate) y: u16,
    pub(crate) width: u16,
    pub(crate) height: u16,
}

/// Width and height of the remote screen in pixels, at least 640x480.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ScreenSize {
    pub(crate) width: u16,
    pub(crate) height: u16,
}

impl FromStr for ScreenSize {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (width, height) = text.split_once('x').ok_or("expected WIDTHxHEIGHT")?;
        let edge = |part: &str| {
            part.parse::<u16>()
                .map_err(|error| format!("{part}: {error}"))
        };
        let size = Self {
            width: edge(width)?,
            height: edge(height)?,
        };
        if size.width < 640 || size.height < 480 || size.width > 8192 || size.height > 8192 {
            return Err("the screen must be between 640x480 and 8192x8192".to_owned());
        }
        Ok(size)
    }
}

impl std::fmt::Display for ScreenSize {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}x{}", self.width, self.height)
    }
}

/// Positions on a screen of one size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Scene {
    size: ScreenSize,
}

impl Scene {
    pub(crate) const fn new(size: ScreenSize) -> Self {
        Self { size }
    }

    pub(crate) const fn size(self) -> ScreenSize {
        self.size
    }

    /// Top left and bottom right: one marker alone flatters a viewer that shows the first part
    /// of an update early.
    pub(crate) const fn markers(self) -> [Area; 2] {
        let edge = MARKER_EDGE;
        let (right, bottom) = (self.size.width - edge, self.size.height - edge);
        [
            Area {
                x: 0,
                y: 0,
                width: edge,
                height: edge,
            },
            Area {
                x: right,
                y: bottom,
                width: edge,
                height: edge,
            },
        ]
    }

    /// The text page between the markers, for letters of the given size: (area, columns, lines).
    pub(crate) fn page(self, letter_width: u16, letter_height: u16) -> (Area, u16, u16) {
        let columns = ((self.size.width - 2 * MARKER_EDGE) / letter_width).min(PAGE_COLUMNS);
        let lines = (self.size.height / letter_height).min(PAGE_LINES);
        (
            self.centered(columns * letter_width, lines * letter_height),
            columns,
            lines,
        )
    }

    /// Where the film runs.
    pub(crate) fn video(self) -> Area {
        let width = VIDEO_WIDTH.min(self.size.width - 2 * MARKER_EDGE);
        self.centered(width, VIDEO_HEIGHT.min(self.size.height))
    }

    /// Where the film's first and last rows carry the frame number, as with the markers.
    pub(crate) fn number_areas(self) -> [Area; 2] {
        let video = self.video();
        let bottom = video.y + video.height - NUMBER_BLOCK;
        [video.y, bottom].map(|y| Area {
            x: video.x,
            y,
            width: NUMBER_BLOCK * number::NUMBER_BLOCKS,
            height: NUMBER_BLOCK,
        })
    }

    /// The number of the film's frame, if its first and last rows agree on it. Black and white:
    /// `green`, one channel of a pixel, tells them apart.
    pub(crate) fn number_in(self, green: impl Fn(u16, u16) -> u8) -> Option<u16> {
        let middle = NUMBER_BLOCK / 2;
        let at = |(left, top): (u16, u16)| {
            decode_number(std::array::from_fn(|index| {
                green(left + index as u16 * NUMBER_BLOCK + middle, top + middle) > 127
            }))
        };
        let [top, bottom] = self.number_areas().map(|area| (area.x, area.y));
        let number = at(top)?;
        (at(bottom)? == number).then_some(number)
    }

    const fn centered(self, width: u16, height: u16) -> Area {
        let (x, y) = (
            (self.size.width - width) / 2,
            (self.size.height - height) / 2,
        );
        Area {
            x,
            y,
            width,
            height,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn full_hd_page_holds_the_documented_letters() {
        let scene = Scene::new("1920x1080".parse().unwrap());
        let (area, columns, lines) = scene.page(6, 15);
        assert_eq!(u32::from(columns) * u32::from(lines), 10_500);
        assert!(area.x >= MARKER_EDGE && area.x + area.width <= 1920 - MARKER_EDGE);
        assert_eq!((scene.video().width, scene.video().height), (1280, 720));
    }

    #[test]
    fn small_screens_still_fit() {
        let scene = Scene::new("640x480".parse().unwrap());
        let video = scene.video();
        assert!(video.width >= NUMBER_BLOCK * number::NUMBER_BLOCKS && video.height <= 480);
        assert!("639x480".parse::<ScreenSize>().is_err());
        assert!("1920".parse::<ScreenSize>().is_err());
    }
}
