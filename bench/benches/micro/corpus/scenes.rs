//! Screens of programs: pages, typing, menus, windows.

use hackstream_codec::Canvas;
use hackstream_protocol::geometry::{Rect, Size};

use super::Recording;
use super::drawing::{Letters, Text, draw_letter, draw_photograph, draw_window, inside_window};
use super::photograph::Photograph;

/// Of a small notebook.
const SIZE: Size = Size::new(1280, 800);

/// An editor: a page, the same scrolled by a line and drawn anew, another page.
pub(crate) const PAGE: Recording = Recording {
    name: "page",
    digest: 0x90f6_0802_db4c_1150,
    draw: || pages(Letters::Sharp),
};

/// The same with soft letters.
pub(crate) const SMOOTH: Recording = Recording {
    name: "smooth",
    digest: 0x86b1_72fd_bdc8_ed38,
    draw: || pages(Letters::Smooth),
};

/// An editor in which five letters are typed.
pub(crate) const TYPING: Recording = Recording {
    name: "typing",
    digest: 0xd29c_a345_f5e5_d7e8,
    draw: typing,
};

/// A photograph as the background, a menu over it, and the photograph again.
pub(crate) const DESKTOP: Recording = Recording {
    name: "desktop",
    digest: 0xa29a_4a4e_961f_104b,
    draw: desktop,
};

/// A window over the photograph, and the same moved.
pub(crate) const WINDOW: Recording = Recording {
    name: "window",
    digest: 0xaeb5_d892_f213_40ef,
    draw: window,
};

fn editor_area() -> Rect {
    Rect::of_size(SIZE)
}

fn editor(text: &Text, letters: Letters) -> Canvas {
    let mut screen = Canvas::new(SIZE);
    draw_window(&mut screen, &editor_area(), text, letters);
    screen
}

fn pages(letters: Letters) -> Vec<Canvas> {
    let area = inside_window(&editor_area());
    let mut text = Text::filling(&area, 1);
    let first = editor(&text, letters);
    text.scroll();
    let scrolled = editor(&text, letters);
    let other = editor(&Text::filling(&area, 2), letters);
    vec![first, scrolled, other]
}

fn typing() -> Vec<Canvas> {
    let area = inside_window(&editor_area());
    let mut screens = vec![editor(&Text::filling(&area, 1), Letters::Smooth)];
    for (left, byte) in (area.left + 120..).step_by(6).zip(*b"QUICK") {
        let mut screen = screens[screens.len() - 1].clone();
        draw_letter(&mut screen, (left, area.top + 300), byte, Letters::Smooth);
        screens.push(screen);
    }
    screens
}

fn background() -> Canvas {
    let mut screen = Canvas::new(SIZE);
    let photograph = Photograph::generate(SIZE.width, SIZE.height, 3);
    draw_photograph(&mut screen, &Rect::of_size(SIZE), &photograph, 0);
    screen
}

fn desktop() -> Vec<Canvas> {
    let background = background();
    let mut with_menu = background.clone();
    let area = Rect::new(413, 207, 220, 310);
    let text = Text::filling(&inside_window(&area), 4);
    draw_window(&mut with_menu, &area, &text, Letters::Smooth);
    vec![background.clone(), with_menu, background]
}

fn window() -> Vec<Canvas> {
    let background = background();
    let places = [Rect::new(300, 200, 520, 400), Rect::new(337, 211, 520, 400)];
    let text = Text::filling(&inside_window(&places[0]), 5);
    let with_window = |area: &Rect| {
        let mut screen = background.clone();
        draw_window(&mut screen, area, &text, Letters::Smooth);
        screen
    };
    places.iter().map(with_window).collect()
}
