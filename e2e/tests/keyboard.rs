//! What a person types at a viewer is what a program in the session gets, whatever the layout.
//!
//! Keys are pressed by their position on the display of a real viewer; a terminal in the session
//! keeps the bytes.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on fails"
)]

use hackstream_e2e::hostile::{Peer, block_on};
use hackstream_e2e::pointer::Witness;
use hackstream_e2e::text_field::{Held, Person, TextField};
use hackstream_e2e::{viewer, wait_until};
use hackstream_protocol::wire::StreamKind;
use hackstream_protocol::wire::bytes::Writer;
use hackstream_protocol::wire::control::{
    KeyboardLayout, KeyboardNames, RefusalReason, ViewerMessage,
};
use hackstream_protocol::wire::fields::FieldWriter;
use hackstream_protocol::wire::input::{InputEvent, KeyCode, Transition};
use hackstream_protocol::wire::keyboard::CommandModifiers;

use Held::{Control, Nothing, RightAlt, Shift};

/// Keys as Linux numbers them.
const CAPS_LOCK: u16 = 58;
const NUM_LOCK: u16 = 69;
const KEYPAD_7: u16 = 71;

/// The kind of the message with a layout.
const KEYBOARD: u64 = 4;

/// What is pressed, and the text that it makes.
type Typing = &'static [(Held, u16, &'static str)];

const US: Typing = &[
    (Shift, 35, "H"),
    (Nothing, 23, "i"),
    (Nothing, 51, ","),
    (Nothing, 57, " "),
    (Shift, 2, "!"),
    (Shift, 3, "@"),
    (Nothing, 43, "\\"),
    (Shift, 41, "~"),
    (Control, 46, "\u{3}"),
];

const DE: Typing = &[
    (Nothing, 21, "z"),
    (Shift, 44, "Y"),
    (Nothing, 39, "ö"),
    (Shift, 40, "Ä"),
    (Nothing, 12, "ß"),
    (RightAlt, 16, "@"),
    (RightAlt, 18, "€"),
    (RightAlt, 8, "{"),
    (Nothing, 86, "<"),
    (RightAlt, 86, "|"),
    // A dead key and a letter: ´e, ^o.
    (Nothing, 13, ""),
    (Nothing, 18, "é"),
    (Nothing, 41, ""),
    (Nothing, 24, "ô"),
    (Nothing, 18, "e"),
    // The command is that of the letter: undo.
    (Control, 21, "\u{1a}"),
];

const FR: Typing = &[
    (Nothing, 16, "a"),
    (Nothing, 3, "é"),
    (Shift, 3, "2"),
    (Nothing, 8, "è"),
    (Nothing, 10, "ç"),
    (Nothing, 11, "à"),
    (RightAlt, 11, "@"),
    (RightAlt, 5, "{"),
    (Nothing, 26, ""),
    (Nothing, 18, "ê"),
    (Shift, 26, ""),
    (Nothing, 23, "ï"),
    (Nothing, 39, "m"),
    (Nothing, 53, "!"),
];

const RU: Typing = &[
    (Nothing, 16, "й"),
    (Shift, 16, "Й"),
    (Nothing, 41, "ё"),
    (Nothing, 53, "."),
    (Shift, 4, "№"),
    (Nothing, 50, "ь"),
];

const JP: Typing = &[
    (Shift, 3, "\""),
    (Nothing, 26, "@"),
    (Nothing, 27, "["),
    (Nothing, 13, "^"),
    (Shift, 89, "_"),
    (Shift, 124, "|"),
    (Shift, 11, "~"),
];

fn text_of(typing: Typing) -> String {
    typing.iter().map(|(_, _, text)| *text).collect()
}

/// Types all of it, at full speed, and reads it back.
fn type_and_read(field: &TextField, person: &mut Person, typing: Typing) {
    let before = field.text();
    for &(held, key, _) in typing {
        person.press(held, key);
    }
    field.expect(&(before + &text_of(typing)));
}

/// Types with this layout in a session that gets it.
fn check_layout(layout: &str, typing: Typing) {
    let field = TextField::in_session();
    let mut person = Person::at(&field, layout);
    field.wait_for_layout(layout);
    type_and_read(&field, &mut person, typing);
}

#[test]
fn an_american_types() {
    check_layout("us", US);
}

#[test]
fn a_german_types() {
    check_layout("de", DE);
}

#[test]
fn a_frenchman_types() {
    check_layout("fr", FR);
}

#[test]
fn a_russian_types() {
    check_layout("ru", RU);
}

#[test]
fn a_japanese_types() {
    check_layout("jp", JP);
}

/// Its keyboard keeps the American layout: each other character needs a key that it lacks.
#[test]
fn characters_arrive_on_a_display_whose_layout_stays() {
    for (layout, typing) in [("de", DE), ("fr", FR), ("ru", RU), ("jp", JP)] {
        let field = TextField::on_a_display();
        let mut person = Person::at(&field, layout);
        type_and_read(&field, &mut person, typing);
    }
}

#[test]
fn two_layouts_are_switched_at_the_viewer() {
    let field = TextField::in_session();
    let mut person = Person::at(&field, "us,ru -option grp:alt_caps_toggle");
    field.wait_for_layout("us,ru");
    person.press(Nothing, 16);
    // Alt and Caps Lock.
    let alt = KeyCode(56);
    person.play(InputEvent::Key(alt, Transition::Press));
    person.press(Nothing, CAPS_LOCK);
    person.play(InputEvent::Key(alt, Transition::Release));
    person.press(Nothing, 16);
    person.press(Nothing, 3);
    field.expect("qй2");
}

/// As an on-screen keyboard types them, which lends keys on the viewer's display as we do on the
/// session's. One by one: how quickly that can go is between it and the window system.
#[test]
fn characters_that_no_layout_has_arrive() {
    let field = TextField::in_session();
    let mut person = Person::at(&field, "us");
    let mut expected = String::new();
    for character in "日本語 😀 ŝ ǆ ∀ 𝄞 אב ไทย".chars() {
        person.play(InputEvent::Text(character));
        expected.push(character);
        field.expect(&expected);
    }
}

/// Sentences of an input method, together of many more characters than there are keys to lend.
#[test]
fn keys_are_lent_again_and_again() {
    let field = TextField::in_session();
    let viewer = viewer::connect(&field.server);
    let text: Vec<char> = ('\u{4e00}'..).take(90).collect();
    let mut expected = String::new();
    for sentence in text.chunks(15) {
        for &character in sentence {
            viewer.send(InputEvent::Text(character));
            expected.push(character);
        }
        // The program has looked all of them up.
        field.expect(&expected);
    }
}

#[test]
fn compose_makes_one_character() {
    let field = TextField::in_session();
    let mut person = Person::at(&field, "us -option compose:rctrl");
    field.wait_for_layout("us");
    // Compose, o, e; Compose, <, 3.
    for (held, key) in [(Nothing, 97), (Nothing, 24), (Nothing, 18)] {
        person.press(held, key);
    }
    for (held, key) in [(Nothing, 97), (Shift, 51), (Nothing, 4)] {
        person.press(held, key);
    }
    person.press(Nothing, 30);
    field.expect("œ♥a");
}

#[test]
fn locks_are_those_of_the_viewers_keyboard() {
    let field = TextField::in_session();
    let mut person = Person::at(&field, "us");
    field.wait_for_layout("us");
    person.press(Nothing, CAPS_LOCK);
    person.press(Nothing, 30);
    person.press(Nothing, CAPS_LOCK);
    person.press(Nothing, 30);
    person.press(Nothing, NUM_LOCK);
    person.press(Nothing, KEYPAD_7);
    field.expect("Aa7");
    drop(person);
    // Another person, whose keyboard has nothing on: the display's Num Lock is still.
    let mut person = Person::at(&field, "us");
    person.press(Nothing, KEYPAD_7);
    person.press(Nothing, 30);
    field.expect("Aa7\u{1b}[Ha");
}

/// Layouts that cannot be names, and text that could be commands to a terminal.
#[test]
fn hostile_keyboards_cost_their_viewer_the_connection() {
    let field = TextField::in_session();
    let refused = u64::from(RefusalReason::ProtocolError.close_code());
    let long = "a".repeat(300);
    for layout in [
        "",
        "-option",
        "../../x",
        "us\" }",
        "us\n",
        "us;id",
        "a,b,c,d,e",
        &long,
    ] {
        let mut body = Vec::new();
        FieldWriter::new(&mut body, KEYBOARD).text(1, layout);
        let mut message = (body.len() as u32).to_le_bytes().to_vec();
        message.extend_from_slice(&body);
        block_on(async {
            let mut peer = Peer::admitted(&field.server).await;
            peer.say(&message).await;
            assert_eq!(peer.closed().await, refused, "{layout}");
        });
    }
    // Escape, delete, C1, a surrogate, beyond Unicode, as text and as what a key means.
    for number in [27u64, 127, 0x9b, 0xd800, 0x11_0000] {
        for start in [
            &[StreamKind::Input as u8, 9][..],
            &[StreamKind::Input as u8, 8, 30],
        ] {
            let mut bytes = start.to_vec();
            bytes.put_varint(number);
            bytes.push(0);
            block_on(async {
                let peer = Peer::admitted(&field.server).await;
                let _stream = peer.open(&bytes).await;
                assert_eq!(peer.closed().await, refused, "{number:x}");
            });
        }
    }
    assert_eq!(field.text(), "");
}

#[test]
fn an_unknown_layout_leaves_the_session_as_it_is() {
    let field = TextField::in_session();
    block_on(async {
        let names = KeyboardNames {
            layout: "klingon".to_owned(),
            ..KeyboardNames::default()
        };
        let keyboard = KeyboardLayout::new(names).unwrap();
        let mut body = Vec::new();
        ViewerMessage::Keyboard(keyboard).write(&mut body);
        let mut message = (body.len() as u32).to_le_bytes().to_vec();
        message.extend_from_slice(&body);
        let mut peer = Peer::admitted(&field.server).await;
        peer.say(&message).await;
        let log = &field.server.process.stderr;
        let told = |line: &str| line.contains("does not know the viewer's").then_some(());
        log.wait_for("the failure", told);
        peer.leave().await;
    });
    let mut person = Person::at(&field, "us");
    type_and_read(&field, &mut person, US);
}

/// Someone else has switched on Caps Lock in the session, or holds it down for ever.
#[test]
fn small_letters_arrive_while_the_session_has_caps_lock_on() {
    let field = TextField::in_session();
    let viewer = viewer::connect(&field.server);
    let caps = |transition| InputEvent::Key(KeyCode(CAPS_LOCK), transition);
    let typed = |key, character| InputEvent::Typed {
        key: KeyCode(key),
        character,
        held: CommandModifiers::default(),
    };
    let release = |key| InputEvent::Key(KeyCode(key), Transition::Release);
    for event in [
        caps(Transition::Press),
        caps(Transition::Release),
        typed(30, 'a'),
        release(30),
        InputEvent::Text('é'),
        // Held down, there is nothing to be done about it; nothing hangs either.
        caps(Transition::Press),
        typed(48, 'b'),
        release(48),
        caps(Transition::Release),
        InputEvent::ReleaseAll,
    ] {
        viewer.send(event);
    }
    let text = wait_until("three letters", || {
        Some(field.text()).filter(|text| text.chars().count() == 3)
    });
    assert_eq!(text.to_lowercase(), "aéb");
    assert!(text.starts_with("aé"), "{text}");
}

/// The window never hears of the release.
#[test]
fn no_key_stays_down_when_the_window_loses_the_focus() {
    let field = TextField::on_a_display();
    let session = Witness::of(field.display().name());
    let mut person = Person::at(&field, "de");
    let viewer = Witness::of(person.display.name());
    // Keys that the session's map has, one that it has to lend, and a modifier.
    for key in [30, 39, 42] {
        person.play(InputEvent::Key(KeyCode(key), Transition::Press));
    }
    wait_until("three keys", || (session.keys_down() == 3).then_some(()));
    viewer.take_the_focus_away();
    wait_until("no key", || (session.keys_down() == 0).then_some(()));
    for key in [30, 39, 42] {
        person.play(InputEvent::Key(KeyCode(key), Transition::Release));
    }
    assert_eq!(session.keys_down(), 0);
}

/// The repeats of the viewer's display are not sent, and none comes after the release.
#[test]
fn a_held_key_is_repeated_by_the_session_only() {
    let field = TextField::in_session();
    let mut person = Person::at(&field, "us");
    let a = KeyCode(30);
    person.play(InputEvent::Key(a, Transition::Press));
    wait_until("repeats", || (field.text().len() > 20).then_some(()));
    person.play(InputEvent::Key(a, Transition::Release));
    // What was typed before the release arrives before this.
    person.press(Nothing, 48);
    let text = wait_until("the end", || Some(field.text()).filter(|t| t.contains('b')));
    assert_eq!(text.trim_start_matches('a'), "b");
}
