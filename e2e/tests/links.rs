//! Links that the session's programs open go to the person's browser, if everybody agrees.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on fails"
)]

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;

use hackstream_e2e::compare::Screen;
use hackstream_e2e::display::Display;
use hackstream_e2e::folder::Folder;
use hackstream_e2e::hostile::{Peer, block_on, hello};
use hackstream_e2e::scripts::{Ended, Scripts};
use hackstream_e2e::server::{SIZE, Server};
use hackstream_e2e::{viewer, wait_until};
use hackstream_protocol::wire::control::{DesktopShare, Hello, ServerMessage, ViewerMessage};
use hackstream_protocol::wire::input::{InputEvent, KeyCode, Transition};

/// Hands a link over as programs do that know of it, which says why if it cannot.
fn hand(session: &Scripts, link: &str) -> Ended {
    let program = hackstream_e2e::program("hackstream-server");
    session.end(session.begin(&format!("'{}' open-link -- '{link}'", program.display())))
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

/// The edge of the viewer's own boxes.
const EDGE: u32 = 0x00d0_a030;

const ON: &[&str] = &["--enable", "links"];

#[test]
fn a_link_is_opened_by_the_persons_own_browser() {
    let session = Scripts::session(ON);
    let server = &session.server;
    let folder = Folder::new();
    let path = browser(&folder);
    let display = window(server, folder, path, &["--open-links"]);
    session.run("xdg-open 'https://a.example/?token=s3cret&b=$(id)'");
    let link = "1 https://a.example/?token=s3cret&b=$(id)";
    assert_eq!(opened(&display.folder, 1), link);
    session.run("x-www-browser 'HTTP://b.example/ü \"x'");
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
    let session = Scripts::session(ON);
    let folder = Folder::new();
    let path = browser(&folder);
    let display = window(&session.server, folder, path, &["--open-links"]);
    // What GTK's programs do, and those that go by the variable.
    session.run("gio open https://a.example/gtk");
    assert_eq!(opened(&display.folder, 1), "1 https://a.example/gtk");
    session.run("$BROWSER https://a.example/variable");
    assert_eq!(opened(&display.folder, 2), "1 https://a.example/variable");
}

#[test]
fn the_person_is_asked_in_the_window() {
    let session = Scripts::session(ON);
    let folder = Folder::new();
    let path = browser(&folder);
    let display = window(&session.server, folder, path, &[]);
    let screen = display.screen();
    let mut hands = display.injector();
    let mut answer = |key: u16| {
        let asks = || screen.picture().pixels.contains(&EDGE);
        wait_until("the question", || asks().then_some(()));
        // Until the window has the focus nobody hears the keys.
        wait_until("the end of the question", || {
            for transition in [Transition::Press, Transition::Release] {
                for key in [29, 56, key].map(KeyCode) {
                    hands.inject(InputEvent::Key(key, transition)).unwrap();
                }
            }
            std::thread::sleep(std::time::Duration::from_millis(100));
            (!asks()).then_some(())
        });
    };
    let (end, enter) = (107, 28);
    session.run("xdg-open https://one.example/");
    answer(end);
    session.run("xdg-open https://two.example/");
    answer(enter);
    assert_eq!(opened(&display.folder, 1), "1 https://two.example/");
}

#[test]
fn without_anybodys_consent_there_are_no_links() {
    // Off at the server: programs find no browser of ours.
    let session = Scripts::session(&[]);
    let said = session.run("echo \"$HACKSTREAM_LINKS,$BROWSER,$PATH\"");
    assert!(
        said.starts_with(",,") && !said.contains("handover"),
        "{said}"
    );
    // On, but the only viewer, being without a window, can ask nobody.
    let session = Scripts::session(ON);
    let _viewer = viewer::start(&session.server, &[]);
    let Ended { code, said } = hand(&session, "https://a.example/");
    assert!(code == 69 && said.contains("no viewer"), "{code} {said}");
}

#[test]
fn what_no_viewer_takes_is_opened_in_the_session() {
    let session = Scripts::session(ON);
    // The browser of the session, behind ours in the path.
    let script = "mkdir real; printf '#!/bin/sh\\necho here \"$@\"\\n' >real/x-www-browser; \
        chmod +x real/x-www-browser; PATH=${PATH%%:*}:$PWD/real:${PATH#*:}; \
        x-www-browser https://a.example/; x-www-browser page.html";
    let said = session.run(script);
    assert!(
        said.contains("here https://a.example/\nhere page.html\n"),
        "{said}"
    );
}

#[test]
fn what_is_no_web_page_is_refused() {
    let session = Scripts::session(ON);
    for link in [
        "file:///etc/passwd",
        "--help",
        "https://user:secret@a.example/",
    ] {
        let Ended { code, said } = hand(&session, link);
        assert!(code == 2 && said.contains("web pages"), "{code} {said}");
        assert!(!said.contains("secret"), "{said}");
    }
}

#[test]
fn a_program_in_a_loop_opens_few() {
    let session = Scripts::session(ON);
    let folder = Folder::new();
    let path = browser(&folder);
    let _display = window(&session.server, folder, path, &["--open-links"]);
    let program = hackstream_e2e::program("hackstream-server");
    let script = format!(
        "for i in $(seq 40); do '{}' open-link \"http://a.example/$i\" & done; wait",
        program.display()
    );
    let said = session.run(&script);
    assert!(said.contains("too many links"), "{said}");
}

#[test]
fn guests_who_only_watch_get_no_links() {
    let session = Scripts::session(&["--enable", "links", "--view-token"]);
    let server = &session.server;
    block_on(async {
        let guest = Hello {
            token: server.view_token(),
            desktop: DesktopShare {
                notifications: true,
                links: true,
            },
            ..hello(server)
        };
        let mut peer = Peer::connect(server).await;
        peer.tell(&ViewerMessage::Hello(guest)).await;
        let welcome = |message| match message {
            ServerMessage::Welcome(welcome) => Some(welcome.desktop),
            _ => None,
        };
        assert_eq!(peer.hear(welcome).await, DesktopShare::default());
        assert_eq!(hand(&session, "https://a.example/").code, 69);
    });
}

/// Somebody tries the image's first program in a session whose links are handed over.
#[test]
fn a_container_of_a_session_has_the_links_of_its_own_session() {
    let session = Scripts::session(ON);
    let server = hackstream_e2e::program("hackstream-server");
    let script = format!(
        "test -n \"$HACKSTREAM_LINKS\" || exit 3; \
         HACKSTREAM_LISTEN=127.0.0.1:0 HACKSTREAM_SIZE=320x240 \
         '{}' entrypoint --work-dir \"$PWD/work\" \
         sh -c 'echo \"<$HACKSTREAM_LINKS>\" >\"$0\"' \"$PWD/told\" >log 2>&1 || {{ cat log; exit 4; }}; \
         cat told",
        server.display()
    );
    assert_eq!(session.run(&script), "<>\n");
}
