//! A screen without a display: tests draw into it, and readers see it as any other source.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hackstream_protocol::geometry::{Point, Rect, Size};
use hackstream_protocol::region::Region;
use hackstream_protocol::source::{PixelSource, SourceError};

/// A picture that a test draws into. Clones show the same picture, so a test keeps one and gives
/// others to readers.
#[derive(Clone, Debug)]
pub struct ScriptedSource {
    picture: Arc<Mutex<Picture>>,
    /// The size that this reader knows of.
    size: Size,
}

#[derive(Debug)]
struct Picture {
    size: Size,
    pixels: Vec<u32>,
    /// Why the screen is gone, once it is.
    gone: Option<String>,
}

impl Picture {
    fn row(&mut self, y: i32, left: i32, right: i32) -> &mut [u32] {
        let start = y as usize * self.size.width as usize;
        &mut self.pixels[start + left as usize..start + right as usize]
    }

    fn clip(&self, rect: Rect) -> Rect {
        rect.intersection(&Rect::of_size(self.size))
    }
}

impl ScriptedSource {
    /// A black screen.
    #[must_use]
    pub fn new(size: Size) -> Self {
        let picture = Picture {
            size,
            pixels: vec![0; size.area() as usize],
            gone: None,
        };
        Self {
            picture: Arc::new(Mutex::new(picture)),
            size,
        }
    }

    /// Gives every pixel of `rect` a colour that depends on its position on the screen; returns
    /// the damage, which is the part on the screen.
    pub fn draw(&self, rect: Rect, colour: impl Fn(Point) -> u32) -> Region {
        let mut picture = self.lock();
        let rect = picture.clip(rect);
        for y in rect.top..rect.bottom {
            let row = picture.row(y, rect.left, rect.right);
            for (x, pixel) in (rect.left..).zip(row) {
                *pixel = colour(Point::new(x, y)) & 0x00ff_ffff;
            }
        }
        Region::from(rect)
    }

    /// Fills `rect` with one colour (0x00RRGGBB); returns the damage.
    pub fn fill(&self, rect: Rect, colour: u32) -> Region {
        self.draw(rect, |_| colour)
    }

    /// Copies the pixels of `from` to where its top left corner becomes `to`, as an application
    /// that scrolls does; returns the damage.
    pub fn copy(&self, from: Rect, to: Point) -> Region {
        let (size, pixels) = {
            let picture = self.lock();
            (picture.size, picture.pixels.clone())
        };
        let source = from.intersection(&Rect::of_size(size));
        let (dx, dy) = (to.x - from.left, to.y - from.top);
        let target = Rect::new(
            source.left + dx,
            source.top + dy,
            source.width(),
            source.height(),
        );
        self.draw(target, |at| {
            let (x, y) = ((at.x - dx) as usize, (at.y - dy) as usize);
            pixels[y * size.width as usize + x]
        })
    }

    /// Gives the screen another size and makes it black. Readers are told when they next fetch.
    pub fn resize(&self, size: Size) {
        let mut picture = self.lock();
        picture.size = size;
        picture.pixels = vec![0; size.area() as usize];
    }

    /// Takes the screen away: every later fetch fails with `reason`.
    pub fn vanish(&self, reason: &str) {
        self.lock().gone = Some(reason.to_owned());
    }

    /// All pixels, row by row, 0x00RRGGBB.
    #[must_use]
    pub fn pixels(&self) -> Vec<u32> {
        self.lock().pixels.clone()
    }

    fn lock(&self) -> MutexGuard<'_, Picture> {
        self.picture.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl PixelSource for ScriptedSource {
    fn size(&self) -> Size {
        self.size
    }

    fn fetch(&mut self, _region: &Region) -> Result<(), SourceError> {
        let picture = self.lock();
        let (size, gone) = (picture.size, picture.gone.clone());
        drop(picture);
        if let Some(reason) = gone {
            return Err(SourceError::Gone { reason });
        }
        if size != self.size {
            self.size = size;
            return Err(SourceError::Resized);
        }
        Ok(())
    }

    fn read_row(&self, start: Point, row: &mut [u32]) {
        let mut picture = self.lock();
        let line = Rect::new(start.x, start.y, row.len() as u32, 1);
        let seen = picture.clip(line);
        if !seen.is_empty() {
            let from = (seen.left - start.x) as usize;
            let pixels = picture.row(start.y, seen.left, seen.right);
            row[from..from + pixels.len()].copy_from_slice(pixels);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn readers_see_what_is_drawn_and_damage_is_on_the_screen() {
        let script = ScriptedSource::new(Size::new(8, 4));
        let mut reader = script.clone();
        let damage = script.fill(Rect::new(6, 2, 10, 10), 0xff12_3456);
        assert_eq!(damage.rects(), [Rect::new(6, 2, 2, 2)]);
        reader.fetch(&damage).unwrap();
        let mut row = [1; 6];
        reader.read_row(Point::new(4, 3), &mut row);
        assert_eq!(row, [0, 0, 0x12_3456, 0x12_3456, 1, 1]);
    }

    #[test]
    fn a_copy_moves_overlapping_pixels() {
        let script = ScriptedSource::new(Size::new(1, 4));
        script.draw(Rect::new(0, 0, 1, 4), |at| at.y as u32);
        let damage = script.copy(Rect::new(0, 1, 1, 3), Point::new(0, 0));
        assert_eq!(damage.rects(), [Rect::new(0, 0, 1, 3)]);
        assert_eq!(script.pixels(), [1, 2, 3, 3]);
    }

    #[test]
    fn a_resize_is_told_once() {
        let script = ScriptedSource::new(Size::new(8, 4));
        let mut reader = script.clone();
        script.resize(Size::new(2, 2));
        assert_eq!(reader.size(), Size::new(8, 4));
        assert!(matches!(
            reader.fetch(&Region::new()),
            Err(SourceError::Resized)
        ));
        assert_eq!(reader.size(), Size::new(2, 2));
        reader.fetch(&Region::new()).unwrap();
        script.vanish("over");
        assert!(matches!(
            reader.fetch(&Region::new()),
            Err(SourceError::Gone { .. })
        ));
    }
}
