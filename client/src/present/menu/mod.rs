//! The viewer's menu: what is chosen in it, and what it looks like.
//!
//! It knows neither window nor session: keys and places come in, [`Action`]s come out.

mod bitrate;
mod entry;
mod keys;

use super::overlay::Layout;
use crate::picture::{Line, Look};
use entry::{ALL, Entry};
use hackstream_protocol::geometry::{Point, Window};

pub(super) use entry::{Action, Settings, Step};
pub(super) use keys::{MenuKey, menu_key};

/// Lines above the first entry: the heading, and a rule.
const ABOVE: usize = 2;

/// Letters between an entry and its value, at least: the values stand beneath each other.
const VALUE_COLUMN: usize = 24;

/// An open menu.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Menu {
    chosen: usize,
    /// What came of the last action, as lines.
    remark: Vec<String>,
}

/// What comes of a key or a click.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Response {
    /// Nothing but another look.
    Stay,
    /// The menu goes.
    Close,
    /// This is to be done.
    Do(Action),
}

impl Menu {
    /// A key was pressed.
    pub(super) fn press(&mut self, key: MenuKey, settings: &Settings) -> Response {
        let last = ALL.len() - 1;
        match key {
            MenuKey::Up => self.choose(self.chosen.checked_sub(1).unwrap_or(last)),
            MenuKey::Down => self.choose((self.chosen + 1) % ALL.len()),
            MenuKey::First => self.choose(0),
            MenuKey::Last => self.choose(last),
            MenuKey::Step(step) => self.respond(ALL[self.chosen].stepped(settings, step)),
            MenuKey::Enter => self.respond(ALL[self.chosen].action(settings)),
            MenuKey::Louder(step) => self.respond(Entry::Volume.stepped(settings, step)),
            MenuKey::Letter(letter) => {
                let wanted = |entry: &Entry| entry.letter() == Some(letter);
                match ALL.iter().position(wanted) {
                    Some(index) => {
                        self.chosen = index;
                        self.respond(ALL[index].action(settings))
                    }
                    None => Response::Stay,
                }
            }
            MenuKey::Escape => Response::Close,
            MenuKey::Other => Response::Stay,
        }
    }

    /// The pointer is there.
    pub(super) fn point(&mut self, at: Point<Window>, layout: &Layout, lines: &[Line]) {
        if let Some(index) = entry_at(at, layout, lines) {
            self.chosen = index;
        }
    }

    /// A button was pressed and let go there.
    pub(super) fn click(
        &mut self,
        at: Point<Window>,
        layout: &Layout,
        lines: &[Line],
        settings: &Settings,
    ) -> Response {
        match entry_at(at, layout, lines) {
            Some(index) => {
                self.chosen = index;
                self.respond(ALL[index].action(settings))
            }
            None if layout.rect.contains_point(at) => Response::Stay,
            None => Response::Close,
        }
    }

    /// Tells the person something, until the next key.
    pub(super) fn remark(&mut self, lines: Vec<String>) {
        self.remark = lines;
    }

    /// What it looks like. `server` is what the window shows.
    pub(super) fn lines(&self, server: &str, settings: &Settings) -> Vec<Line> {
        let heading = Line::new(Look::Heading, format!("HackStream - {server}"));
        let mut lines = vec![heading, Line::rule()];
        lines.extend(ALL.iter().enumerate().map(|(index, entry)| Line {
            text: with_value(*entry, settings),
            end: key_of(*entry, settings),
            look: match index == self.chosen {
                true => Look::Chosen,
                false => Look::Plain,
            },
        }));
        lines.push(Line::rule());
        let hint =
            ["Arrows and Enter, the letters or", "the mouse; Esc closes."].map(str::to_owned);
        let below = match self.remark.as_slice() {
            [] => &hint[..],
            remark => remark,
        };
        lines.extend(below.iter().map(|line| Line::new(Look::Faint, line)));
        lines
    }

    const fn choose(&mut self, index: usize) -> Response {
        self.chosen = index;
        Response::Stay
    }

    fn respond(&mut self, action: Option<Action>) -> Response {
        self.remark.clear();
        action.map_or(Response::Stay, Response::Do)
    }
}

fn entry_at(at: Point<Window>, layout: &Layout, lines: &[Line]) -> Option<usize> {
    let index = layout.line_at(lines, at)?.checked_sub(ABOVE)?;
    (index < ALL.len()).then_some(index)
}

fn with_value(entry: Entry, settings: &Settings) -> String {
    let (text, value) = (entry.text(settings), entry.value(settings));
    match value.is_empty() {
        true => text,
        false => format!("{text:<VALUE_COLUMN$}{value}"),
    }
}

fn key_of(entry: Entry, settings: &Settings) -> String {
    match (entry, settings.host_key) {
        (Entry::HostKey, Some(key)) => key.to_string(),
        (entry, _) => entry.letter().map(String::from).unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests;
