//! Files go both ways, and nowhere else.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on fails"
)]

use std::path::{Path, PathBuf};

use hackstream_e2e::display::Display;
use hackstream_e2e::drop::drop_file;
use hackstream_e2e::folder::{Folder, wait_until_nothing_is_left};
use hackstream_e2e::hostile::{Peer, block_on, noise, within};
use hackstream_e2e::process::Process;
use hackstream_e2e::server::{Run, SIZE, Server};
use hackstream_e2e::terminal::terminal;
use hackstream_e2e::{viewer, wait_until};
use hackstream_protocol::wire::StreamKind;
use hackstream_protocol::wire::control::RefusalReason;
use hackstream_protocol::wire::files::{FileDemand, FileRefusal, FileSupply};
use hackstream_protocol::wire::input::{InputEvent, KeyCode, Transition};
use rustix::process::Signal;

const ON: &[&str] = &["--enable", "file-transfer"];

fn session(options: &[&str]) -> Server {
    let run = Run {
        options,
        ..Run::default()
    };
    Server::run_as(&run, Folder::new(), &terminal(&["cat"]))
}

/// Where files of viewers go if nothing is said.
fn inbox(server: &Server) -> PathBuf {
    server.folder().path("home/Downloads/HackStream")
}

/// A file beside the server's that is to be sent.
fn written(server: &Server, name: &str, contents: &[u8]) -> PathBuf {
    let folder = server.folder().path("to-send");
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join(name);
    std::fs::write(&path, contents).unwrap();
    path
}

fn large(megabytes: usize) -> Vec<u8> {
    noise(9).take(megabytes << 20).collect()
}

/// Files in a folder, hidden ones too, without its folders.
fn names(folder: &Path) -> Vec<String> {
    let items = std::fs::read_dir(folder).unwrap().map(Result::unwrap);
    let files = items.filter(|item| !item.file_type().unwrap().is_dir());
    let mut names: Vec<String> = files
        .map(|file| file.file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// A viewer that sends files and leaves; its exit code and what it said.
fn send(server: &Server, paths: &[&Path]) -> (Option<i32>, String) {
    let mut command = viewer::command(server);
    for path in paths {
        command.arg("--send").arg(path);
    }
    let ended = Process::start(&mut command).wait();
    (ended.code, ended.stderr.join("\n"))
}

/// Waits until the session has noticed a file that is to go to viewers.
fn wait_for_offer(server: &Server, name: &str) {
    server.process.stderr.wait_for("an offer", |line| {
        (line.contains("for viewers") && line.contains(name)).then_some(())
    });
}

#[test]
fn files_go_to_the_session_and_overwrite_nothing() {
    let server = session(ON);
    let contents = large(3);
    let letter = written(&server, "naïve ж.txt", b"first");
    let film = written(&server, ".film.mkv", &contents);
    let empty = written(&server, "empty", b"");
    let (code, said) = send(&server, &[&letter, &film, &empty]);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("naïve ж.txt is in the session"), "{said}");
    std::fs::write(&letter, b"second").unwrap();
    let (code, said) = send(&server, &[&letter]);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("in the session as naïve ж (1).txt"), "{said}");
    let inbox = inbox(&server);
    let expected = ["empty", "film.mkv", "naïve ж (1).txt", "naïve ж.txt"];
    assert_eq!(names(&inbox), expected);
    let read = |name| std::fs::read(inbox.join(name)).unwrap();
    assert!(read("film.mkv") == contents);
    assert_eq!(read("naïve ж.txt"), b"first");
    assert_eq!(read("naïve ж (1).txt"), b"second");
    assert_eq!(read("empty"), b"");
}

#[test]
fn files_of_the_session_come_to_the_viewer() {
    let server = session(ON);
    let outbox = inbox(&server).join("Outbox");
    let contents = large(3);
    // One was there before the viewer came, as a browser writes it; one comes later.
    std::fs::write(outbox.join("page.pdf"), b"").unwrap();
    std::fs::write(outbox.join("page.pdf.part"), &contents).unwrap();
    std::fs::rename(outbox.join("page.pdf.part"), outbox.join("page.pdf")).unwrap();
    let downloads = server.folder().path("downloads");
    std::fs::create_dir(&downloads).unwrap();
    std::fs::write(downloads.join("late.txt"), b"of the person").unwrap();
    let accept = ["--accept-files", downloads.to_str().unwrap()];
    let _viewer = viewer::start(&server, &accept);
    let arrives = |name: &str| {
        wait_until(&format!("the arrival of {name}"), || {
            std::fs::read(downloads.join(name)).ok()
        })
    };
    assert!(arrives("page.pdf") == contents);
    std::fs::write(outbox.join("late.txt"), b"of the session").unwrap();
    assert_eq!(arrives("late (1).txt"), b"of the session");
    let sent = outbox.join("Sent");
    wait_until("both in the folder of what was sent", || {
        // It is made for the first one.
        (sent.exists() && names(&sent) == ["late.txt", "page.pdf"]).then_some(())
    });
    assert_eq!(names(&outbox), [""; 0]);
    assert_eq!(names(&downloads), ["late (1).txt", "late.txt", "page.pdf"]);
}

#[test]
fn the_person_is_asked_in_the_window() {
    let server = session(ON);
    let display = Display::start(SIZE, Folder::new(), &viewer::window_command(&server));
    let downloads = display.folder.path("home/Downloads");
    let outbox = inbox(&server).join("Outbox");
    wait_until("the viewer", || {
        (viewer::joined(&server) == 1).then_some(())
    });
    std::fs::write(outbox.join("one.txt"), b"one").unwrap();
    let mut hands = display.injector();
    let mut chord = |key: u16| {
        let keys = [29, 56, key].map(KeyCode);
        for key in keys {
            hands
                .inject(InputEvent::Key(key, Transition::Press))
                .unwrap();
        }
        for key in keys {
            hands
                .inject(InputEvent::Key(key, Transition::Release))
                .unwrap();
        }
        std::thread::sleep(std::time::Duration::from_millis(100));
    };
    // Until the window is there and has the focus nobody hears the keys; later they are the session's.
    wait_until("the file that the person took", || {
        chord(28);
        downloads.join("one.txt").exists().then_some(())
    });
    assert_eq!(std::fs::read(downloads.join("one.txt")).unwrap(), b"one");
    std::fs::write(outbox.join("two.txt"), b"two").unwrap();
    wait_for_offer(&server, "two.txt");
    for _ in 0..20 {
        chord(107);
    }
    assert_eq!(names(&outbox), ["two.txt"], "nobody wants it");
    assert_eq!(names(&downloads), ["one.txt"]);
}

#[test]
fn a_file_dropped_on_the_window_is_in_the_session() {
    let server = session(ON);
    let display = Display::start(SIZE, Folder::new(), &viewer::window_command(&server));
    let contents = large(1);
    let letter = written(&server, "dropped.bin", &contents);
    drop_file(&display, &letter);
    let stored = inbox(&server).join("dropped.bin");
    let read = wait_until("the file", || std::fs::read(&stored).ok());
    assert!(read == contents);
}

#[test]
fn without_being_enabled_there_are_no_files() {
    let server = session(&[]);
    let letter = written(&server, "letter.txt", b"dear");
    let (code, said) = send(&server, &[&letter]);
    assert_eq!(code, Some(8), "{said}");
    assert!(said.contains("--enable file-transfer"), "{said}");
    assert!(!inbox(&server).exists());
    for kind in [StreamKind::FileToSession, StreamKind::FileToViewer] {
        block_on(async {
            let peer = Peer::admitted(&server).await;
            let _stream = Talk::open(&peer, kind).await;
            let protocol_error = u64::from(RefusalReason::ProtocolError.close_code());
            assert_eq!(peer.closed().await, protocol_error);
        });
    }
}

#[test]
fn what_is_too_large_is_refused_by_whoever_gets_it() {
    let server = session(&[ON, &["--max-file-size", "100k"]].concat());
    let big = written(&server, "big", &large(1));
    let small = written(&server, "small", b"small");
    let (code, said) = send(&server, &[&big, &small]);
    assert_eq!(code, Some(8), "{said}");
    assert!(said.contains("at most 100 kB"), "{said}");
    assert_eq!(names(&inbox(&server)), ["small"], "the next one passes");
    block_on(async {
        let peer = Peer::admitted(&server).await;
        let answer = Talk::give(&peer, "x", 100_001, &[]).await;
        assert!(refused(&answer, FileRefusal::TooLarge), "{answer:?}");
    });
    let downloads = server.folder().path("downloads");
    let folder = downloads.to_str().unwrap();
    let limits = ["--accept-files", folder, "--max-file-size", "1000"];
    let viewer = viewer::start(&server, &limits);
    let outbox = inbox(&server).join("Outbox");
    std::fs::write(outbox.join("big"), [7; 2000]).unwrap();
    viewer.stderr.wait_for("a refusal", |line| {
        line.contains("at most 1.0 kB are taken").then_some(())
    });
    assert_eq!(names(&outbox), ["big"]);
}

#[test]
fn names_and_sizes_of_a_hostile_viewer_lead_nowhere() {
    let server = session(ON);
    let inbox = inbox(&server);
    let secret = server.folder().path("home/secret");
    std::fs::write(&secret, "untouched").unwrap();
    std::os::unix::fs::symlink(&secret, inbox.join("link")).unwrap();
    std::os::unix::fs::symlink("/nonexistent/x", inbox.join("dangling")).unwrap();
    block_on(async {
        let peer = Peer::admitted(&server).await;
        for (name, stored) in [
            ("../../x", "x"),
            ("/etc/x", "x (1)"),
            ("", "file"),
            ("a\0b\n", "ab"),
            (".profile", "profile"),
            ("link", "link (1)"),
            ("dangling", "dangling (1)"),
            ("con.txt", "_con.txt"),
            ("photo\u{202e}gpj.exe", "photogpj.exe"),
        ] {
            let answer = Talk::give(&peer, name, 3, &[b"abc"]).await;
            assert_eq!(
                answer,
                Some(FileDemand::Stored(stored.to_owned())),
                "{name:?}"
            );
        }
        for pieces in [&[&b"ab"[..]][..], &[b"ab", b"cd"], &[], &[b"abcd"]] {
            let answer = Talk::give(&peer, "liar", 3, pieces).await;
            assert!(refused(&answer, FileRefusal::WrongSize), "{answer:?}");
        }
        let answer = Talk::give(&peer, "vast", u64::MAX, &[]).await;
        assert!(refused(&answer, FileRefusal::TooLarge), "{answer:?}");
    });
    for malformed in [
        framed(|out| out.extend([1, 1, 2, 0xff, 0xfe, 2, 1, 3])),
        framed(|out| start("n".repeat(256).as_str(), 3).write(out)),
        framed(|out| FileSupply::Piece(vec![0; 70_000]).write(out)),
        framed(|out| FileSupply::End.write(out)),
    ] {
        block_on(async {
            let peer = Peer::admitted(&server).await;
            let mut talk = Talk::open(&peer, StreamKind::FileToSession).await;
            talk.say(&malformed).await;
            let protocol_error = u64::from(RefusalReason::ProtocolError.close_code());
            assert_eq!(peer.closed().await, protocol_error);
        });
    }
    let stored = names(&inbox);
    let strays = stored
        .iter()
        .filter(|name| name.starts_with('.') || name.contains("liar") || name.contains("vast"));
    assert_eq!(strays.count(), 0, "{stored:?}");
    assert_eq!(std::fs::read_to_string(&secret).unwrap(), "untouched");
    let home = names(&server.folder().path("home"));
    assert!(!home.iter().any(|name| name == "x"), "{home:?}");
}

#[test]
fn a_fetch_of_what_was_not_offered_gets_nothing() {
    let server = session(ON);
    let outbox = inbox(&server).join("Outbox");
    std::os::unix::fs::symlink("/etc/hostname", outbox.join("link")).unwrap();
    std::fs::write(outbox.join("ours"), "ours").unwrap();
    wait_for_offer(&server, "ours");
    block_on(async {
        let peer = Peer::admitted(&server).await;
        for number in [0, 2, 77, u64::MAX] {
            let mut talk = Talk::open(&peer, StreamKind::FileToViewer).await;
            talk.say(&framed(|out| FileDemand::Fetch(number).write(out)))
                .await;
            assert_eq!(talk.message().await, None, "{number}");
        }
        let mut talk = Talk::open(&peer, StreamKind::FileToViewer).await;
        talk.say(&framed(|out| FileDemand::Fetch(1).write(out)))
            .await;
        let first = talk.message().await.unwrap();
        assert_eq!(FileSupply::read(&first), Ok(Some(start("ours", 4))));
    });
}

#[test]
fn a_full_disk_is_told_and_keeps_nothing_of_the_file() {
    let folder = Folder::new();
    let disk = folder.path("disk");
    std::fs::create_dir(&disk).unwrap();
    let directory = disk.to_str().unwrap().to_owned();
    let run = Run {
        options: &[ON, &["--files-dir", &directory]].concat(),
        small_disk: Some((&disk, 1 << 20)),
        ..Run::default()
    };
    let server = Server::run_as(&run, folder, &terminal(&["cat"]));
    let big = written(&server, "big", &large(2));
    let (code, said) = send(&server, &[&big]);
    assert_eq!(code, Some(8), "{said}");
    assert!(said.contains("there is no room for it"), "{said}");
    // The test sees the disk through the process that has it.
    let process = server.process.pid().as_raw_nonzero();
    let seen = PathBuf::from(format!("/proc/{process}/root{directory}"));
    block_on(async {
        let peer = Peer::admitted(&server).await;
        let mut talk = Talk::open(&peer, StreamKind::FileToSession).await;
        let piece = framed(|out| FileSupply::Piece(vec![1; 60_000]).write(out));
        talk.say(&framed(|out| start("half", 600_000).write(out)))
            .await;
        talk.say(&piece).await;
        assert!(matches!(
            talk.answer().await,
            Some(FileDemand::Taken(60_000))
        ));
        // Somebody else fills the disk meanwhile.
        let filler = std::fs::write(seen.join("filler"), vec![0; 1 << 20]);
        assert!(filler.is_err(), "the disk is larger than it should be");
        talk.say(&piece).await;
        let answer = talk.answer().await;
        assert!(refused(&answer, FileRefusal::NoRoom), "{answer:?}");
        std::fs::remove_file(seen.join("filler")).unwrap();
        let answer = Talk::give(&peer, "small", 3, &[b"abc"]).await;
        assert_eq!(answer, Some(FileDemand::Stored("small".to_owned())));
    });
    assert_eq!(names(&seen), ["small"]);
}

#[test]
fn whoever_is_killed_in_the_middle_leaves_nothing_unfinished() {
    let server = session(ON);
    let inbox = inbox(&server);
    let big = written(&server, "big", &large(200));
    let mut command = viewer::command(&server);
    let sender = Process::start(command.arg("--send").arg(&big));
    server.process.stderr.wait_for("the beginning", |line| {
        line.contains("a file comes from a viewer").then_some(())
    });
    sender.signal(Signal::KILL);
    drop(sender);
    assert_eq!(names(&inbox), [""; 0]);
    let taken = viewer::joined(&server);
    let sender = Process::start(command.stdin(std::process::Stdio::null()));
    wait_until("the second sender", || {
        let log = server.process.stderr.all();
        let begun = log
            .iter()
            .filter(|l| l.contains("a file comes from a viewer"));
        (begun.count() > taken).then_some(())
    });
    server.process.signal(Signal::KILL);
    wait_until("the end of the server", || {
        server.folder().sessions().is_empty().then_some(())
    });
    assert_eq!(names(&inbox), [""; 0]);
    drop(sender);
    wait_until_nothing_is_left(server.folder());
}

/// A stream for a file, spoken byte by byte.
struct Talk {
    send: quinn::SendStream,
    receive: quinn::RecvStream,
}

impl Talk {
    async fn open(peer: &Peer, kind: StreamKind) -> Self {
        let (send, receive) = within(peer.quic.open_bi()).await.unwrap();
        let mut talk = Self { send, receive };
        talk.say(&[kind as u8]).await;
        talk
    }

    /// Gives a file; the session's last word on it.
    async fn give(peer: &Peer, name: &str, size: u64, pieces: &[&[u8]]) -> Option<FileDemand> {
        let mut talk = Self::open(peer, StreamKind::FileToSession).await;
        talk.say(&framed(|out| start(name, size).write(out))).await;
        for piece in pieces {
            talk.say(&framed(|out| FileSupply::Piece(piece.to_vec()).write(out)))
                .await;
        }
        talk.say(&framed(|out| FileSupply::End.write(out))).await;
        loop {
            match talk.answer().await {
                Some(FileDemand::Taken(_)) => {}
                last => return last,
            }
        }
    }

    /// Whether the server takes it is its affair.
    async fn say(&mut self, bytes: &[u8]) {
        let _ = within(self.send.write_all(bytes)).await;
    }

    async fn answer(&mut self) -> Option<FileDemand> {
        FileDemand::read(&self.message().await?).unwrap()
    }

    async fn message(&mut self) -> Option<Vec<u8>> {
        let mut head = [0; 4];
        within(self.receive.read_exact(&mut head)).await.ok()?;
        let mut body = vec![0; u32::from_le_bytes(head) as usize];
        within(self.receive.read_exact(&mut body)).await.ok()?;
        Some(body)
    }
}

fn start(name: &str, size: u64) -> FileSupply {
    let name = name.to_owned();
    FileSupply::Start { name, size }
}

fn framed(fill: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut body = Vec::new();
    fill(&mut body);
    [&(body.len() as u32).to_le_bytes()[..], &body].concat()
}

fn refused(answer: &Option<FileDemand>, expected: FileRefusal) -> bool {
    matches!(answer, Some(FileDemand::Refused { reason, .. }) if *reason == expected)
}
