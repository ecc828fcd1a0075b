//! A program that keeps the X server to itself for a while holds up what needs the X server, and
//! nothing else.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on fails"
)]

use hackstream_e2e::hostile::{Peer, block_on};
use hackstream_e2e::keyboard::type_text;
use hackstream_e2e::text_field::TextField;
use hackstream_e2e::viewer;
use hackstream_protocol::wire::input::{InputEvent, KeyCode, Transition};
use hackstream_protocol::wire::keyboard::CommandModifiers;
use hackstream_view::headless::Viewer;
use rustix::process::Signal;
use x11rb::connection::Connection as _;
use x11rb::protocol::xproto::ConnectionExt as _;
use x11rb::rust_connection::RustConnection;

/// Newcomers while the display is grabbed; each costs the server connections to it.
const NEWCOMERS: usize = 3;

/// A program that has grabbed a display. Dropping it lets go.
struct Grab(RustConnection);

impl Grab {
    fn of(display: &str) -> Self {
        let (connection, _) = x11rb::connect(Some(display)).unwrap();
        connection.grab_server().unwrap().check().unwrap();
        Self(connection)
    }
}

impl Drop for Grab {
    fn drop(&mut self) {
        self.0.ungrab_server().unwrap();
        self.0.flush().unwrap();
    }
}

/// Types `text` as characters, which the server looks up in the display's map.
fn type_characters(viewer: &Viewer, text: &str) {
    for character in text.chars() {
        let key = KeyCode(30);
        let held = CommandModifiers::default();
        viewer.send(InputEvent::Typed {
            key,
            character,
            held,
        });
        viewer.send(InputEvent::Key(key, Transition::Release));
    }
}

#[test]
fn a_grabbed_display_delays_input_and_no_newcomer() {
    let field = TextField::on_a_display();
    let viewer = viewer::connect(&field.server);
    // The map and the state of the keyboard are known from here on, until a key changes them.
    type_characters(&viewer, "a");
    field.expect("a");
    let grab = Grab::of(field.display().name());
    type_text(&viewer, "bc");
    type_characters(&viewer, "de");
    type_text(&viewer, "fg");
    block_on(async {
        let mut newcomers = Vec::new();
        for _ in 0..NEWCOMERS {
            newcomers.push(Peer::admitted(&field.server).await);
        }
        for newcomer in newcomers {
            newcomer.leave().await;
        }
    });
    assert_eq!(field.text(), "a", "nothing arrives from a grabbed display");
    drop(grab);
    field.expect("abcdefg");
}

#[test]
fn a_server_ends_although_its_display_is_grabbed() {
    let mut field = TextField::on_a_display();
    let viewer = viewer::connect(&field.server);
    let _grab = Grab::of(field.display().name());
    // A thread of the server waits for what this key means, another for pixels, or will.
    type_text(&viewer, "b");
    type_characters(&viewer, "c");
    block_on(async { Peer::admitted(&field.server).await.leave().await });
    field.server.process.signal(Signal::TERM);
    let ended = field.server.process.wait();
    assert_eq!(ended.code, Some(0), "{ended:?}");
}
