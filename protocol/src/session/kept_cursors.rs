//! Shapes of the pointer that the viewer has already.
//!
//! A busy pointer turns through the same few pictures again and again, and text and links have
//! theirs. Both ends count the shapes that were sent on a connection and keep the last of them, so
//! that a number is enough to show one again.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::limits::{MAX_KEPT_CURSOR_EDGE, MAX_KEPT_CURSORS};
use crate::wire::control::CursorShape;

/// The shapes that one end of a connection keeps.
#[derive(Clone, Debug, Default)]
pub struct KeptCursors {
    shapes: VecDeque<Arc<CursorShape>>,
    /// Number of the first of them.
    first: u64,
}

impl KeptCursors {
    /// Takes a shape that was sent. Large ones are neither counted nor kept.
    pub fn add(&mut self, shape: &Arc<CursorShape>) {
        if shape.size.width.max(shape.size.height) > MAX_KEPT_CURSOR_EDGE {
            return;
        }
        if self.shapes.len() == MAX_KEPT_CURSORS {
            self.shapes.pop_front();
            self.first += 1;
        }
        self.shapes.push_back(Arc::clone(shape));
    }

    /// The number of a shape that is kept, counted from 0 at the start of the connection.
    #[must_use]
    pub fn number_of(&self, shape: &CursorShape) -> Option<u64> {
        let index = self.shapes.iter().position(|kept| **kept == *shape)?;
        Some(self.first + index as u64)
    }

    /// The shape with this number, if it is kept.
    #[must_use]
    pub fn shape(&self, number: u64) -> Option<&Arc<CursorShape>> {
        let index = usize::try_from(number.checked_sub(self.first)?).ok()?;
        self.shapes.get(index)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::{Point, Size};

    fn shape(edge: u32, colour: u32) -> Arc<CursorShape> {
        Arc::new(CursorShape {
            size: Size::new(edge, edge),
            hot_spot: Point::new(0, 0),
            pixels: vec![colour; (edge * edge) as usize],
        })
    }

    #[test]
    fn both_ends_agree_on_what_a_number_means() {
        let (mut server, mut viewer) = (KeptCursors::default(), KeptCursors::default());
        for colour in 0..500u32 {
            let wanted = shape(2, colour % 70);
            match server.number_of(&wanted) {
                Some(number) => assert_eq!(viewer.shape(number), Some(&wanted)),
                None => {
                    server.add(&wanted);
                    viewer.add(&wanted);
                }
            }
        }
    }

    #[test]
    fn the_last_ones_are_kept() {
        let mut kept = KeptCursors::default();
        for colour in 0..=MAX_KEPT_CURSORS as u32 {
            kept.add(&shape(1, colour));
        }
        assert_eq!(kept.number_of(&shape(1, 0)), None);
        assert_eq!(kept.shape(0), None);
        assert_eq!(kept.shape(1), Some(&shape(1, 1)));
        let last = MAX_KEPT_CURSORS as u64;
        assert_eq!(kept.number_of(&shape(1, last as u32)), Some(last));
        assert_eq!(kept.shape(last + 1), None);
        assert_eq!(kept.shape(u64::MAX), None);
    }

    #[test]
    fn large_ones_are_not_kept() {
        let mut kept = KeptCursors::default();
        let large = shape(MAX_KEPT_CURSOR_EDGE + 1, 7);
        kept.add(&large);
        assert_eq!(kept.number_of(&large), None);
        kept.add(&shape(MAX_KEPT_CURSOR_EDGE, 7));
        assert!(kept.shape(0).is_some());
    }
}
