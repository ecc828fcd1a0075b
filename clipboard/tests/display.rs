//! The clipboards of a real display, with programs that follow the rules and others.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on fails"
)]

mod support;

use std::sync::mpsc::channel;

use hackstream_clipboard::pipe::{Read, Wake};
use hackstream_protocol::limits::MAX_CLIPBOARD_BYTES;
use hackstream_protocol::wire::clipboard::{Format, Selection};
use support::{Client, Manners, Owner, PATIENCE, Room};
use x11rb::protocol::Event;
use x11rb::protocol::xproto::{Atom, AtomEnum, ConnectionExt as _, Property};

const TEXT: &[&str] = &["TARGETS", "UTF8_STRING"];
const PNG: &[&str] = &["image/png"];

/// Pastes what a program on the display has in its clipboard.
fn paste(room: &Room, format: Format) -> Option<Vec<u8>> {
    let offers = |formats: hackstream_protocol::wire::clipboard::Formats| formats.contains(format);
    let offered = room.memory.wait_for(Selection::Clipboard, offers, PATIENCE);
    assert!(offered, "{format:?} was never offered");
    room.memory.paste(Selection::Clipboard, format, PATIENCE)
}

/// What is pasted from an owner with these manners; afterwards an honest one must be served.
fn pasted_from(targets: &[&str], format: Format, manners: Manners) -> Option<Vec<u8>> {
    let room = Room::new();
    let owner = Owner::start(room.client(), Some(targets), manners);
    let pasted = paste(&room, format);
    drop(owner);
    let gone = |formats: hackstream_protocol::wire::clipboard::Formats| formats.is_empty();
    assert!(room.memory.wait_for(Selection::Clipboard, gone, PATIENCE));
    let _honest = Owner::start(room.client(), Some(TEXT), Manners::Whole(b"well".to_vec()));
    let well = paste(&room, Format::Text);
    assert_eq!(well.as_deref(), Some(&b"well"[..]));
    pasted
}

fn png(width: u32, height: u32) -> Vec<u8> {
    let start = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR";
    let size = [width.to_be_bytes(), height.to_be_bytes()].concat();
    [&start[..], &size, &[8, 2, 0, 0, 0]].concat()
}

#[test]
fn owners_hand_out_in_one_or_in_parts() {
    let long: Vec<u8> = b"0123456789".repeat(20_000);
    let whole = pasted_from(TEXT, Format::Text, Manners::Whole(long.clone()));
    assert!(whole == Some(long.clone()));
    let mut parts: Vec<_> = long.chunks(7001).map(<[u8]>::to_vec).collect();
    parts.push(Vec::new());
    // What it claims is a lower bound, and may be nonsense.
    for claimed in [0, 1, u32::MAX] {
        let parts = parts.clone();
        let manners = Manners::Parts { claimed, parts };
        assert!(pasted_from(TEXT, Format::Text, manners) == Some(long.clone()));
    }
    let picture = png(640, 480);
    let pasted = pasted_from(PNG, Format::Png, Manners::Whole(picture.clone()));
    assert_eq!(pasted, Some(picture));
    let latin1 = Manners::Whole(b"caf\xe9".to_vec());
    let pasted = pasted_from(&["STRING"], Format::Text, latin1);
    assert_eq!(pasted.as_deref(), Some("café".as_bytes()));
}

#[test]
fn owners_that_do_not_answer_cost_one_transfer() {
    assert_eq!(pasted_from(TEXT, Format::Text, Manners::Silent), None);
    assert_eq!(pasted_from(TEXT, Format::Text, Manners::Refusing), None);
    let parts = vec![b"only the beginning".to_vec()];
    let manners = Manners::Parts { claimed: 1, parts };
    assert_eq!(pasted_from(TEXT, Format::Text, manners), None);
}

#[test]
fn an_owner_that_does_not_say_what_it_offers_offers_nothing() {
    let room = Room::new();
    let _silent = Owner::start(room.client(), None, Manners::Silent);
    let _honest = Owner::start(room.client(), Some(TEXT), Manners::Whole(b"well".to_vec()));
    let well = paste(&room, Format::Text);
    assert_eq!(well.as_deref(), Some(&b"well"[..]));
}

#[test]
fn contents_that_are_not_what_they_should_be_are_not_passed_on() {
    let huge = Manners::Whole(png(60_000, 60_000));
    assert_eq!(pasted_from(PNG, Format::Png, huge), None);
    let other = Manners::Whole(b"GIF89a and what belongs to it".to_vec());
    assert_eq!(pasted_from(PNG, Format::Png, other), None);
    assert_eq!(pasted_from(PNG, Format::Png, Manners::Whole(vec![])), None);
    assert_eq!(pasted_from(TEXT, Format::Text, Manners::Numbers), None);
    let invalid = Manners::Whole(b"a\xff\xfeb\xe2\x82".to_vec());
    let pasted = pasted_from(TEXT, Format::Text, invalid);
    assert_eq!(
        pasted.as_deref(),
        Some("a\u{fffd}\u{fffd}b\u{fffd}".as_bytes())
    );
}

#[test]
fn an_owner_that_never_ends_is_given_up() {
    let part = vec![b'x'; 200_000];
    assert!(part.len() < MAX_CLIPBOARD_BYTES);
    let pasted = pasted_from(TEXT, Format::Text, Manners::Endless(part));
    assert_eq!(pasted, None);
}

/// Asks for the clipboard as `target`; the type and bytes of the answer, `None` if refused.
fn ask(client: &Client, target: Atom) -> Option<(Atom, Vec<u8>)> {
    let (selection, property) = (client.atom("CLIPBOARD"), client.atom("ANSWER"));
    client
        .connection
        .convert_selection(client.window, selection, target, property, 0u32)
        .unwrap();
    loop {
        if let Event::SelectionNotify(event) = client.next_event() {
            return (event.property != x11rb::NONE).then(|| client.get(property));
        }
    }
}

/// Waits until the display's clipboard is ours.
fn wait_for_owner(client: &Client) {
    let selection = client.atom("CLIPBOARD");
    let deadline = std::time::Instant::now() + PATIENCE;
    loop {
        let asked = client.connection.get_selection_owner(selection).unwrap();
        if asked.reply().unwrap().owner != x11rb::NONE {
            return;
        }
        assert!(std::time::Instant::now() < deadline, "nobody owns it");
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
}

fn numbers(bytes: &[u8]) -> Vec<u32> {
    let word = |c: &[u8]| u32::from_ne_bytes([c[0], c[1], c[2], c[3]]);
    bytes.chunks_exact(4).map(word).collect()
}

/// A display whose clipboard holds a text of the peer's, and a program on it.
fn with_text_copied() -> (Room, Client) {
    let room = Room::new();
    let client = room.client();
    let contents = vec![(Format::Text, b"copied".to_vec())];
    room.memory.set(Selection::Clipboard, contents);
    wait_for_owner(&client);
    (room, client)
}

#[test]
fn programs_get_what_the_conventions_promise() {
    let (_room, client) = with_text_copied();
    let names = [
        "TARGETS",
        "TIMESTAMP",
        "MULTIPLE",
        "UTF8_STRING",
        "image/png",
    ];
    let [targets, timestamp, multiple, utf8, png] = names.map(|name| client.atom(name));

    let (kind, bytes) = ask(&client, targets).unwrap();
    assert_eq!(kind, Atom::from(AtomEnum::ATOM));
    let offered = numbers(&bytes);
    assert!(
        [targets, timestamp, multiple, utf8]
            .iter()
            .all(|t| offered.contains(t))
    );
    assert!(!offered.contains(&png));
    let (kind, bytes) = ask(&client, timestamp).unwrap();
    assert_eq!(kind, Atom::from(AtomEnum::INTEGER));
    assert_ne!(numbers(&bytes), [0], "the time when it became the owner");
    assert_eq!(ask(&client, utf8), Some((utf8, b"copied".to_vec())));
    assert_eq!(ask(&client, png), None);
    assert_eq!(ask(&client, client.atom("NONSENSE")), None);
}

#[test]
fn several_targets_are_answered_at_once() {
    let (_room, client) = with_text_copied();
    let names = [
        "CLIPBOARD",
        "MULTIPLE",
        "ATOM_PAIR",
        "UTF8_STRING",
        "image/png",
        "P",
        "A",
        "B",
    ];
    let [
        selection,
        multiple,
        pair,
        utf8,
        png,
        property,
        first,
        second,
    ] = names.map(|name| client.atom(name));
    client.put_numbers(client.window, property, pair, &[utf8, first, png, second]);
    client
        .connection
        .convert_selection(client.window, selection, multiple, property, 0u32)
        .unwrap();
    while !matches!(client.next_event(), Event::SelectionNotify(_)) {}
    let (_, answered) = client.get(property);
    assert_eq!(numbers(&answered), [utf8, first, png, x11rb::NONE]);
    // Contents come in parts; reading deletes, which asks for the next.
    let (kind, _) = client.get(first);
    assert_eq!(kind, client.atom("INCR"));
    let mut text = Vec::new();
    loop {
        let Event::PropertyNotify(event) = client.next_event() else {
            continue;
        };
        if event.atom == first && event.state == Property::NEW_VALUE {
            let (kind, part) = client.get(first);
            if part.is_empty() && kind == utf8 {
                break;
            }
            text.extend(part);
        }
    }
    assert_eq!(text, b"copied");
}

#[test]
fn what_others_hold_is_not_taken_for_the_displays() {
    let room = Room::new();
    let client = room.client();
    for round in 0..20 {
        let text = format!("round {round}");
        let contents = vec![(Format::Text, text.clone().into_bytes())];
        room.memory.set(Selection::Clipboard, contents);
        wait_for_owner(&client);
        let _ = ask(&client, client.atom("UTF8_STRING"));
        let offered = room.memory.offered(Selection::Clipboard);
        assert_eq!(offered.serial, 0, "an echo");
    }
}

/// The news of the one and the request of the other cross: while a program has the display to
/// itself the request of ours waits.
#[test]
fn what_a_program_has_just_copied_is_not_taken_away_when_the_peer_has_nothing_any_more() {
    let (room, client) = with_text_copied();
    // Our side knows since when it is the owner: it is told before it is asked.
    let _ = ask(&client, client.atom("TIMESTAMP"));
    client.connection.grab_server().unwrap().check().unwrap();
    room.memory.set(Selection::Clipboard, Vec::new());
    // Long enough for the request, usually; if not, there is nothing to see.
    std::thread::sleep(std::time::Duration::from_millis(100));
    let (selection, window) = (client.atom("CLIPBOARD"), client.window);
    let copied = client
        .connection
        .set_selection_owner(window, selection, x11rb::CURRENT_TIME);
    copied.unwrap().check().unwrap();
    client.connection.ungrab_server().unwrap().check().unwrap();
    // The display has done all that was asked of it once another program's request is answered.
    room.client().atom("ANSWER");
    let owner = client.connection.get_selection_owner(selection).unwrap();
    assert_eq!(owner.reply().unwrap().owner, window);
}

#[test]
fn who_pastes_slowly_keeps_nobody_waiting() {
    let long: Vec<u8> = b"0123456789".repeat(200_000);
    let mut parts: Vec<_> = long.chunks(70_000).map(<[u8]>::to_vec).collect();
    parts.push(Vec::new());
    let manners = [
        Manners::Whole(long.clone()),
        Manners::Parts { claimed: 0, parts },
    ];
    for manners in manners {
        let room = Room::new();
        let _owner = Owner::start(room.client(), Some(TEXT), manners);
        let offers =
            |formats: hackstream_protocol::wire::clipboard::Formats| formats.contains(Format::Text);
        let (selection, format) = (Selection::Clipboard, Format::Text);
        assert!(room.memory.wait_for(selection, offers, PATIENCE));
        let serial = room.memory.offered(selection).serial;
        let (woken, more) = channel();
        let wake = Wake::new(move || {
            let _ = woken.send(());
        });
        let slow = room.hub.fetch(selection, serial, format, wake).unwrap();
        assert!(paste(&room, format).as_ref() == Some(&long));
        // And it gets all of it in the end.
        let mut read = Vec::new();
        loop {
            match slow.next() {
                Read::Piece(piece) => read.extend(piece),
                Read::Nothing => more.recv_timeout(PATIENCE).unwrap(),
                Read::Complete => break,
                Read::Failed => panic!("the slow one got {} bytes", read.len()),
            }
        }
        assert!(read == long);
    }
}

#[test]
fn a_display_that_answers_nobody_can_be_left() {
    let room = Room::new();
    let (grabbing, grabbed) = channel();
    let owner = Owner::start(room.client(), Some(TEXT), Manners::Grabbing(grabbing));
    let (selection, format) = (Selection::Clipboard, Format::Text);
    let offers = |formats: hackstream_protocol::wire::clipboard::Formats| !formats.is_empty();
    assert!(room.memory.wait_for(selection, offers, PATIENCE));
    let serial = room.memory.offered(selection).serial;
    let wake = Wake::new(|| {});
    let _wanted = room.hub.fetch(selection, serial, format, wake).unwrap();
    grabbed.recv_timeout(PATIENCE).unwrap();
    let display = room.leave();
    drop(owner);
    drop(display);
}
