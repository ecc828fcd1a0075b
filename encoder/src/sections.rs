//! Sections for the rectangles that changed.

use hackstream_codec::Canvas;
use hackstream_codec::palette::Palette;
use hackstream_codec::predict::Predictor;
use hackstream_codec::write;
use hackstream_protocol::geometry::Rect;
use hackstream_protocol::ids::FrameId;
use hackstream_protocol::limits::{MAX_COLOURS, MAX_RECTS};
use hackstream_protocol::region::Region;

use crate::classify::{Class, classify};
use crate::text::TextCoder;

/// Text and interfaces have fewer colours in a rectangle than this, soft edges included.
const MANY_COLOURS: usize = 64;

/// In a text or an interface the commonest colour has at least one pixel in so many.
const COMMONEST_SHARE: usize = 4;

/// What becomes of rectangles with the colours of a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Pictures {
    /// How they are predicted.
    pub predictor: Predictor,
    /// How many pixels of them may be written, in all; if there are more, all of them are put off.
    pub at_most: u64,
}

/// Groups rectangles by what they consist of and writes a section for each group.
///
/// Rectangles of one class that stand on top of each other are joined; the caller passes them
/// column by column, so that this happens where cells are stacked.
#[derive(Debug, Default)]
pub(crate) struct SectionBuilder {
    /// Rectangles of one colour, and those of two with the first one of their top left pixel.
    solid: Vec<(u32, Rect)>,
    two: Vec<([u32; 2], Rect)>,
    /// Rectangles with the colours of a picture.
    full: Vec<Rect>,
    /// Whether those with full colours were put off.
    has_put_off: bool,
    /// Rectangles of more than two colours, and the bytes that each took.
    expensive: Vec<(Rect, u32)>,
    page: Page,
    /// A buffer for the joined rectangles of a group.
    group: Vec<Rect>,
    text: TextCoder,
}

/// The colours and indices of the section of indexed rectangles that is being filled.
#[derive(Debug, Default)]
struct Page {
    palette: Palette,
    rects: Vec<Rect>,
    indices: Vec<u8>,
}

/// Whether a rectangle was added to a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fit {
    Added,
    /// The page is full, or its table would be.
    NoRoom,
    /// It has the colours of a picture and belongs on no page.
    Picture,
}

impl SectionBuilder {
    /// Appends sections that paint `rects` of `canvas` to the `body` of `frame`, but for pictures that
    /// are [put off](Self::put_off). Returns the frame after which they may be applied.
    pub(crate) fn write(
        &mut self,
        canvas: &Canvas,
        rects: &[Rect],
        pictures: Pictures,
        frame: FrameId,
        body: &mut Vec<u8>,
    ) -> FrameId {
        self.full.clear();
        self.expensive.clear();
        for rect in rects {
            match classify(canvas, rect) {
                Class::Solid(colour) => self.solid.push((colour, *rect)),
                Class::TwoColours(colours) => self.two.push((colours, *rect)),
                Class::Many => self.add_many(canvas, rect, body),
            }
        }
        self.page.finish(body);
        self.write_solid(body);
        let after = self.write_two(canvas, frame, body);
        self.has_put_off = self.full.iter().map(Rect::area).sum::<u64>() > pictures.at_most;
        if !self.full.is_empty() && !self.has_put_off {
            write::full_colour(body, canvas, pictures.predictor, &self.full);
        }
        after
    }

    /// The rectangles that the last [`write`](Self::write) put off.
    pub(crate) fn put_off(&self) -> &[Rect] {
        if self.has_put_off { &self.full } else { &[] }
    }

    /// The rectangles of the last [`write`](Self::write) that had the colours of a picture.
    pub(crate) fn colourful(&self) -> &[Rect] {
        &self.full
    }

    /// The rectangles of the last [`write`](Self::write) that had more than two colours, and what
    /// they took of the body.
    pub(crate) fn expensive(&self) -> &[(Rect, u32)] {
        &self.expensive
    }

    /// Adds a rectangle of more than two colours to the table under way or the next one, else to
    /// the pictures.
    fn add_many(&mut self, canvas: &Canvas, rect: &Rect, body: &mut Vec<u8>) {
        let mut fit = self.page.add(canvas, rect);
        if fit == Fit::NoRoom && !self.page.rects.is_empty() {
            self.page.finish(body);
            fit = self.page.add(canvas, rect);
        }
        let pixels = rect.area() as u32;
        if fit == Fit::Added {
            self.expensive.push((*rect, pixels));
        } else {
            self.expensive.push((*rect, 3 * pixels));
            push_joined(&mut self.full, *rect);
        }
    }

    fn write_solid(&mut self, body: &mut Vec<u8>) {
        self.solid.sort_by_key(|(colour, _)| *colour);
        for same in self.solid.chunk_by(|a, b| a.0 == b.0) {
            let region: Region = same.iter().map(|(_, rect)| *rect).collect();
            write::fill(body, same[0].0, region.rects());
        }
        self.solid.clear();
    }

    fn write_two(&mut self, canvas: &Canvas, frame: FrameId, body: &mut Vec<u8>) -> FrameId {
        // The pair in either order is the same group; the order within a group stays.
        let key = |[a, b]: [u32; 2]| (a.min(b), a.max(b));
        self.two.sort_by_key(|(colours, _)| key(*colours));
        let mut after = FrameId(0);
        for same in self.two.chunk_by(|a, b| key(a.0) == key(b.0)) {
            let paper = paper(same);
            let region: Region = same.iter().map(|(_, rect)| *rect).collect();
            match self.text.write(canvas, paper, region.rects(), frame, body) {
                Some(dependency) => after = after.max(dependency),
                None => {
                    self.group.clear();
                    same.iter()
                        .for_each(|(_, rect)| push_joined(&mut self.group, *rect));
                    write::two_colours(body, canvas, paper, &self.group);
                }
            }
        }
        self.two.clear();
        after
    }
}

/// The two colours of a group, first the one in most corners: that is what the others stand on.
fn paper(group: &[([u32; 2], Rect)]) -> [u32; 2] {
    let [a, b] = group[0].0;
    let with_a = group.iter().filter(|(colours, _)| colours[0] == a).count();
    if with_a * 2 >= group.len() {
        [a, b]
    } else {
        [b, a]
    }
}

impl Page {
    /// Adds a rectangle if it fits; else the page stays as it was.
    fn add(&mut self, canvas: &Canvas, rect: &Rect) -> Fit {
        if self.rects.len() == MAX_RECTS {
            return Fit::NoRoom;
        }
        let (colours, bytes) = (self.palette.colours().len(), self.indices.len());
        let mut rows = (rect.top..rect.bottom).map(|y| canvas.span(rect, y));
        let has_room = rows.all(|row| self.palette.index_row(row, &mut self.indices));
        let fit = match has_room {
            false => Fit::NoRoom,
            // Most tables of text are too small for any of its cells to be a picture.
            true if self.palette.colours().len() > MANY_COLOURS
                && has_colours_of_a_picture(&self.indices[bytes..]) =>
            {
                Fit::Picture
            }
            true => Fit::Added,
        };
        if fit == Fit::Added {
            push_joined(&mut self.rects, *rect);
        } else {
            self.palette.truncate(colours);
            self.indices.truncate(bytes);
        }
        fit
    }

    /// Writes the section and starts a new one.
    fn finish(&mut self, body: &mut Vec<u8>) {
        if self.rects.is_empty() {
            return;
        }
        write::indexed(body, &self.palette, &self.rects, &self.indices);
        self.palette.truncate(0);
        self.rects.clear();
        self.indices.clear();
    }
}

/// Whether the colours of a rectangle, given by the places of its pixels in a table, are as many
/// and as evenly used as in a photograph. A smooth one has few enough for a table, which then is as
/// large as what it saves.
fn has_colours_of_a_picture(indices: &[u8]) -> bool {
    if indices.len() <= MANY_COLOURS {
        return false;
    }
    let mut counts = [0u32; MAX_COLOURS];
    indices
        .iter()
        .for_each(|&index| counts[usize::from(index)] += 1);
    let colours = counts.iter().filter(|&&count| count > 0).count();
    let commonest = counts.iter().max().map_or(0, |&count| count as usize);
    colours > MANY_COLOURS && commonest * COMMONEST_SHARE < indices.len()
}

/// Adds `rect`, to the last rectangle if it continues it downwards.
fn push_joined(rects: &mut Vec<Rect>, rect: Rect) {
    if let Some(last) = rects.last_mut() {
        if last.left == rect.left && last.right == rect.right && last.bottom == rect.top {
            last.bottom = rect.bottom;
            return;
        }
    }
    rects.push(rect);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_smooth_photograph_is_a_picture_and_soft_text_is_none() {
        let photograph: Vec<u8> = (0..1024).map(|i| (i / 8) as u8).collect();
        assert!(has_colours_of_a_picture(&photograph));
        let paper = |i: u32| if i % 3 == 0 { 0 } else { (i % 200) as u8 };
        let text: Vec<u8> = (0..1024).map(paper).collect();
        assert!(!has_colours_of_a_picture(&text));
        assert!(!has_colours_of_a_picture(&photograph[..64]));
        let stripes: Vec<u8> = (0..1024).map(|i| (i % 60) as u8).collect();
        assert!(!has_colours_of_a_picture(&stripes));
    }
}
