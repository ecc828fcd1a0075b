//! A page of random letters, as an editor or terminal would show one.

use std::collections::VecDeque;

use anyhow::Result;

use super::font::{GLYPH_HEIGHT, GLYPH_WIDTH};
use super::window::Window;
use crate::random::Random;
use crate::scene::{Area, Scene};

const LETTERS: &[u8] = b"abcdefghijklmnopqrstuvwxyz";

/// The text, kept so that a redraw can show it shifted by a line.
#[derive(Debug)]
pub(super) struct Page {
    area: Area,
    columns: u16,
    lines: VecDeque<Vec<u8>>,
    next_letter: (u16, u16),
    random: Random,
}

impl Page {
    pub(super) fn new(scene: Scene, random: Random) -> Self {
        let (area, columns, lines) = scene.page(GLYPH_WIDTH, GLYPH_HEIGHT);
        let lines = vec![Vec::new(); usize::from(lines)].into();
        Self {
            area,
            columns,
            lines,
            next_letter: (0, 0),
            random,
        }
    }

    /// Another letter at the next position, left to right and line by line.
    pub(super) fn letter(&mut self, window: &Window) -> Result<()> {
        let (column, line) = self.next_letter;
        let old = self.lines[usize::from(line)][usize::from(column)];
        // A letter equal to the old one would change no pixel and measure nothing.
        let mut letter = self.random_letter();
        while letter == old {
            letter = self.random_letter();
        }
        self.lines[usize::from(line)][usize::from(column)] = letter;
        self.next_letter = match (column + 1 < self.columns, line + 1 < self.line_count()) {
            (true, _) => (column + 1, line),
            (false, true) => (0, line + 1),
            (false, false) => (0, 0),
        };
        window.draw_text(
            self.area.x + column * GLYPH_WIDTH,
            self.line_top(line),
            &[letter],
        )
    }

    pub(super) fn scroll_by_copy(&mut self, window: &Window) -> Result<()> {
        self.rotate();
        window.copy_up(self.area, GLYPH_HEIGHT)?;
        self.draw_line(window, self.line_count() - 1)
    }

    pub(super) fn scroll_by_redraw(&mut self, window: &Window) -> Result<()> {
        self.rotate();
        self.draw(window)
    }

    pub(super) fn repaint(&mut self, window: &Window) -> Result<()> {
        for index in 0..self.lines.len() {
            self.lines[index] = self.random_line();
        }
        self.draw(window)
    }

    fn rotate(&mut self) {
        self.lines.pop_front();
        let line = self.random_line();
        self.lines.push_back(line);
    }

    fn draw(&self, window: &Window) -> Result<()> {
        (0..self.line_count()).try_for_each(|line| self.draw_line(window, line))
    }

    fn draw_line(&self, window: &Window, line: u16) -> Result<()> {
        window.draw_text(
            self.area.x,
            self.line_top(line),
            &self.lines[usize::from(line)],
        )
    }

    fn line_count(&self) -> u16 {
        self.area.height / GLYPH_HEIGHT
    }

    fn line_top(&self, line: u16) -> u16 {
        self.area.y + line * GLYPH_HEIGHT
    }

    fn random_line(&mut self) -> Vec<u8> {
        (0..self.columns).map(|_| self.random_letter()).collect()
    }

    fn random_letter(&mut self) -> u8 {
        LETTERS[self.random.below(LETTERS.len() as u32) as usize]
    }
}
