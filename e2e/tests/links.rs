//! Links that the session's programs open go to the person's browser, if everybody agrees.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on fails"
)]

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use hackstream_e2e::display::Display;
use hackstream_e2e::folder::Folder;
use hackstream_e2e::hostile::{Peer, block_on, hello};
use hackstream_e2e::process::Process;
use hackstream_e2e::server::{Run, SIZE, Server};
use hackstream_e2e::{viewer, wait_until};
use hackstream_protocol::wire::control::{DesktopShare, Hello, ServerMessage, ViewerMessage};
use hackstream_protocol::wire::input::{InputEvent, KeyCode, Transition};

/// A session whose programs open `go`'s links, line by line, with `open`; what became of each is in
/// `went`. Nothing in the session opens links itself.
fn session(options: &[&str], open: &str) -> Server {
    let run = Run {
        options,
        ..Run::default()
    };
    let folder = Folder::new();
    let home = folder.path("home");
    let queue = home.join("go");
    let made = std::process::Command::new("mkfifo").arg(&queue).status();
    assert!(made.unwrap().success());
    let runs = format!(
        "cd '{}' && while :; do while read -r link; do {open} \"$link\" 2>>said; \
         echo $? >>went; done <go; done",
        home.display()
    );
    Server::run_as(&run, folder, &["sh", "-c", &runs])
}

/// Has the session open a link as its n-th, and waits until it has, or has not.
fn open(server: &Server, n: usize, link: &str) -> i32 {
    let home = server.folder().path("home");
    std::fs::write(home.join("go"), format!("{link}\n")).unwrap();
    wait_until("the link's way", || {
        let went = std::fs::read_to_string(home.join("went")).unwrap_or_default();
        went.lines().nth(n - 1).map(|code| code.parse().unwrap())
    })
}

/// A folder of programs with a browser in it that notes the links that it opens.
fn browser(folder: &Folder) -> String {
    let programs = folder.path("programs");
    std::fs::create_dir(&programs).unwrap();
    let opener = programs.join("xdg-open");
    let noted = folder.path("opened");
    let script = format!("#!/bin/sh\necho \"$#\" \"$@\" >>'{}'\n", noted.display());
    std::fs::write(&opener, script).unwrap();
    std::fs::set_permissions(&opener, Permissions::from_mode(0o755)).unwrap();
    let path = std::env::var("PATH").unwrap();
    format!("PATH={}:{path}", programs.display())
}

fn opened(folder: &Folder, n: usize) -> String {
    wait_until("the browser", || {
        let opened = std::fs::read_to_string(folder.path("opened")).ok()?;
        opened.lines().nth(n - 1).map(str::to_owned)
    })
}

fn window(server: &Server, folder: Folder, path: String, options: &[&str]) -> Display {
    let mut command = vec!["env".to_owned(), path];
    command.extend(viewer::window_command(server));
    command.extend(options.iter().map(|&option| option.to_owned()));
    let display = Display::start(SIZE, folder, &command);
    wait_until("the viewer", || (viewer::joined(server) == 1).then_some(()));
    display
}

const ON: &[&str] = &["--enable", "links"];

#[test]
fn a_link_is_opened_by_the_persons_own_browser() {
    let server = session(ON, "xdg-open");
    let folder = Folder::new();
    let path = browser(&folder);
    let display = window(&server, folder, path, &["--open-links"]);
    let link = "https://a.example/?token=s3cret&b=$(id)";
    assert_eq!(open(&server, 1, link), 0);
    let escaped = "1 https://a.example/?token=s3cret&b=$(id)";
    assert_eq!(opened(&display.folder, 1), escaped);
    assert_eq!(open(&server, 2, "HTTP://b.example/ü \"x"), 0);
    let escaped = "1 http://b.example/%C3%BC%20%22x";
    assert_eq!(opened(&display.folder, 2), escaped);
    let log = server.process.stderr.all().join("\n");
    assert!(
        log.contains("a.example") && !log.contains("s3cret"),
        "{log}"
    );
}

#[test]
fn programs_that_look_for_a_browser_find_the_viewers() {
    // What GTK's programs do, and those that go by the variable.
    let server = session(
        ON,
        "open() { gio open \"$1\" && $BROWSER \"$1/again\"; }; open",
    );
    let folder = Folder::new();
    let path = browser(&folder);
    let display = window(&server, folder, path, &["--open-links"]);
    assert_eq!(open(&server, 1, "https://a.example/x"), 0);
    let both = [opened(&display.folder, 1), opened(&display.folder, 2)];
    assert!(
        both.contains(&"1 https://a.example/x".to_owned()),
        "{both:?}"
    );
    assert!(
        both.contains(&"1 https://a.example/x/again".to_owned()),
        "{both:?}"
    );
}

#[test]
fn the_person_is_asked_in_the_window() {
    let server = session(ON, "xdg-open");
    let folder = Folder::new();
    let path = browser(&folder);
    let display = window(&server, folder, path, &[]);
    assert_eq!(open(&server, 1, "https://one.example/"), 0);
    assert_eq!(open(&server, 2, "https://two.example/"), 0);
    let mut hands = display.injector();
    let mut chord = |key: u16| {
        for transition in [Transition::Press, Transition::Release] {
            for key in [29, 56, key].map(KeyCode) {
                hands.inject(InputEvent::Key(key, transition)).unwrap();
            }
        }
    };
    // The first one is not opened, the second one is. What is pressed before the question is there
    // goes to the session.
    let (end, enter) = (107, 28);
    let mut pressed = 0;
    let line = wait_until("the second link", || {
        pressed += 1;
        chord(if pressed == 1 { end } else { enter });
        std::thread::sleep(std::time::Duration::from_millis(200));
        std::fs::read_to_string(display.folder.path("opened")).ok()
    });
    assert!(line.ends_with("1 https://two.example/\n"), "{line}");
}

#[test]
fn without_anybodys_consent_there_are_no_links() {
    // Off at the server: programs find no browser of ours, and viewers are told of nothing.
    let server = session(&[], "[ -z \"$HACKSTREAM_LINKS\" ] && true");
    assert_eq!(open(&server, 1, "https://a.example/"), 0);
    // On, but the only viewer does not want them.
    let server = session(ON, "x-www-browser");
    let _viewer = viewer::start(&server, &[]);
    assert_ne!(open(&server, 1, "https://a.example/"), 0);
    let said = std::fs::read_to_string(server.folder().path("home/said")).unwrap();
    assert!(said.contains("no viewer"), "{said}");
}

#[test]
fn a_program_in_a_loop_opens_few() {
    let server = session(ON, "x-www-browser");
    let folder = Folder::new();
    let path = browser(&folder);
    let mut command = viewer::command(&server);
    command.env("PATH", Path::new(path.strip_prefix("PATH=").unwrap()));
    let _viewer = Process::start(command.args(["--open-links", "--no-audio"]));
    wait_until("the viewer", || {
        (viewer::joined(&server) == 1).then_some(())
    });
    let links: String = (0..40).map(|i| format!("http://a.example/{i}\n")).collect();
    std::fs::write(server.folder().path("home/go"), links).unwrap();
    let went = wait_until("all of them", || {
        let went = std::fs::read_to_string(server.folder().path("home/went")).ok()?;
        (went.lines().count() == 40).then_some(went)
    });
    let passed = went.lines().filter(|code| *code == "0").count();
    assert!((1..40).contains(&passed), "{went}");
    let said = std::fs::read_to_string(server.folder().path("home/said")).unwrap();
    assert!(said.contains("too many links"), "{said}");
}

#[test]
fn guests_who_only_watch_get_no_links() {
    let options = ["--enable", "links", "--view-token"];
    let server = session(&options, "x-www-browser");
    block_on(async {
        let guest = Hello {
            token: server.view_token(),
            desktop: DesktopShare {
                notifications: true,
                links: true,
            },
            ..hello(&server)
        };
        let mut peer = Peer::connect(&server).await;
        peer.tell(&ViewerMessage::Hello(guest)).await;
        let welcome = |message| match message {
            ServerMessage::Welcome(welcome) => Some(welcome.desktop),
            _ => None,
        };
        assert_eq!(peer.hear(welcome).await, DesktopShare::default());
        assert_ne!(open(&server, 1, "https://a.example/"), 0);
    });
}
