//! The crate against a real Xvfb: what it shows, what changed, what is played into it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "this whole crate is a test"
)]

mod support;

use std::collections::BTreeMap;

use hackstream_capture::{Capture, CaptureError, DisplayEvent, PixelAccess};
use hackstream_protocol::geometry::{Point, Rect, Size};
use hackstream_protocol::region::Region;
use hackstream_protocol::source::SourceError;
use hackstream_protocol::wire::control::Scale;
use hackstream_protocol::wire::input::{Button, InputEvent, KeyCode, Transition};
use support::{Events, Painter, Xvfb, pixel};
use x11rb::connection::Connection;
use x11rb::protocol::Event;
use x11rb::protocol::xproto::{
    AtomEnum, ChangeWindowAttributesAux, ConnectionExt, InputFocus, PropMode,
};
use x11rb::wrapper::ConnectionExt as _;

const SIZE: Size = Size::new(640, 480);
const A: KeyCode = KeyCode(30);

fn open(xvfb: &Xvfb, access: PixelAccess) -> Capture {
    Capture::open(&xvfb.display, access).unwrap()
}

#[test]
fn damage_is_exactly_what_was_drawn() {
    let xvfb = Xvfb::start(SIZE);
    let painter = Painter::new(&xvfb, SIZE);
    let events = Events::of(&open(&xvfb, PixelAccess::SharedMemory));
    // A watch begins with everything.
    events.wait_for_damage(Rect::of_size(SIZE));
    for rect in [Rect::new(10, 20, 30, 40), Rect::new(639, 479, 1, 1)] {
        painter.fill(rect, 0x12_3456);
        assert_eq!(events.wait_for_damage(rect).rects(), [rect]);
    }
}

#[test]
fn both_accesses_show_the_drawn_pixels() {
    let xvfb = Xvfb::start(SIZE);
    let painter = Painter::new(&xvfb, SIZE);
    for access in [xvfb.mapped(), PixelAccess::SharedMemory] {
        let mut source = open(&xvfb, access).source().unwrap();
        let drawn = [
            (Rect::new(0, 0, 640, 480), 0x01_0203),
            (Rect::new(100, 100, 50, 50), 0xff_0000),
            (Rect::new(120, 120, 200, 3), 0x00_ff80),
            (Rect::new(639, 0, 1, 480), 0x00_00ff),
        ];
        let mut expected = BTreeMap::new();
        for (rect, colour) in drawn {
            painter.fill(rect, colour);
            for y in rect.top..rect.bottom {
                for x in rect.left..rect.right {
                    expected.insert((y, x), colour);
                }
            }
        }
        painter.sync();
        source.fetch(&Region::from(Rect::of_size(SIZE))).unwrap();
        let mut row = vec![0; 640];
        for y in 0..480 {
            source.read_row(Point::new(0, y), &mut row);
            for (x, seen) in (0..).zip(&row) {
                assert_eq!(*seen, expected[&(y, x)], "at {x}, {y}");
            }
            assert!(source.shows_row(Point::new(0, y), &row));
            assert!(source.shows_row(Point::new(7, y), &row[7..600]));
            for other in [7, 39, 595, 599] {
                row[other] ^= 1;
                assert!(!source.shows_row(Point::new(7, y), &row[7..600]));
                row[other] ^= 1;
            }
        }
    }
}

#[test]
fn a_fetched_region_of_many_parts_is_read_across_its_gaps() {
    let xvfb = Xvfb::start(SIZE);
    let painter = Painter::new(&xvfb, SIZE);
    painter.fill(Rect::of_size(SIZE), 0xaa_bbcc);
    painter.sync();
    let mut source = open(&xvfb, PixelAccess::SharedMemory).source().unwrap();
    let parts = [
        Rect::new(10, 10, 5, 5),
        Rect::new(20, 12, 5, 1),
        Rect::new(0, 40, 640, 1),
    ];
    source.fetch(&parts.into_iter().collect()).unwrap();
    let mut row = [1; 30];
    source.read_row(Point::new(0, 12), &mut row);
    let read: Vec<usize> = (0..30).filter(|&x| row[x] == 0xaa_bbcc).collect();
    assert_eq!(read, [10, 11, 12, 13, 14, 20, 21, 22, 23, 24]);
    assert_eq!(row[0], 1);
}

#[test]
fn the_cursor_is_told_and_hidden_in_the_framebuffer() {
    let xvfb = Xvfb::start(SIZE);
    let painter = Painter::new(&xvfb, SIZE);
    let capture = open(&xvfb, xvfb.mapped());
    let events = Events::of(&capture);
    let connection = &painter.connection;
    let font = connection.generate_id().unwrap();
    connection.open_font(font, b"cursor").unwrap();
    let cursor = connection.generate_id().unwrap();
    // Glyph 68 is the "left_ptr" arrow, here in red on white.
    let (red, white) = ((0xffff, 0, 0), (0xffff, 0xffff, 0xffff));
    connection
        .create_glyph_cursor(
            cursor, font, font, 68, 69, red.0, red.1, red.2, white.0, white.1, white.2,
        )
        .unwrap();
    let attributes = ChangeWindowAttributesAux::new().cursor(cursor);
    connection
        .change_window_attributes(painter.window, &attributes)
        .unwrap();
    connection.flush().unwrap();
    let shape = events.wait_for(|event| match event {
        DisplayEvent::CursorShape(shape) if shape.pixels.contains(&0xffff_0000) => Some(shape),
        _ => None,
    });
    assert_eq!(shape.pixels.len() as u64, shape.size.area());

    let mut injector = capture.injector().unwrap();
    injector
        .inject(InputEvent::PointerMotion(Point::new(300, 200)))
        .unwrap();
    painter.fill(Rect::of_size(SIZE), 0x01_0203);
    painter.sync();
    let mut source = capture.source().unwrap();
    for y in 180..240 {
        assert_eq!(
            pixel(&mut *source, Point::new(300, y)),
            0x01_0203,
            "row {y}"
        );
    }
}

#[test]
fn only_an_applications_own_move_of_the_pointer_is_told() {
    let xvfb = Xvfb::start(SIZE);
    let painter = Painter::new(&xvfb, SIZE);
    let capture = open(&xvfb, PixelAccess::SharedMemory);
    let events = Events::of(&capture);
    let mut injector = capture.injector().unwrap();
    let connection = &painter.connection;
    injector
        .inject(InputEvent::PointerMotion(Point::new(7, 7)))
        .unwrap();
    // On another connection: only once the server has moved the pointer is the warp the later one.
    let pointer = || {
        connection
            .query_pointer(painter.window)
            .unwrap()
            .reply()
            .unwrap()
    };
    while pointer().root_x != 7 {}
    connection
        .warp_pointer(x11rb::NONE, painter.window, 0, 0, 0, 0, 400, 300)
        .unwrap();
    connection.flush().unwrap();
    let next = events.wait_for(|event| match event {
        DisplayEvent::CursorPosition(at) => Some(at),
        _ => None,
    });
    assert_eq!(next, Point::new(400, 300));
}

#[test]
fn keys_are_played_repeated_and_let_go() {
    let xvfb = Xvfb::start(SIZE);
    let painter = Painter::new(&xvfb, SIZE);
    let window = painter.window;
    painter
        .connection
        .set_input_focus(InputFocus::PARENT, window, x11rb::CURRENT_TIME)
        .unwrap();
    painter.sync();
    let mut injector = open(&xvfb, PixelAccess::SharedMemory).injector().unwrap();
    injector
        .inject(InputEvent::Key(A, Transition::Press))
        .unwrap();
    // Held down, the X server repeats it.
    let mut presses = 0;
    while presses < 3 {
        if let Event::KeyPress(key) = painter.connection.wait_for_event().unwrap() {
            assert_eq!(key.detail, 38);
            presses += 1;
        }
    }
    injector.release_all().unwrap();
    painter.wait_until_no_key_is_down();
    injector
        .inject(InputEvent::Key(A, Transition::Press))
        .unwrap();
    drop(injector);
    // A dropped injector has sent its releases before its connection ended.
    painter.wait_until_no_key_is_down();
}

#[test]
fn pointer_buttons_and_wheel_arrive_in_order() {
    let xvfb = Xvfb::start(SIZE);
    let painter = Painter::new(&xvfb, SIZE);
    let mut injector = open(&xvfb, PixelAccess::SharedMemory).injector().unwrap();
    for event in [
        InputEvent::PointerMotion(Point::new(123, 45)),
        InputEvent::Button(Button(1), Transition::Press),
        InputEvent::Button(Button(1), Transition::Press),
        InputEvent::Button(Button(1), Transition::Release),
        InputEvent::Wheel { right: -1, down: 2 },
        InputEvent::Button(Button(9), Transition::Press),
    ] {
        injector.inject(event).unwrap();
    }
    let mut seen = Vec::new();
    while seen.len() < 9 {
        match painter.connection.wait_for_event().unwrap() {
            Event::ButtonPress(b) => {
                assert_eq!((b.event_x, b.event_y), (123, 45));
                seen.push(i16::from(b.detail));
            }
            Event::ButtonRelease(b) => seen.push(-i16::from(b.detail)),
            _ => {}
        }
    }
    assert_eq!(seen, [1, -1, 6, -6, 5, -5, 5, -5, 9]);
}

#[test]
fn default_keymap_has_evdev_keycodes() {
    let xvfb = Xvfb::start(SIZE);
    let painter = Painter::new(&xvfb, SIZE);
    // Up, right Alt, keypad Enter, left Super, Q: positions where older keymaps differ.
    for (code, keysym) in [
        (103, 0xff52),
        (100, 0xffea),
        (96, 0xff8d),
        (125, 0xffeb),
        (16, 0x71),
    ] {
        let request = painter
            .connection
            .get_keyboard_mapping(code + 8, 1)
            .unwrap();
        assert_eq!(request.reply().unwrap().keysyms[0], keysym, "key {code}");
    }
}

#[test]
fn the_screen_becomes_smaller_and_larger_again() {
    let xvfb = Xvfb::start(SIZE);
    let painter = Painter::new(&xvfb, SIZE);
    let captures = [xvfb.mapped(), PixelAccess::SharedMemory].map(|access| open(&xvfb, access));
    let mut watched = captures
        .each_ref()
        .map(|capture| (Events::of(capture), capture.source().unwrap()));
    let small = Size::new(321, 123);
    for size in [small, Size::new(400, 100), SIZE, small] {
        captures[0].resize(size, Scale::ONE).unwrap();
        painter.fill(Rect::of_size(SIZE), 0x11_2233);
        painter.sync();
        for (events, source) in &mut watched {
            assert_eq!(events.wait_for(resized), size);
            let fetched = source.fetch(&Region::new());
            assert!(matches!(fetched, Err(SourceError::Resized)));
            assert_eq!(source.size(), size);
            let corner = Point::new(size.width as i32 - 1, size.height as i32 - 1);
            assert_eq!(pixel(&mut **source, corner), 0x11_2233);
        }
    }
    assert!(matches!(
        captures[0].resize(Size::new(641, 480), Scale::ONE),
        Err(CaptureError::SizeOutOfRange { largest: SIZE, .. })
    ));
}

fn resized(event: DisplayEvent) -> Option<Size> {
    match event {
        DisplayEvent::Resized(size) => Some(size),
        _ => None,
    }
}

#[test]
fn a_fetch_beyond_a_screen_that_shrank_is_a_resize() {
    let xvfb = Xvfb::start(SIZE);
    let unwatched = open(&xvfb, PixelAccess::SharedMemory);
    let mut source = unwatched.source().unwrap();
    let small = Size::new(100, 100);
    open(&xvfb, PixelAccess::SharedMemory)
        .resize(small, Scale::ONE)
        .unwrap();
    let all = Region::from(Rect::of_size(SIZE));
    assert!(matches!(source.fetch(&all), Err(SourceError::Resized)));
    assert_eq!((source.size(), unwatched.size()), (small, small));
    source.fetch(&all).unwrap();
}

#[test]
fn the_end_of_the_display_is_told_everywhere() {
    let mut xvfb = Xvfb::start(SIZE);
    let capture = open(&xvfb, PixelAccess::SharedMemory);
    let events = Events::of(&capture);
    let mut source = capture.source().unwrap();
    let mut injector = capture.injector().unwrap();
    xvfb.kill();
    events.wait_for(|event| matches!(event, DisplayEvent::Gone { .. }).then_some(()));
    let all = Region::from(Rect::of_size(SIZE));
    assert!(matches!(source.fetch(&all), Err(SourceError::Gone { .. })));
    assert!(
        injector
            .inject(InputEvent::Key(A, Transition::Press))
            .is_err()
    );
    assert!(matches!(
        Capture::open(&xvfb.display, PixelAccess::SharedMemory),
        Err(CaptureError::Connect { .. })
    ));
}

#[test]
fn a_dropped_watch_ends_at_once_and_tells_nothing() {
    let xvfb = Xvfb::start(SIZE);
    let capture = open(&xvfb, PixelAccess::SharedMemory);
    let (sender, receiver) = std::sync::mpsc::channel();
    let watcher = capture
        .watch(move |event| sender.send(event).unwrap())
        .unwrap();
    assert!(matches!(
        receiver.recv().unwrap(),
        DisplayEvent::CursorShape(_)
    ));
    drop(watcher);
    // The sink, and with it the sender, is gone; no `Gone` was told.
    assert!(
        receiver
            .iter()
            .all(|event| !matches!(event, DisplayEvent::Gone { .. }))
    );
}

/// A key that is lent anew too soon would give the wrong character.
#[test]
fn a_flood_of_characters_has_to_wait() {
    let xvfb = Xvfb::start(SIZE);
    let mut injector = open(&xvfb, PixelAccess::SharedMemory).injector().unwrap();
    let mut characters = ('\u{4e00}'..'\u{9fff}').map(InputEvent::Text);
    let refused = characters.find_map(|text| Some((text, injector.inject(text).err()?)));
    let (text, error) = refused.expect("keys enough for all of Chinese");
    let CaptureError::KeysInUse { until } = error else {
        panic!("{error}");
    };
    std::thread::sleep(until.saturating_duration_since(std::time::Instant::now()));
    injector.inject(text).unwrap();
}

/// What was lent is taken back: the map is as it was.
#[test]
fn the_map_is_as_before_when_the_injector_is_gone() {
    let xvfb = Xvfb::start(SIZE);
    let painter = Painter::new(&xvfb, SIZE);
    let map = || {
        let setup = painter.connection.setup();
        let (first, last) = (setup.min_keycode, setup.max_keycode);
        let map = painter
            .connection
            .get_keyboard_mapping(first, last - first + 1);
        let map = map.unwrap().reply().unwrap();
        let width = usize::from(map.keysyms_per_keycode);
        // How many columns the map has may change; empty ones mean nothing.
        let keys = map.keysyms.chunks(width);
        keys.map(|key| key.iter().rev().skip_while(|k| **k == 0).copied().collect())
            .collect::<Vec<Vec<u32>>>()
    };
    let before = map();
    let mut injector = open(&xvfb, PixelAccess::SharedMemory).injector().unwrap();
    for character in "日本é".chars() {
        injector.inject(InputEvent::Text(character)).unwrap();
    }
    injector.wait_until_done().unwrap();
    assert_ne!(map(), before);
    drop(injector);
    assert_eq!(map(), before);
}

/// What a window manager and a program say of the window in front.
#[test]
fn title_and_icon_of_the_front_window_are_told_as_they_change() {
    let xvfb = Xvfb::start(SIZE);
    let painter = Painter::new(&xvfb, SIZE);
    let (x, window) = (&painter.connection, painter.window);
    let root = x.setup().roots[0].root;
    let atom = |name: &str| {
        let atom = x.intern_atom(false, name.as_bytes()).unwrap();
        atom.reply().unwrap().atom
    };
    let words = |window, name: &str, type_: AtomEnum, words: &[u32]| {
        let changed = x.change_property32(PropMode::REPLACE, window, atom(name), type_, words);
        changed.unwrap().check().unwrap();
    };
    let name = |name: &str, type_, text: &[u8]| {
        let changed = x.change_property8(PropMode::REPLACE, window, atom(name), type_, text);
        changed.unwrap().check().unwrap();
    };
    let events = Events::of(&open(&xvfb, PixelAccess::SharedMemory));
    let title = || {
        events.wait_for(|event| match event {
            DisplayEvent::Title(title) => Some(title),
            _ => None,
        })
    };

    name("WM_NAME", AtomEnum::STRING.into(), b"Caf\xe9");
    words(root, "_NET_ACTIVE_WINDOW", AtomEnum::WINDOW, &[window]);
    assert_eq!(title(), "Café");
    name("_NET_WM_NAME", atom("UTF8_STRING"), "日本".as_bytes());
    assert_eq!(title(), "日本");

    let picture = [0xff00_00ff, 0x8000_ff00];
    let property = [&[2, 1], &picture[..]].concat();
    words(window, "_NET_WM_ICON", AtomEnum::CARDINAL, &property);
    let icon = || {
        events.wait_for(|event| match event {
            DisplayEvent::Icon(icon) => Some(icon),
            _ => None,
        })
    };
    let shown = icon();
    assert_eq!(
        (shown.size, &shown.pixels[..]),
        (Size::new(2, 1), &picture[..])
    );

    let lie = [60_000, 60_000, 1, 2, 3];
    words(window, "_NET_WM_ICON", AtomEnum::CARDINAL, &lie);
    assert!(icon().size.is_empty());

    x.destroy_window(window).unwrap();
    words(root, "_NET_ACTIVE_WINDOW", AtomEnum::WINDOW, &[0]);
    assert_eq!(title(), "");
}
