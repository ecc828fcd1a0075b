//! Replays the fuzzer's corpus, and keeps one well-formed message of each kind in it.
//!
//! The seeds also pin the wire format: if one changes, viewers in use stop working, and either
//! the change is a mistake or the ALPN protocol name needs a new number.

#[path = "../../fuzz/corpus.rs"]
mod corpus;
#[path = "../../fuzz/oracles/wire.rs"]
mod oracle;

use core::time::Duration;

use corpus::{Corpus, assert_specified};
use hackstream_protocol::desktop::Link;
use hackstream_protocol::fit::{Fit, Room};
use hackstream_protocol::geometry::{Point, Size};
use hackstream_protocol::ids::{FrameId, InputSeq, NotificationId, SoundSeq, StreamIndex};
use hackstream_protocol::units::{Bitrate, Timestamp};
use hackstream_protocol::wire::control::{
    ComingEnd, Credential, CursorShape, DesktopShare, EndCause, Expiry, FileOffer, Hello,
    KeyboardLayout, KeyboardNames, MicrophoneDemand, MicrophoneOffer, Notification,
    NotificationClosed, NotificationEnd, Quality, RefusalReason, Scale, SeatReport, SeatWish,
    ServerMessage, SoundWish, Standing, Urgency, ViewerMessage, ViewerWindow, Welcome, WindowIcon,
};
use hackstream_protocol::wire::datagram::RepeatedInput;
use hackstream_protocol::wire::feedback::{Feedback, FrameReport};
use hackstream_protocol::wire::frame::FrameHeader;
use hackstream_protocol::wire::input::{Button, InputEvent, KeyCode, Transition};
use hackstream_protocol::wire::keyboard::{CommandModifiers, Group, Locks};
use hackstream_protocol::wire::microphone::MicrophonePacket;
use hackstream_protocol::wire::parity::FrameParity;
use hackstream_protocol::wire::sound::{Outlook, PacketDuration, SoundPacket};

const CORPUS: Corpus = Corpus("wire");

#[test]
fn every_input_of_the_corpus_is_survived() {
    CORPUS.replay(oracle::check);
}

/// Run with HACKSTREAM_WRITE_SEEDS=1 to write the files instead.
#[test]
fn the_seeds_are_what_this_version_writes() {
    for (name, bytes) in seeds() {
        let committed = CORPUS.seed(name, &bytes);
        assert_eq!(committed, bytes, "the wire format of {name} has changed");
    }
}

#[test]
fn the_examples_in_the_specification_are_the_seeds() {
    for (name, bytes) in seeds() {
        if name != "frame-order" {
            assert_specified(name, &bytes[1..]);
        }
    }
}

/// Names and contents: the oracle's selector, then what a peer would send.
fn seeds() -> Vec<(&'static str, Vec<u8>)> {
    let mut seeds = viewer_seeds();
    seeds.extend(server_seeds());
    seeds.extend(ticket_seeds());
    seeds.push((
        "input",
        seed(2, |out| input().iter().for_each(|event| event.write(out))),
    ));
    seeds.push((
        "input-text",
        seed(2, |out| text().iter().for_each(|event| event.write(out))),
    ));
    seeds.push((
        "pointer-moved",
        seed(2, |out| {
            let moved = InputEvent::PointerMoved {
                right: -3,
                down: 300,
            };
            moved.write(out);
        }),
    ));
    seeds.push((
        "feedback",
        seed(3, |out| {
            feedback().iter().for_each(|record| record.write(out))
        }),
    ));
    seeds.push(("frame-header", seed(4, |out| header(300, 298).write(out))));
    let order = [
        header(3, 2),
        header(2, 0),
        header(1, 0),
        header(5, 0),
        header(4, 3),
    ];
    seeds.push((
        "frame-order",
        seed(5, |out| order.iter().for_each(|frame| frame.write(out))),
    ));
    seeds.push(("sound", seed(6, |out| sound().write(out))));
    seeds.push(("input-again", seed(7, |out| input_again().write(out))));
    seeds.push(("frame-again", seed(7, |out| frame_again().write(out))));
    seeds.push(("frame-parity", seed(7, |out| frame_parity().write(out))));
    let spoken = MicrophonePacket(sound());
    seeds.push(("microphone", seed(6, |out| spoken.write(out))));
    seeds
}

fn seed(selector: u8, fill: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut bytes = vec![selector];
    fill(&mut bytes);
    bytes
}

/// The greeting of a viewer that has nothing to say but what `say` adds.
fn greeting(say: impl FnOnce(&mut Hello)) -> ViewerMessage {
    let mut hello = Hello {
        version: 1,
        token: Vec::new(),
        quality: Quality::Auto,
        h264: false,
        cache_bytes: 0,
        history_bytes: 0,
        agent: String::new(),
        ticket: Vec::new(),
        seat: SeatWish::Control,
        takes_files: false,
        max_bitrate: None,
        room: None,
        desktop: DesktopShare::default(),
        megapixel_time: Duration::ZERO,
        credential: Credential::default(),
    };
    say(&mut hello);
    ViewerMessage::Hello(hello)
}

fn viewer_seeds() -> Vec<(&'static str, Vec<u8>)> {
    let hello = greeting(|hello| {
        hello.token = b"secret".to_vec();
        hello.h264 = true;
        hello.cache_bytes = 4 << 20;
        hello.history_bytes = 1 << 20;
        hello.agent = "hackstream-view 0.1.0".to_owned();
    });
    let hello_again = greeting(|hello| {
        hello.h264 = true;
        hello.ticket = b"ticket".to_vec();
    });
    let hello_watching = greeting(|hello| {
        hello.token = b"secret".to_vec();
        hello.seat = SeatWish::Watch;
    });
    let hello_files = greeting(|hello| hello.takes_files = true);
    let hello_slow = greeting(|hello| {
        hello.quality = Quality::Low;
        hello.h264 = true;
        hello.cache_bytes = 1 << 20;
        hello.history_bytes = 1 << 18;
        hello.megapixel_time = Duration::from_millis(40);
    });
    let hello_capped = greeting(|hello| hello.max_bitrate = Some(Bitrate::mbps(5)));
    let hello_room = greeting(|hello| hello.room = Some(Room::AtMost(Size::new(1024, 600))));
    let hello_desktop = greeting(|hello| {
        hello.desktop = DesktopShare {
            notifications: true,
            links: true,
        };
    });
    let dismissed = NotificationClosed {
        number: NotificationId(300),
        end: NotificationEnd::Dismissed,
    };
    let named = [
        ("hello", hello),
        ("hello-desktop", hello_desktop),
        (
            "notification-closed",
            ViewerMessage::NotificationClosed(dismissed),
        ),
        (
            "notification-chosen",
            ViewerMessage::NotificationChosen(NotificationId(300)),
        ),
        ("hello-again", hello_again),
        ("hello-watching", hello_watching),
        ("hello-files", hello_files),
        ("hello-room", hello_room),
        (
            "room",
            ViewerMessage::Room(Room::AtMost(Size::new(1024, 600))),
        ),
        ("room-unlimited", ViewerMessage::Room(Room::Unlimited)),
        ("hello-slow", hello_slow),
        ("quality", ViewerMessage::Quality(Quality::Low)),
        ("bye", ViewerMessage::Bye),
        (
            "window",
            ViewerMessage::Window(ViewerWindow {
                size: Size::new(1366, 768),
                scale: Scale::of_percent(150),
            }),
        ),
        ("keyboard", ViewerMessage::Keyboard(keyboard())),
        ("sound-wish", ViewerMessage::Sound(SoundWish::Play)),
        ("seat-wish", ViewerMessage::Seat(SeatWish::ControlAlone)),
        (
            "microphone-offer",
            ViewerMessage::Microphone(MicrophoneOffer::Ready),
        ),
        ("hello-max-bitrate", hello_capped),
        (
            "max-bitrate",
            ViewerMessage::MaxBitrate(Some(Bitrate::kbps(800))),
        ),
    ];
    named
        .map(|(name, message)| (name, seed(0, |out| message.write(out))))
        .into()
}

/// What travels where a control plane sends viewers.
fn ticket_seeds() -> Vec<(&'static str, Vec<u8>)> {
    let hello = greeting(|hello| {
        hello.credential = Credential {
            ticket: b"hst1.AQID".to_vec(),
            proof: b"proof".to_vec(),
        };
    });
    let welcome = ServerMessage::Welcome(Welcome {
        version: 1,
        screen: Size::new(1280, 800),
        agent: String::new(),
        ticket: b"ticket".to_vec(),
        files: None,
        microphone: false,
        scales: false,
        desktop: DesktopShare::default(),
        renewed: true,
    });
    vec![
        ("hello-ticket", seed(0, |out| hello.write(out))),
        ("welcome-renewed", seed(1, |out| welcome.write(out))),
    ]
}

fn server_seeds() -> Vec<(&'static str, Vec<u8>)> {
    let welcome = ServerMessage::Welcome(Welcome {
        version: 1,
        screen: Size::new(1280, 800),
        agent: "hackstream-server 0.1.0".to_owned(),
        ticket: b"ticket".to_vec(),
        files: None,
        microphone: false,
        scales: false,
        desktop: DesktopShare::default(),
        renewed: false,
    });
    let listening = ServerMessage::Welcome(Welcome {
        version: 1,
        screen: Size::new(1280, 800),
        agent: String::new(),
        ticket: Vec::new(),
        files: None,
        microphone: true,
        scales: false,
        desktop: DesktopShare::default(),
        renewed: false,
    });
    let welcome_files = ServerMessage::Welcome(Welcome {
        version: 1,
        screen: Size::new(1280, 800),
        agent: String::new(),
        ticket: Vec::new(),
        files: Some(1 << 30),
        microphone: false,
        scales: false,
        desktop: DesktopShare::default(),
        renewed: false,
    });
    let welcome_scales = ServerMessage::Welcome(Welcome {
        version: 1,
        screen: Size::new(1280, 800),
        agent: String::new(),
        ticket: Vec::new(),
        files: None,
        microphone: false,
        scales: true,
        desktop: DesktopShare::default(),
        renewed: false,
    });
    let offer = FileOffer {
        number: 3,
        name: "naïve.txt".to_owned(),
        size: 70_000,
    };
    let refused = ServerMessage::Refused {
        reason: RefusalReason::WrongToken,
        text: "the token is wrong".to_owned(),
    };
    let shape = ServerMessage::CursorShape(CursorShape {
        size: Size::new(2, 1),
        hot_spot: Point::new(1, 0),
        pixels: vec![0xff00_0000, 0x8040_2010],
    });
    let welcome_desktop = ServerMessage::Welcome(Welcome {
        version: 1,
        screen: Size::new(1280, 800),
        agent: String::new(),
        ticket: Vec::new(),
        files: None,
        microphone: false,
        desktop: DesktopShare {
            notifications: true,
            links: false,
        },
        scales: false,
        renewed: false,
    });
    let named = [
        ("welcome", welcome),
        ("welcome-desktop", welcome_desktop),
        ("notification", ServerMessage::Notification(notification())),
        (
            "notification-gone",
            ServerMessage::NotificationGone(NotificationId(300)),
        ),
        ("link", ServerMessage::Link(link())),
        (
            "coming-end",
            ServerMessage::ComingEnd(Some(ComingEnd {
                cause: EndCause::Idle,
                within: Duration::from_secs(60),
            })),
        ),
        ("coming-end-none", ServerMessage::ComingEnd(None)),
        ("welcome-microphone", listening),
        ("refused", refused),
        ("cursor-shape", shape),
        (
            "cursor-position",
            ServerMessage::CursorPosition(Point::new(-3, 900)),
        ),
        ("cursor-again", ServerMessage::CursorAgain(300)),
        ("title", ServerMessage::Title("Mozilla Firefox".to_owned())),
        ("icon", ServerMessage::Icon(icon())),
        (
            "seats",
            ServerMessage::Seats(SeatReport {
                standing: Standing::InControl,
                viewers: 3,
                in_control: 2,
            }),
        ),
        ("welcome-files", welcome_files),
        ("welcome-scales", welcome_scales),
        (
            "fit",
            ServerMessage::Fit(Fit::of(
                Size::new(1920, 1080),
                Room::AtMost(Size::new(1024, 600)),
            )),
        ),
        ("file-offer", ServerMessage::FileOffer(offer)),
        ("file-withdrawn", ServerMessage::FileWithdrawn(3)),
        ("bell", ServerMessage::Bell),
        (
            "microphone-demand",
            ServerMessage::Microphone(MicrophoneDemand::Speak),
        ),
    ];
    named
        .map(|(name, message)| (name, seed(1, |out| message.write(out))))
        .into()
}

fn notification() -> Notification {
    Notification {
        number: NotificationId(300),
        program: "mail".to_owned(),
        summary: "From Ada".to_owned(),
        body: "Hello".to_owned(),
        urgency: Urgency::Critical,
        expiry: Expiry::After(Duration::from_secs(5)),
        can_be_chosen: true,
    }
}

#[expect(clippy::expect_used, reason = "a test that cannot go on fails")]
fn link() -> Link {
    Link::of("https://a.example/?b").expect("a link")
}

fn icon() -> WindowIcon {
    WindowIcon {
        size: Size::new(2, 1),
        pixels: vec![0xff00_8000, 0x80ff_2010],
    }
}

fn input() -> [InputEvent; 7] {
    [
        InputEvent::Key(KeyCode(30), Transition::Press),
        InputEvent::Key(KeyCode(30), Transition::Release),
        InputEvent::PointerMotion(Point::new(1919, 7)),
        InputEvent::Button(Button(1), Transition::Press),
        InputEvent::Button(Button(1), Transition::Release),
        InputEvent::Wheel { right: 0, down: -3 },
        InputEvent::ReleaseAll,
    ]
}

fn text() -> [InputEvent; 3] {
    let locks = Locks {
        caps: true,
        num: true,
        group: Group::Second,
    };
    [
        InputEvent::Locks(locks),
        InputEvent::Typed {
            key: KeyCode(44),
            character: 'я',
            held: CommandModifiers {
                control: true,
                ..CommandModifiers::default()
            },
        },
        InputEvent::Text('é'),
    ]
}

#[expect(clippy::expect_used, reason = "a test that cannot go on fails")]
fn keyboard() -> KeyboardLayout {
    let names = KeyboardNames {
        model: "pc105".to_owned(),
        layout: "us,ru".to_owned(),
        variant: ",phonetic".to_owned(),
        options: "grp:caps_toggle".to_owned(),
    };
    KeyboardLayout::new(names).expect("names of a layout")
}

fn feedback() -> [Feedback; 2] {
    let report = FrameReport {
        id: FrameId(300),
        held: Duration::from_micros(12),
        decoding: Duration::from_micros(3456),
        presenting: Duration::from_micros(789),
    };
    [Feedback::Applied(report), Feedback::Lost]
}

fn sound() -> SoundPacket<'static> {
    SoundPacket {
        seq: SoundSeq(300),
        captured: Timestamp(1_000_000),
        duration: PacketDuration::Ms10,
        outlook: Outlook::Pauses,
        opus: &[0xf4, 0xff, 0xfe],
    }
}

fn input_again() -> RepeatedInput {
    RepeatedInput {
        first: InputSeq(300),
        events: input()[..2].to_vec(),
    }
}

fn frame_again() -> FrameParity {
    let mut bytes = vec![3];
    header(300, 298).write(&mut bytes);
    bytes.extend_from_slice(&[0, 3, 0, 8, 6]);
    FrameParity {
        stream: StreamIndex(299),
        total: bytes.len(),
        from: 0,
        to: bytes.len(),
        stride: bytes.len(),
        at: 0,
        bytes,
    }
}

fn frame_parity() -> FrameParity {
    FrameParity {
        stream: StreamIndex(5),
        total: 30_000,
        from: 15_000,
        to: 30_000,
        stride: 1400,
        at: 1398,
        bytes: vec![0xfe, 7],
    }
}

fn header(id: u64, after: u64) -> FrameHeader {
    FrameHeader {
        id: FrameId(id),
        after: FrameId(after),
        update_complete: true,
        input: InputSeq(41),
        captured: Timestamp(1_000_000),
        waited: Duration::from_micros(150),
        encoding: Duration::from_micros(2500),
    }
}
