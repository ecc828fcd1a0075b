//! Points, sizes and rectangles that know which space they are measured in.
//!
//! The habit of tagging coordinates with their space follows Smithay's `utils::geometry`.

use core::fmt;
use core::marker::PhantomData;

/// Pixels of the session's screen: the space of damage, frames and input.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Frame {}

/// Physical pixels of the viewer's window.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Window {}

/// A position, in pixels from the top left corner of its space.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Point<S = Frame> {
    /// Distance from the left edge; grows to the right.
    pub x: i32,
    /// Distance from the top edge; grows downwards.
    pub y: i32,
    space: PhantomData<S>,
}

impl<S> Point<S> {
    /// The point at (`x`, `y`).
    #[must_use]
    pub const fn new(x: i32, y: i32) -> Self {
        Self {
            x,
            y,
            space: PhantomData,
        }
    }
}

impl<S> fmt::Debug for Point<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "({}, {})", self.x, self.y)
    }
}

/// A displacement in pixels of its space.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Offset<S = Frame> {
    /// Pixels to the right.
    pub dx: i32,
    /// Pixels downwards.
    pub dy: i32,
    space: PhantomData<S>,
}

impl<S> Offset<S> {
    /// The displacement by `dx` to the right and `dy` downwards.
    #[must_use]
    pub const fn new(dx: i32, dy: i32) -> Self {
        Self {
            dx,
            dy,
            space: PhantomData,
        }
    }

    /// The opposite displacement.
    #[must_use]
    pub const fn reversed(self) -> Self {
        Self::new(-self.dx, -self.dy)
    }
}

impl<S> fmt::Debug for Offset<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:+},{:+}", self.dx, self.dy)
    }
}

/// Width and height in pixels of a space.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Size<S = Frame> {
    /// Pixels in a row.
    pub width: u32,
    /// Number of rows.
    pub height: u32,
    space: PhantomData<S>,
}

impl<S> Size<S> {
    /// The size `width` x `height`.
    #[must_use]
    pub const fn new(width: u32, height: u32) -> Self {
        Self {
            width,
            height,
            space: PhantomData,
        }
    }

    /// Number of pixels.
    #[must_use]
    pub const fn area(self) -> u64 {
        self.width as u64 * self.height as u64
    }

    /// Whether there are no pixels.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.width == 0 || self.height == 0
    }
}

impl<S> fmt::Debug for Size<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}x{}", self.width, self.height)
    }
}

impl<S> fmt::Display for Size<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}x{}", self.width, self.height)
    }
}

/// An axis-parallel rectangle: the pixels with `left <= x < right` and `top <= y < bottom`.
///
/// Coordinates stay within ±2^30, so that sums of two never overflow.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Rect<S = Frame> {
    /// First column.
    pub left: i32,
    /// First row.
    pub top: i32,
    /// Column after the last one.
    pub right: i32,
    /// Row after the last one.
    pub bottom: i32,
    space: PhantomData<S>,
}

impl<S> Rect<S> {
    /// The rectangle between two corners; empty unless `left < right` and `top < bottom`.
    #[must_use]
    pub const fn from_edges(left: i32, top: i32, right: i32, bottom: i32) -> Self {
        Self {
            left,
            top,
            right,
            bottom,
            space: PhantomData,
        }
    }

    /// The rectangle with its top left corner at (`x`, `y`).
    #[must_use]
    pub const fn new(x: i32, y: i32, width: u32, height: u32) -> Self {
        Self::from_edges(x, y, x + width as i32, y + height as i32)
    }

    /// The rectangle of `size` whose top left corner is the origin.
    #[must_use]
    pub const fn of_size(size: Size<S>) -> Self {
        Self::new(0, 0, size.width, size.height)
    }

    /// Columns; zero if empty.
    #[must_use]
    pub const fn width(&self) -> u32 {
        if self.right > self.left {
            (self.right - self.left) as u32
        } else {
            0
        }
    }

    /// Rows; zero if empty.
    #[must_use]
    pub const fn height(&self) -> u32 {
        if self.bottom > self.top {
            (self.bottom - self.top) as u32
        } else {
            0
        }
    }

    /// Width and height.
    #[must_use]
    pub const fn size(&self) -> Size<S> {
        Size::new(self.width(), self.height())
    }

    /// Number of pixels.
    #[must_use]
    pub const fn area(&self) -> u64 {
        self.width() as u64 * self.height() as u64
    }

    /// Whether there are no pixels.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.left >= self.right || self.top >= self.bottom
    }
}

impl<S: Copy> Rect<S> {
    /// Top left corner.
    #[must_use]
    pub const fn origin(&self) -> Point<S> {
        Point::new(self.left, self.top)
    }

    /// The pixels in both.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        Self::from_edges(
            self.left.max(other.left),
            self.top.max(other.top),
            self.right.min(other.right),
            self.bottom.min(other.bottom),
        )
    }

    /// Whether any pixel is in both.
    #[must_use]
    pub fn intersects(&self, other: &Self) -> bool {
        !self.intersection(other).is_empty()
    }

    /// The smallest rectangle around both; an empty one adds nothing.
    #[must_use]
    pub fn bounding(&self, other: &Self) -> Self {
        if self.is_empty() {
            return *other;
        }
        if other.is_empty() {
            return *self;
        }
        Self::from_edges(
            self.left.min(other.left),
            self.top.min(other.top),
            self.right.max(other.right),
            self.bottom.max(other.bottom),
        )
    }

    /// Whether all pixels of `other` are in `self`.
    #[must_use]
    pub fn contains(&self, other: &Self) -> bool {
        other.is_empty()
            || (self.left <= other.left
                && self.top <= other.top
                && self.right >= other.right
                && self.bottom >= other.bottom)
    }

    /// Whether the pixel at `point` is in the rectangle.
    #[must_use]
    pub const fn contains_point(&self, point: Point<S>) -> bool {
        self.left <= point.x && point.x < self.right && self.top <= point.y && point.y < self.bottom
    }

    /// The rectangle moved by `offset`.
    #[must_use]
    pub const fn translated(&self, offset: Offset<S>) -> Self {
        Self::from_edges(
            self.left + offset.dx,
            self.top + offset.dy,
            self.right + offset.dx,
            self.bottom + offset.dy,
        )
    }
}

impl<S> fmt::Debug for Rect<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}x{}@{},{}",
            self.width(),
            self.height(),
            self.left,
            self.top
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type R = Rect<Frame>;

    #[test]
    fn intersection_of_disjoint_rectangles_is_empty() {
        let a = R::new(0, 0, 10, 10);
        assert!(!a.intersects(&R::new(10, 0, 5, 5)));
        assert_eq!(a.intersection(&R::new(5, 5, 10, 10)), R::new(5, 5, 5, 5));
    }

    #[test]
    fn bounding_ignores_empty_rectangles() {
        let a = R::new(3, 4, 5, 6);
        assert_eq!(a.bounding(&R::from_edges(9, 9, 9, 20)), a);
        assert_eq!(a.bounding(&R::new(0, 0, 1, 1)), R::from_edges(0, 0, 8, 10));
    }
}
