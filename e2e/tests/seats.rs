//! Several viewers of one session: who may act, who does, and whose window counts.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on fails"
)]

use std::time::{Duration, Instant};

use hackstream_e2e::compare::step;
use hackstream_e2e::folder::Folder;
use hackstream_e2e::hostile::{Peer, block_on, hello, message, within};
use hackstream_e2e::keyboard::{key, type_text};
use hackstream_e2e::server::{Run, SIZE, Server};
use hackstream_e2e::terminal::terminal;
use hackstream_e2e::windows::Windows;
use hackstream_e2e::xclip::{Desk, TEXT};
use hackstream_e2e::{PATIENCE, viewer, wait_until};
use hackstream_protocol::geometry::{Point, Size};
use hackstream_protocol::wire::StreamKind;
use hackstream_protocol::wire::clipboard::{ClipboardMessage, Format, Formats, Offer, Selection};
use hackstream_protocol::wire::control::{
    Hello, KeyboardLayout, KeyboardNames, RefusalReason, Scale, SeatReport, SeatWish,
    ServerMessage, Standing, ViewerMessage, ViewerWindow,
};
use hackstream_protocol::wire::input::{Button, InputEvent, KeyCode, Transition};
use hackstream_view::config::{Options, Token};
use hackstream_view::headless::{Picture, Viewer};

/// A session that writes what is typed into a file, line by line.
struct Notebook {
    server: Server,
}

impl Notebook {
    fn open() -> Self {
        let folder = Folder::new();
        let note = format!("cat > {}", folder.path("note").display());
        let run = Run {
            options: &["--view-token", "--max-size", "2560x1600"],
            ..Run::default()
        };
        let server = Server::run_as(&run, folder, &terminal(&["sh", "-c", &note]));
        let file = server.folder().path("note");
        wait_until("the notebook", || file.exists().then_some(()));
        Windows::of_session(&server).wait_for_focus();
        Self { server }
    }

    fn note(&self) -> String {
        std::fs::read_to_string(self.server.folder().path("note")).unwrap_or_default()
    }

    fn wait_for(&self, note: &str) {
        let deadline = Instant::now() + PATIENCE;
        while self.note() != note {
            assert!(Instant::now() < deadline, "{note:?} is {:?}", self.note());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// A viewer in control.
    fn typist(&self) -> Viewer {
        viewer::connect(&self.server)
    }
}

fn guest_hello(server: &Server) -> Hello {
    Hello {
        token: server.view_token(),
        ..hello(server)
    }
}

fn german() -> KeyboardLayout {
    let names = KeyboardNames {
        layout: "de".to_owned(),
        ..KeyboardNames::default()
    };
    KeyboardLayout::new(names).unwrap()
}

const fn window(width: u32, height: u32) -> ViewerWindow {
    ViewerWindow {
        size: Size::new(width, height),
        scale: Scale::ONE,
    }
}

/// Both directions of a viewer's clipboard stream.
type Exchange = (quinn::SendStream, quinn::RecvStream);

/// All that a viewer can do to a session, at once: takes control, types "x" and a new line, clicks,
/// turns the wheel, has another keyboard and window, and copies something.
async fn do_everything(peer: &mut Peer) -> (quinn::SendStream, Exchange) {
    peer.tell(&ViewerMessage::Seat(SeatWish::ControlAlone))
        .await;
    peer.tell(&ViewerMessage::Keyboard(german())).await;
    peer.tell(&ViewerMessage::Window(window(1000, 700))).await;
    let mut input = vec![StreamKind::Input as u8];
    for event in [
        InputEvent::PointerMotion(Point::new(300, 300)),
        InputEvent::Button(Button(1), Transition::Press),
        InputEvent::Button(Button(1), Transition::Release),
        InputEvent::Wheel { right: 0, down: 1 },
        InputEvent::Text('x'),
        InputEvent::Key(KeyCode(28), Transition::Press),
        InputEvent::Key(KeyCode(28), Transition::Release),
        InputEvent::ReleaseAll,
    ] {
        event.write(&mut input);
    }
    let input = peer.open(&input).await;
    let (mut clipboard, told) = within(peer.quic.open_bi()).await.unwrap();
    let mut offer = Vec::new();
    ClipboardMessage::Offer(Offer {
        selection: Selection::Clipboard,
        serial: 1,
        seen: 0,
        formats: [Format::Text].into_iter().collect(),
    })
    .write(&mut offer);
    let length = (offer.len() as u32).to_le_bytes();
    let bytes = [&[StreamKind::Clipboard as u8][..], &length, &offer].concat();
    within(clipboard.write_all(&bytes)).await.unwrap();
    (input, (clipboard, told))
}

async fn report(peer: &mut Peer) -> SeatReport {
    peer.hear(|message| match message {
        ServerMessage::Seats(report) => Some(report),
        _ => None,
    })
    .await
}

fn layouts_set(server: &Server) -> usize {
    let log = server.process.stderr.all();
    let set = log.iter().filter(|line| line.contains("viewer's layout"));
    set.count()
}

/// What a guest does leaves no trace; the same bytes from a viewer in control leave all of them.
#[test]
fn who_has_a_view_token_can_inject_nothing() {
    let book = Notebook::open();
    let owner = book.typist();
    type_text(&owner, "a\n");
    book.wait_for("a\n");
    let server = &book.server;
    let everything_is_as_it_was = || {
        assert_eq!(owner.canvas_snapshot().0, SIZE);
        assert_eq!(layouts_set(server), 0);
        let offered = owner.clipboard().offered(Selection::Clipboard);
        assert!(offered.formats.is_empty(), "{offered:?}");
        assert!(owner.seats().unwrap().standing.acts());
    };
    block_on(async {
        let (mut guest, _) = Peer::greeting(server, &guest_hello(server)).await;
        let expected = SeatReport {
            standing: Standing::ViewOnly,
            viewers: 2,
            in_control: 1,
        };
        assert_eq!(report(&mut guest).await, expected);
        let (input, _clipboard) = do_everything(&mut guest).await;
        // The server does not even read it.
        within(input.stopped()).await.unwrap();
        // What was said on the control stream has been heard once the goodbye has.
        guest.tell(&ViewerMessage::Bye).await;
        guest.closed().await;
    });
    type_text(&owner, "b\n");
    book.wait_for("a\nb\n");
    everything_is_as_it_was();

    block_on(async {
        let (mut peer, _) = Peer::greeting(server, &hello(server)).await;
        let (_input, _clipboard) = do_everything(&mut peer).await;
        let wide = |picture: &Picture| picture.size() == Size::new(1000, 700);
        assert!(owner.wait_for(wide, PATIENCE), "the window counts");
        book.wait_for("a\nb\nx\n");
        wait_until("the layout", || (layouts_set(server) == 1).then_some(()));
        let has_text = |formats: Formats| formats.contains(Format::Text);
        let clipboard = owner.clipboard();
        assert!(clipboard.wait_for(Selection::Clipboard, has_text, PATIENCE));
        let deposed = |seats: SeatReport| seats.standing == Standing::Watching;
        assert!(owner.wait_for_seats(deposed, PATIENCE), "control is taken");
    });
}

#[test]
fn a_guest_sees_the_picture_and_not_the_clipboard() {
    let book = Notebook::open();
    let mut options: Options = viewer::options(&book.server);
    options.token = Token::new(book.server.view_token()).unwrap();
    let guest = viewer::connect_with(&book.server, options);
    let owner = book.typist();
    let desk = Desk::of_session(&book.server);
    let _copied = desk.copy(Selection::Clipboard, TEXT, b"a password");
    let clipboard = owner.clipboard();
    let is_there = clipboard.wait_for(Selection::Clipboard, |f| !f.is_empty(), PATIENCE);
    assert!(is_there);
    step(&book.server, &[&owner, &guest], "typing", || {
        type_text(&owner, "hello\n");
    });
    let offered = guest.clipboard().offered(Selection::Clipboard);
    assert!(offered.formats.is_empty(), "{offered:?}");
}

#[test]
fn a_ticket_admits_to_no_more_than_before() {
    let book = Notebook::open();
    let server = &book.server;
    block_on(async {
        let (guest, ticket) = Peer::greeting(server, &guest_hello(server)).await;
        guest.leave().await;
        // With no token, and with that of those in control.
        for token in [Vec::new(), server.token.clone()] {
            let again = Hello {
                token,
                ticket: ticket.clone(),
                ..hello(server)
            };
            let (mut guest, new) = Peer::greeting(server, &again).await;
            assert!(new.is_empty(), "the ticket holds");
            assert_eq!(report(&mut guest).await.standing, Standing::ViewOnly);
            let (input, _clipboard) = do_everything(&mut guest).await;
            within(input.stopped()).await.unwrap();
            guest.leave().await;
        }
    });
    let owner = book.typist();
    type_text(&owner, "a\n");
    book.wait_for("a\n");
}

#[test]
fn control_is_handed_over() {
    let book = Notebook::open();
    let (ann, bob) = (book.typist(), book.typist());
    let becomes = |viewer: &Viewer, standing| {
        let came = viewer.wait_for_seats(|seats| seats.standing == standing, PATIENCE);
        assert!(came, "{:?}", viewer.seats());
    };
    becomes(&ann, Standing::InControl);
    becomes(&bob, Standing::InControl);
    // What she holds down when she loses control is let go.
    type_text(&ann, "a\n");
    book.wait_for("a\n");
    ann.send(InputEvent::Key(key::LEFT_SHIFT, Transition::Press));
    type_text(&ann, "a");
    type_text(&ann, "\n");
    book.wait_for("a\nA\n");
    bob.seat(SeatWish::ControlAlone);
    becomes(&ann, Standing::Watching);
    becomes(&bob, Standing::InControlAlone);
    type_text(&ann, "nobody reads this\n");
    type_text(&bob, "b\n");
    book.wait_for("a\nA\nb\n");
    // A newcomer takes it from nobody.
    let eve = book.typist();
    becomes(&eve, Standing::Watching);
    drop(eve);
    bob.seat(SeatWish::Watch);
    becomes(&bob, Standing::Watching);
    becomes(&ann, Standing::InControl);
    type_text(&bob, "nor this\n");
    type_text(&ann, "c\n");
    book.wait_for("a\nA\nb\nc\n");
    bob.seat(SeatWish::ControlAlone);
    becomes(&ann, Standing::Watching);
    // To ask for control is to ask that it be shared again.
    ann.seat(SeatWish::Control);
    becomes(&ann, Standing::InControl);
    becomes(&bob, Standing::InControl);
    // It ends with the one who has it.
    ann.seat(SeatWish::ControlAlone);
    becomes(&bob, Standing::Watching);
    drop(ann);
    becomes(&bob, Standing::InControl);
    type_text(&bob, "d\n");
    book.wait_for("a\nA\nb\nc\nd\n");
}

#[test]
fn who_typed_last_has_the_window_and_the_layout() {
    let book = Notebook::open();
    let (ann, bob) = (book.typist(), book.typist());
    let becomes = |size: Size| {
        let same = |picture: &Picture| picture.size() == size;
        assert!(ann.wait_for(same, PATIENCE), "{size}");
    };
    // Nobody has typed: the last word counts.
    ann.resize(window(900, 650));
    becomes(Size::new(900, 650));
    bob.resize(window(600, 400));
    becomes(Size::new(600, 400));
    bob.keyboard(german());
    wait_until("a layout", || {
        (layouts_set(&book.server) == 1).then_some(())
    });
    type_text(&ann, "a");
    becomes(Size::new(900, 650));
    // He only watches, whatever he does with his window, until he types as well.
    bob.resize(window(640, 480));
    ann.resize(window(800, 500));
    becomes(Size::new(800, 500));
    wait_until("the lead", || {
        type_text(&bob, "b");
        std::thread::sleep(Duration::from_millis(200));
        (ann.canvas_snapshot().0 == Size::new(640, 480)).then_some(())
    });
}

/// The viewer itself wishes to watch: it is known to the others as one who does.
#[test]
fn a_viewer_that_only_watches_says_so() {
    let book = Notebook::open();
    let mut options = viewer::options(&book.server);
    options.seat = SeatWish::Watch;
    let watcher = viewer::connect_with(&book.server, options);
    let standing = |wanted| move |seats: SeatReport| seats.standing == wanted;
    assert!(watcher.wait_for_seats(standing(Standing::Watching), PATIENCE));
    let owner = book.typist();
    let one_of_two = |seats: SeatReport| (seats.viewers, seats.in_control) == (2, 1);
    assert!(owner.wait_for_seats(one_of_two, PATIENCE));
    type_text(&watcher, "nobody reads this\n");
    type_text(&owner, "a\n");
    book.wait_for("a\n");
    watcher.seat(SeatWish::Control);
    assert!(watcher.wait_for_seats(standing(Standing::InControl), PATIENCE));
    type_text(&watcher, "b\n");
    book.wait_for("a\nb\n");
}

#[test]
fn one_viewer_too_many_is_refused_and_disturbs_nobody() {
    let run = Run {
        options: &["--max-viewers", "2"],
        ..Run::default()
    };
    let server = Server::run_as(&run, Folder::new(), &terminal(&["cat"]));
    let first = viewer::connect(&server);
    block_on(async {
        let (second, _) = Peer::greeting(&server, &hello(&server)).await;
        let mut third = Peer::connect(&server).await;
        third.say(&message(&hello(&server))).await;
        let full = u64::from(RefusalReason::TooManyViewers.close_code());
        assert_eq!(third.closed().await, full);
        second.leave().await;
    });
    let alone = |seats: SeatReport| seats.viewers == 1;
    assert!(first.wait_for_seats(alone, PATIENCE), "a place is free");
    let _second = viewer::connect(&server);
}
