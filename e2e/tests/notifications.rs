//! Notifications of the session are shown where the person is.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on fails"
)]

use hackstream_e2e::desktop::Desktop;
use hackstream_e2e::display::Display;
use hackstream_e2e::folder::{Folder, wait_until_nothing_is_left};
use hackstream_e2e::hostile::{Peer, block_on, hello};
use hackstream_e2e::scripts::{Ended, Scripts};
use hackstream_e2e::server::{SIZE, Server};
use hackstream_e2e::{viewer, wait_until};
use hackstream_protocol::ids::NotificationId;
use hackstream_protocol::wire::control::{
    DesktopShare, Hello, Notification, NotificationClosed, NotificationEnd, SeatWish,
    ServerMessage, Standing, Urgency, ViewerMessage,
};

const ALL: DesktopShare = DesktopShare {
    notifications: true,
    links: true,
};

/// A viewer with a window, on a display whose desktop shows notifications.
fn window(server: &Server, desktop: &Desktop) -> Display {
    let address = format!("DBUS_SESSION_BUS_ADDRESS={}", desktop.address());
    let mut command = vec!["env".to_owned(), address];
    command.extend(viewer::window_command(server));
    let display = Display::start(SIZE, Folder::new(), &command);
    wait_until("the viewer", || (viewer::joined(server) == 1).then_some(()));
    display
}

#[test]
fn a_notification_of_the_session_is_shown_by_the_desktop_and_answered() {
    let session = Scripts::session(&[]);
    let server = &session.server;
    let desktop = Desktop::new();
    let _display = window(server, &desktop);
    let script =
        "notify-send -u critical -t 5000 -a mail --print-id 'From Ada' '1 &lt; 2 <b>&amp;</b>'";
    let number = session.run(script);
    let shown = desktop.wait_for("From Ada");
    assert_eq!(shown.summary, "From Ada - 127.0.0.1");
    assert_eq!(shown.body, "1 &lt; 2 &amp;", "as markup");
    assert_eq!((shown.urgency, shown.expiry, shown.replaced), (2, 5000, 0));
    assert!(shown.actions.is_empty());

    let replacing = format!("notify-send -r {} 'From Bob'", number.trim());
    session.run(&replacing);
    let replaced = desktop.wait_for("From Bob");
    assert_eq!((replaced.id, replaced.replaced), (shown.id, shown.id));

    let closing = format!(
        "gdbus call --session --dest org.freedesktop.Notifications \
         --object-path /org/freedesktop/Notifications \
         --method org.freedesktop.Notifications.CloseNotification {}",
        number.trim()
    );
    session.run(&closing);
    desktop.wait_for_close(shown.id);

    // It waits until the person chose.
    let choosing = session.begin("notify-send --wait --action=default=Show 'Choose me'");
    let chosen = desktop.wait_for("Choose me");
    assert_eq!(chosen.actions, ["default", "Show"]);
    desktop.choose(chosen.id);
    let Ended { code, said } = session.end(choosing);
    assert_eq!((code, said.as_str()), (0, "default\n"));

    let waiting = session.begin("notify-send --wait 'Dismiss me'");
    desktop.close(desktop.wait_for("Dismiss me").id, 2);
    assert_eq!(session.end(waiting).code, 0);
}

#[test]
fn a_viewer_that_comes_later_is_told_what_is_open_and_no_more_when_it_is_not() {
    let session = Scripts::session(&[]);
    let server = &session.server;
    session.run("notify-send 'while nobody was there'");
    let desktop = Desktop::new();
    let _display = window(server, &desktop);
    let _ = desktop.wait_for("while nobody was there");
    block_on(async {
        let taking = Hello {
            desktop: ALL,
            ..hello(server)
        };
        let (mut peer, _) = Peer::greeting(server, &taking).await;
        let told = peer.hear(notification).await;
        assert_eq!(told.summary, "while nobody was there");
        assert_eq!(told.urgency, Urgency::Normal);
        // The other viewer hears that it was seen here.
        peer.tell(&ViewerMessage::NotificationClosed(NotificationClosed {
            number: told.number,
            end: NotificationEnd::Dismissed,
        }))
        .await;
        let gone = |message| match message {
            ServerMessage::NotificationGone(number) => Some(number),
            _ => None,
        };
        assert_eq!(peer.hear(gone).await, told.number);
    });
    let shown = desktop.wait_for("while nobody was there");
    desktop.wait_for_close(shown.id);
}

#[test]
fn a_program_in_a_loop_does_not_fill_the_desktop() {
    let session = Scripts::session(&[]);
    let server = &session.server;
    block_on(async {
        let taking = Hello {
            desktop: ALL,
            ..hello(server)
        };
        let (mut peer, _) = Peer::greeting(server, &taking).await;
        // Ten pass at once; of so many that follow, some do not.
        let script =
            "for i in $(seq 60); do notify-send \"number $i\" || refused=1; done; echo $refused";
        let said = session.run(script);
        assert!(said.ends_with("1\n"), "{said}");
        assert_eq!(peer.hear(notification).await.summary, "number 1");
        // It breaks no rule to answer what was never there.
        for number in [0, 7_000, u64::MAX] {
            let number = NotificationId(number);
            peer.tell(&ViewerMessage::NotificationChosen(number)).await;
        }
        peer.hear(|message| notification(message).filter(|one| one.summary == "number 2"))
            .await;
    });
}

#[test]
fn without_a_window_its_title_is_a_line() {
    let session = Scripts::session(&[]);
    let server = &session.server;
    let viewer = viewer::start(server, &[]);
    session.run("notify-send -a mail 'From Ada' 'and a secret'");
    let line = viewer.stderr.wait_for("the line", |line| {
        line.contains("notification").then(|| line.to_owned())
    });
    assert_eq!(line, "hackstream-view: notification from mail: From Ada");
}

#[test]
fn notifications_that_are_disabled_do_not_exist() {
    let session = Scripts::session(&["--disable", "notifications"]);
    let server = &session.server;
    block_on(async {
        let taking = Hello {
            desktop: ALL,
            ..hello(server)
        };
        let mut peer = Peer::connect(server).await;
        peer.tell(&ViewerMessage::Hello(taking)).await;
        let welcome = |message| match message {
            ServerMessage::Welcome(welcome) => Some(welcome.desktop),
            _ => None,
        };
        assert_eq!(peer.hear(welcome).await, DesktopShare::default());
        session.run("notify-send x || true");
        peer.tell(&ViewerMessage::Seat(SeatWish::ControlAlone))
            .await;
        let answer = |message| match message {
            ServerMessage::Notification(_) => panic!("a notification"),
            ServerMessage::Seats(seats) => {
                (seats.standing == Standing::InControlAlone).then_some(())
            }
            _ => None,
        };
        peer.hear(answer).await;
    });
}

#[test]
fn guests_who_only_watch_see_no_notifications() {
    let session = Scripts::session(&["--view-token"]);
    let server = &session.server;
    block_on(async {
        let guest = Hello {
            token: server.view_token(),
            desktop: ALL,
            ..hello(server)
        };
        let mut peer = Peer::connect(server).await;
        peer.tell(&ViewerMessage::Hello(guest)).await;
        let welcome = |message| match message {
            ServerMessage::Welcome(welcome) => Some(welcome.desktop),
            _ => None,
        };
        assert_eq!(peer.hear(welcome).await, DesktopShare::default());
    });
}

#[test]
fn nothing_of_the_bus_is_left_behind() {
    let session = Scripts::session(&[]);
    let server = &session.server;
    session.run("notify-send x");
    let has_bus = |(_, line): &(i32, String)| line.contains("dbus-daemon");
    assert!(server.folder().processes().iter().any(has_bus));
    server.process.signal(rustix::process::Signal::KILL);
    wait_until_nothing_is_left(server.folder());
}

fn notification(message: ServerMessage) -> Option<Notification> {
    match message {
        ServerMessage::Notification(notification) => Some(notification),
        _ => None,
    }
}
