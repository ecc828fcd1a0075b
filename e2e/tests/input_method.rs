//! What a person writes with an input method on their desktop is what a program in the session gets:
//! the characters that it makes, each once, and every key that it leaves alone.
//!
//! A real one (nabi) and a real viewer talk by XIM, the window system's protocol for it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on fails"
)]

use std::time::Duration;

use hackstream_e2e::input_method::InputMethod;
use hackstream_e2e::pointer::Witness;
use hackstream_e2e::text_field::{Held, Person, TextField};
use hackstream_e2e::wait_until;
use hackstream_protocol::wire::input::{InputEvent, KeyCode, Transition};

use Held::{Control, Nothing, Shift};

/// Keys as Linux numbers them; the first ones are those of 한글, in their order.
const HAN: [u16; 3] = [34, 37, 31];
const GEUL: [u16; 3] = [19, 50, 33];
const A: u16 = 30;
const B: u16 = 48;
const C: u16 = 46;
const R: u16 = 19;
const ONE: u16 = 2;
const SPACE: u16 = 57;
const ENTER: u16 = 28;
const BACKSPACE: u16 = 14;
const LEFT: u16 = 105;
const TAB: u16 = 15;

/// A person whose input method is switched off or on with each call of [`switch`].
fn at_work() -> (TextField, Person, InputMethod) {
    let field = TextField::in_session();
    let (person, method) = Person::with_input_method(&field);
    (field, person, method)
}

fn switch(person: &mut Person) {
    press(person, Shift, SPACE);
}

/// How quickly keys follow each other: faster than anybody types. At once they would overtake each
/// other between Xlib and the input method, in every program: xterm loses syllables then, too.
const PACE: Duration = Duration::from_millis(30);

fn press(person: &mut Person, held: Held, key: u16) {
    person.press(held, key);
    std::thread::sleep(PACE);
}

fn press_all(person: &mut Person, keys: &[u16]) {
    for &key in keys {
        press(person, Nothing, key);
    }
}

#[test]
fn syllables_arrive_once_and_their_letters_never() {
    let (field, mut person, _method) = at_work();
    press_all(&mut person, &[A, B]);
    field.expect("ab");
    switch(&mut person);
    press_all(&mut person, &HAN);
    press_all(&mut person, &GEUL);
    press(&mut person, Nothing, SPACE);
    field.expect("ab한글 ");
    // Taken back letter by letter, and then a character of the session.
    press_all(&mut person, &HAN[..2]);
    press_all(&mut person, &[BACKSPACE, BACKSPACE, BACKSPACE]);
    field.expect("ab한글 \u{7f}");
    switch(&mut person);
    press_all(&mut person, &[A, B]);
    field.expect("ab한글 \u{7f}ab");
}

/// Each of them ends the syllable, which comes first.
#[test]
fn keys_that_the_input_method_leaves_alone_arrive_after_what_it_made() {
    let (field, mut person, _method) = at_work();
    switch(&mut person);
    let mut expected = String::new();
    for (held, key, told) in [
        (Nothing, ENTER, "\r"),
        (Nothing, TAB, "\t"),
        (Nothing, LEFT, "\u{1b}[D"),
        (Nothing, ONE, "1"),
        (Shift, ONE, "!"),
        (Control, C, "\u{3}"),
    ] {
        // A double consonant is made with Shift: 까.
        press(&mut person, Shift, R);
        press(&mut person, Nothing, HAN[1]);
        press(&mut person, held, key);
        expected.push('까');
        expected.push_str(told);
        field.expect(&expected);
    }
}

#[test]
fn a_slow_input_method_loses_nothing() {
    let (field, mut person, method) = at_work();
    switch(&mut person);
    press_all(&mut person, &HAN);
    press(&mut person, Nothing, SPACE);
    field.expect("한 ");
    method.stop();
    press_all(&mut person, &HAN);
    press_all(&mut person, &GEUL);
    press_all(&mut person, &[SPACE, ONE, ONE, SPACE]);
    method.go_on();
    field.expect("한 한글 11 ");
}

/// Somebody types fluently: the space bar comes up when the next syllable has begun.
#[test]
fn a_key_that_is_let_go_while_a_syllable_is_made_does_not_stay_down() {
    let field = TextField::on_a_display();
    let session = Witness::of(field.display().name());
    let (mut person, _method) = Person::with_input_method(&field);
    switch(&mut person);
    let space = |transition| InputEvent::Key(KeyCode(SPACE), transition);
    person.play(space(Transition::Press));
    press_all(&mut person, &HAN[..2]);
    person.play(space(Transition::Release));
    wait_until("no key", || (session.keys_down() == 0).then_some(()));
    press_all(&mut person, &[SPACE]);
    // It may have been repeated before it came up.
    let text = wait_until("the syllable", || {
        Some(field.text()).filter(|text| text.ends_with("하 "))
    });
    assert_eq!(text.trim_start(), "하 ");
}

#[test]
fn keys_arrive_without_the_input_method_and_syllables_when_it_is_back() {
    let (field, mut person, method) = at_work();
    press_all(&mut person, &[A, B]);
    field.expect("ab");
    drop(method);
    press_all(&mut person, &[A, B]);
    field.expect("abab");
    let _method = InputMethod::on(&person.display);
    // The viewer hears of it by itself, some time.
    wait_until("a syllable", || {
        let before = field.text();
        switch(&mut person);
        press_all(&mut person, &HAN);
        press(&mut person, Nothing, SPACE);
        let more = wait_until("letters or a syllable", || {
            let text = field.text();
            let more = text.strip_prefix(&before).unwrap();
            (more.ends_with("s ") || more.ends_with("한 ")).then(|| more.to_owned())
        });
        more.ends_with("한 ").then_some(())
    });
}
