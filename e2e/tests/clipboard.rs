//! What is copied on one side can be pasted on the other.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on fails"
)]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use hackstream_e2e::display::Display;
use hackstream_e2e::folder::Folder;
use hackstream_e2e::hostile::{Peer, block_on, within};
use hackstream_e2e::process::{Process, bound_command};
use hackstream_e2e::server::{Run, SIZE, Server};
use hackstream_e2e::terminal::terminal;
use hackstream_e2e::xclip::{Desk, PNG, TEXT};
use hackstream_e2e::{PATIENCE, viewer};
use hackstream_protocol::wire::StreamKind;
use hackstream_protocol::wire::clipboard::{
    ClipboardDemand, ClipboardMessage, Format, Formats, Offer, Request, Selection,
};
use hackstream_view::headless::Viewer;

fn session(options: &[&str]) -> (Server, Desk) {
    let run = Run {
        options,
        ..Run::default()
    };
    let server = Server::run_as(&run, Folder::new(), &terminal(&["cat"]));
    let desk = Desk::of_session(&server);
    (server, desk)
}

/// Copies text in a viewer without a window.
fn copy(viewer: &Viewer, selection: Selection, text: &str) {
    let contents = vec![(Format::Text, text.as_bytes().to_vec())];
    viewer.clipboard().set(selection, contents);
}

/// Waits until a viewer without a window has something to paste, and pastes it.
fn paste(viewer: &Viewer, selection: Selection, format: Format) -> Option<Vec<u8>> {
    let clipboard = viewer.clipboard();
    let offered = clipboard.wait_for(selection, |formats| formats.contains(format), PATIENCE);
    assert!(offered, "{format:?} was never offered");
    clipboard.paste(selection, format, PATIENCE)
}

fn text_of(megabytes: usize) -> Vec<u8> {
    let line = |number: usize| format!("line {number} of a long text: äöü жщ €\n");
    let mut text = String::with_capacity(megabytes << 20);
    let mut number = 0;
    while text.len() < megabytes << 20 {
        text.push_str(&line(number));
        number += 1;
    }
    text.into_bytes()
}

/// A picture that does not compress well, as a file.
fn picture() -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, 500, 400);
    encoder.set_color(png::ColorType::Rgb);
    let pixels: Vec<u8> = hackstream_e2e::hostile::noise(3)
        .take(500 * 400 * 3)
        .collect();
    let mut writer = encoder.write_header().unwrap();
    writer.write_image_data(&pixels).unwrap();
    writer.finish().unwrap();
    file
}

#[test]
fn texts_go_both_ways_from_both_selections() {
    let (server, desk) = session(&[]);
    let viewer = viewer::connect(&server);
    for selection in Selection::ALL {
        let there = format!("copied in the session: {selection:?}, naïve ж 🎉");
        let _owner = desk.copy(selection, TEXT, there.as_bytes());
        let pasted = paste(&viewer, selection, Format::Text);
        assert_eq!(pasted.as_deref(), Some(there.as_bytes()));
        let here = format!("copied at the viewer: {selection:?}, ünï\n");
        copy(&viewer, selection, &here);
        desk.wait_for(selection, TEXT, here.as_bytes());
    }
    // As older programs ask for it.
    copy(&viewer, Selection::Clipboard, "né ж");
    desk.wait_for(Selection::Clipboard, "STRING", b"n\xe9 ?");
}

#[test]
fn a_text_that_is_pasted_again_and_again_stays_right() {
    let (server, desk) = session(&[]);
    let viewer = viewer::connect(&server);
    let mut text = String::from_utf8(text_of(0)).unwrap();
    for round in 0..6 {
        text.insert_str(text.len() / 2, &format!("round {round} "));
        text.push_str(&"and some more of it. ".repeat(2000));
        copy(&viewer, Selection::Clipboard, &text);
        desk.wait_for(Selection::Clipboard, TEXT, text.as_bytes());
        let _owner = desk.copy(Selection::Clipboard, TEXT, format!("{text}!").as_bytes());
        let changed = format!("{text}!");
        let pasted = hackstream_e2e::wait_until("the text of the session", || {
            paste(&viewer, Selection::Clipboard, Format::Text)
        });
        assert!(pasted == changed.as_bytes(), "{} bytes", pasted.len());
    }
}

#[test]
fn windows_on_displays_share_large_texts_and_pictures() {
    let (server, session) = session(&[]);
    let display = Display::start(SIZE, Folder::new(), &viewer::window_command(&server));
    let home = Desk::of_display(&display);
    let (text, picture) = (text_of(20), picture());
    for (from, to) in [(&session, &home), (&home, &session)] {
        let owner = from.copy(Selection::Clipboard, TEXT, &text);
        to.wait_for(Selection::Clipboard, TEXT, &text);
        let _marked = from.copy(Selection::Primary, TEXT, b"marked");
        to.wait_for(Selection::Primary, TEXT, b"marked");
        drop(owner);
        let _owner = from.copy(Selection::Clipboard, PNG, &picture);
        to.wait_for(Selection::Clipboard, PNG, &picture);
        assert_eq!(to.paste(Selection::Clipboard, TEXT), None, "no text there");
        to.wait_for(Selection::Primary, TEXT, b"marked");
    }
}

#[test]
fn viewers_of_a_session_share_its_clipboard_and_take_theirs_along() {
    let (server, desk) = session(&[]);
    let (first, second) = (viewer::connect(&server), viewer::connect(&server));
    copy(&first, Selection::Clipboard, "of the first");
    desk.wait_for(Selection::Clipboard, TEXT, b"of the first");
    let pasted = paste(&second, Selection::Clipboard, Format::Text);
    assert_eq!(pasted.as_deref(), Some(&b"of the first"[..]));
    drop(first);
    let gone =
        second
            .clipboard()
            .wait_for(Selection::Clipboard, |formats| formats.is_empty(), PATIENCE);
    assert!(gone, "what a viewer held goes with it");
    copy(&second, Selection::Clipboard, "of the second");
    desk.wait_for(Selection::Clipboard, TEXT, b"of the second");
}

/// A peer that speaks the protocol by itself.
struct Speaker {
    peer: Peer,
    out: quinn::SendStream,
    incoming: quinn::RecvStream,
}

impl Speaker {
    async fn admitted(server: &Server) -> Self {
        let peer = Peer::admitted(server).await;
        let (mut out, incoming) = within(peer.quic.open_bi()).await.unwrap();
        let kind = [StreamKind::Clipboard as u8];
        within(out.write_all(&kind)).await.unwrap();
        Self {
            peer,
            out,
            incoming,
        }
    }

    async fn say(&mut self, message: ClipboardMessage) {
        let mut body = Vec::new();
        message.write(&mut body);
        within(self.out.write_all(&framed(&body))).await.unwrap();
    }

    async fn hear(&mut self) -> ClipboardMessage {
        let mut head = [0; 4];
        within(self.incoming.read_exact(&mut head)).await.unwrap();
        let mut body = vec![0; u32::from_le_bytes(head) as usize];
        within(self.incoming.read_exact(&mut body)).await.unwrap();
        ClipboardMessage::read(&body).unwrap().unwrap()
    }

    async fn hear_offer(&mut self) -> Offer {
        match self.hear().await {
            ClipboardMessage::Offer(offer) => offer,
            other @ ClipboardMessage::Wanted => panic!("{other:?}"),
        }
    }

    /// Pastes at the desk until the session asks for what was offered to it, and refuses that.
    async fn is_asked_for(&self, desk: Desk, selection: Selection) -> Desk {
        let was_asked = Arc::new(AtomicBool::new(false));
        let pasting = std::thread::spawn({
            let was_asked = Arc::clone(&was_asked);
            // Until the session has heard of the offer, there is nothing to paste.
            move || {
                while !was_asked.load(Ordering::Relaxed) {
                    let _ = desk.paste(selection, TEXT);
                }
                desk
            }
        });
        drop(within(self.peer.quic.accept_bi()).await.unwrap());
        was_asked.store(true, Ordering::Relaxed);
        // Another request of the last paste is refused as well.
        let refusing = async {
            loop {
                drop(self.peer.quic.accept_bi().await);
            }
        };
        let pasted = tokio::task::spawn_blocking(move || pasting.join());
        tokio::select! {
            desk = within(pasted) => desk.unwrap().unwrap(),
            () = refusing => unreachable!("it goes on for ever"),
        }
    }

    /// What comes back for a request, whatever it is.
    async fn request(&self, selection: Selection, serial: u64) -> Vec<u8> {
        let request = ClipboardDemand::Request(Request {
            number: 1,
            selection,
            serial,
            format: Format::Text,
            base: 0,
        });
        let mut body = Vec::new();
        request.write(&mut body);
        let (mut out, mut incoming) = within(self.peer.quic.open_bi()).await.unwrap();
        let kind = [StreamKind::ClipboardContents as u8];
        let bytes = [&kind[..], &framed(&body)].concat();
        // The server may have dropped the stream already.
        let _ = within(out.write_all(&bytes)).await;
        within(incoming.read_to_end(1 << 20))
            .await
            .unwrap_or_default()
    }
}

fn framed(body: &[u8]) -> Vec<u8> {
    [&(body.len() as u32).to_le_bytes(), body].concat()
}

fn text() -> Formats {
    [Format::Text].into_iter().collect()
}

fn offer_of(selection: Selection, serial: u64) -> ClipboardMessage {
    ClipboardMessage::Offer(Offer {
        selection,
        serial,
        seen: 0,
        formats: text(),
    })
}

#[test]
fn what_a_viewer_offers_is_not_offered_to_it() {
    let (server, desk) = session(&[]);
    block_on(async {
        let mut speaker = Speaker::admitted(&server).await;
        assert_eq!(speaker.hear().await, ClipboardMessage::Wanted);
        speaker.say(ClipboardMessage::Wanted).await;
        speaker.say(offer_of(Selection::Clipboard, 1)).await;
        // Somebody asks, so the offer has arrived, and all that it could cause is on its way.
        let desk = speaker.is_asked_for(desk, Selection::Clipboard).await;
        let _owner = desk.copy(Selection::Primary, TEXT, b"a mark");
        let offer = speaker.hear_offer().await;
        assert_eq!(
            (offer.selection, offer.formats),
            (Selection::Primary, text())
        );
        let answer = speaker.request(Selection::Primary, offer.serial).await;
        assert!(answer.windows(6).any(|bytes| bytes == b"a mark"));
        let stale = speaker.request(Selection::Primary, offer.serial + 1).await;
        assert_eq!(stale, b"");
        speaker.peer.leave().await;
    });
}

#[test]
fn a_session_that_takes_nothing_ignores_what_is_offered() {
    let (server, desk) = session(&["--disable", "clipboard-in"]);
    let _owner = desk.copy(Selection::Clipboard, TEXT, b"of the session");
    desk.wait_for(Selection::Clipboard, TEXT, b"of the session");
    block_on(async {
        let mut speaker = Speaker::admitted(&server).await;
        speaker.say(offer_of(Selection::Clipboard, 1)).await;
        speaker.say(offer_of(Selection::Primary, 2)).await;
        speaker.say(ClipboardMessage::Wanted).await;
        // It does not want offers, so the first that it says is what the session has.
        let offer = speaker.hear_offer().await;
        assert_eq!(offer.selection, Selection::Clipboard);
        let answer = speaker.request(Selection::Clipboard, offer.serial).await;
        assert!(answer.windows(14).any(|bytes| bytes == b"of the session"));
        speaker.peer.leave().await;
    });
    assert_eq!(desk.paste(Selection::Primary, TEXT), None);
    desk.wait_for(Selection::Clipboard, TEXT, b"of the session");
}

#[test]
fn a_session_that_gives_nothing_tells_nothing() {
    let (server, desk) = session(&["--disable", "clipboard-out"]);
    let _owner = desk.copy(Selection::Clipboard, TEXT, b"of the session");
    desk.wait_for(Selection::Clipboard, TEXT, b"of the session");
    block_on(async {
        let mut speaker = Speaker::admitted(&server).await;
        assert_eq!(speaker.hear().await, ClipboardMessage::Wanted);
        speaker.say(ClipboardMessage::Wanted).await;
        for serial in 0..10 {
            let answer = speaker.request(Selection::Clipboard, serial).await;
            assert_eq!(answer, b"", "{serial}");
        }
        // What it says is still heard: nothing else was said in between.
        speaker.say(offer_of(Selection::Primary, 1)).await;
        speaker.is_asked_for(desk, Selection::Primary).await;
        let silent = tokio::time::timeout(std::time::Duration::from_millis(200), speaker.hear());
        assert!(silent.await.is_err(), "something was said");
        speaker.peer.leave().await;
    });
}

#[test]
fn a_viewer_can_keep_its_clipboard_to_itself() {
    let (server, desk) = session(&[]);
    let mut options = viewer::options(&server);
    options.clipboard.give = false;
    let viewer = viewer::connect_with(&server, options);
    copy(&viewer, Selection::Clipboard, "a secret");
    let _owner = desk.copy(Selection::Primary, TEXT, b"for the viewer");
    let pasted = paste(&viewer, Selection::Primary, Format::Text);
    assert_eq!(pasted.as_deref(), Some(&b"for the viewer"[..]));
    assert_eq!(desk.paste(Selection::Clipboard, TEXT), None);
}

/// Both sides have something already when the viewer comes; each would replace the other's.
#[test]
fn what_the_person_has_counts_when_the_viewer_comes() {
    let (server, session) = session(&[]);
    let display = Display::start(SIZE, Folder::new(), &terminal(&["cat"]));
    let home = Desk::of_display(&display);
    let _theirs = session.copy(Selection::Clipboard, TEXT, b"of the session");
    let _ours = home.copy(Selection::Clipboard, TEXT, b"of the person");
    let _marked = session.copy(Selection::Primary, TEXT, b"marked in the session");
    session.wait_for(Selection::Clipboard, TEXT, b"of the session");
    session.wait_for(Selection::Primary, TEXT, b"marked in the session");
    home.wait_for(Selection::Clipboard, TEXT, b"of the person");
    let words = viewer::window_command(&server);
    let mut command = bound_command(&words[0]);
    display.folder.use_in(&mut command);
    let _viewer = Process::start(command.args(&words[1..]).env("DISPLAY", display.name()));
    session.wait_for(Selection::Clipboard, TEXT, b"of the person");
    home.wait_for(Selection::Primary, TEXT, b"marked in the session");
    home.wait_for(Selection::Clipboard, TEXT, b"of the person");
}

#[test]
fn a_transfer_that_nobody_wants_any_more_is_given_up() {
    let (server, desk) = session(&[]);
    let viewer = viewer::connect(&server);
    let text = text_of(20);
    let _owner = desk.copy(Selection::Clipboard, TEXT, &text);
    let offered = |formats: Formats| formats.contains(Format::Text);
    let clipboard = viewer.clipboard();
    assert!(clipboard.wait_for(Selection::Clipboard, offered, PATIENCE));
    for _ in 0..20 {
        let moment = std::time::Duration::from_millis(1);
        let pasted = clipboard.paste(Selection::Clipboard, Format::Text, moment);
        assert_eq!(pasted, None, "20 MB in a moment");
    }
    let pasted = hackstream_e2e::wait_until("the whole text", || {
        clipboard.paste(Selection::Clipboard, Format::Text, PATIENCE)
    });
    assert!(pasted == text, "{} bytes", pasted.len());
}
