//! A person's hands.

use std::path::Path;

use hackstream_protocol::geometry::Point;
use hackstream_protocol::wire::input::{Button, InputEvent, KeyCode, Transition};
use hackstream_view::headless::Viewer;

/// Keys without a character, by position.
pub mod key {
    use hackstream_protocol::wire::input::KeyCode;

    /// The left shift key.
    pub const LEFT_SHIFT: KeyCode = KeyCode(42);
    /// The left Alt key.
    pub const LEFT_ALT: KeyCode = KeyCode(56);
    /// To the beginning.
    pub const HOME: KeyCode = KeyCode(102);
    /// One page up.
    pub const PAGE_UP: KeyCode = KeyCode(104);
    /// The left arrow.
    pub const LEFT: KeyCode = KeyCode(105);
    /// To the end.
    pub const END: KeyCode = KeyCode(107);
    /// One page down.
    pub const PAGE_DOWN: KeyCode = KeyCode(109);
}

/// The left button.
const LEFT: Button = Button(1);

/// Rows of a keyboard with US layout, and the code of the first key of each.
const ROWS: [(u16, &str); 6] = [
    (2, "1234567890-="),
    (16, "qwertyuiop[]"),
    (30, "asdfghjkl;'`"),
    (44, "zxcvbnm,./"),
    (57, " "),
    (28, "\n"),
];

/// Types text of lower-case letters, digits, spaces and new lines.
///
/// # Panics
/// If there is no key for a character.
pub fn type_text(viewer: &Viewer, text: &str) {
    for character in text.chars() {
        let row = ROWS.iter().find_map(|(first, row)| {
            let column = row.chars().position(|c| c == character)?;
            Some(first + column as u16)
        });
        press(viewer, KeyCode(row.expect("a key for the character")));
    }
}

/// Waits until a terminal that keeps what is typed in `file` has the focus: types new lines until
/// one arrives. Some more may follow it.
///
/// # Panics
/// If none does.
pub fn wait_for_focus(viewer: &Viewer, file: &Path) {
    crate::wait_until("the terminal to have the focus", || {
        type_text(viewer, "\n");
        std::fs::metadata(file)
            .is_ok_and(|file| file.len() > 0)
            .then_some(())
    });
}

/// Presses a key and lets it go.
pub fn press(viewer: &Viewer, key: KeyCode) {
    viewer.send(InputEvent::Key(key, Transition::Press));
    viewer.send(InputEvent::Key(key, Transition::Release));
}

/// Presses a key while another is held.
pub fn press_with(viewer: &Viewer, held: KeyCode, key: KeyCode) {
    viewer.send(InputEvent::Key(held, Transition::Press));
    press(viewer, key);
    viewer.send(InputEvent::Key(held, Transition::Release));
}

/// Moves the pointer.
pub fn point(viewer: &Viewer, x: i32, y: i32) {
    viewer.send(InputEvent::PointerMotion(Point::new(x, y)));
}

/// Clicks with the left button.
pub fn click(viewer: &Viewer, x: i32, y: i32) {
    point(viewer, x, y);
    viewer.send(InputEvent::Button(LEFT, Transition::Press));
    viewer.send(InputEvent::Button(LEFT, Transition::Release));
}

/// Turns the wheel by so many notches, down being positive.
pub fn wheel(viewer: &Viewer, down: i8) {
    viewer.send(InputEvent::Wheel { right: 0, down });
}
