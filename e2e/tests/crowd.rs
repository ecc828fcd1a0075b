//! Viewers come and go by the hundred, and one stays.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on fails"
)]

use hackstream_e2e::compare::{exact, step};
use hackstream_e2e::folder::Folder;
use hackstream_e2e::hostile::{Peer, block_on, hello};
use hackstream_e2e::server::{Run, Server};
use hackstream_e2e::terminal::Board;
use hackstream_e2e::{PATIENCE, viewer, wait_until};
use hackstream_protocol::wire::StreamKind;
use hackstream_protocol::wire::control::{SeatWish, ViewerMessage};
use hackstream_view::headless::{Picture, Viewer};

/// Viewers that come and go while what is left behind is measured.
const VISITS: usize = 100;

/// Those before: thread pools take their shape, and each of the allocator's arenas has been in use.
const WARM_UP: usize = 100;

/// What the server may have grown by after all are gone, in bytes. One viewer takes some megabytes,
/// so that a hundred that were not let go of are far beyond it.
const GROWTH: u64 = 6 << 20;

/// What a process of the system holds.
#[derive(Debug, PartialEq, Eq)]
struct Held {
    threads: usize,
    descriptors: usize,
}

struct Crowd {
    server: Server,
    board: Board,
    steady: Viewer,
    written: u32,
}

impl Crowd {
    fn gather() -> Self {
        let folder = Folder::new();
        let board = Board::new(&folder);
        let server = Server::run_as(&Run::default(), folder, &board.command());
        let steady = viewer::connect(&server);
        exact(&server, &[&steady], "before the crowd");
        Self {
            server,
            board,
            steady,
            written: 0,
        }
    }

    /// The picture changes, and the steady viewer gets a frame of it however many come and go.
    fn expect_a_frame(&mut self) {
        let frames = self.steady.frames_applied();
        self.written += 1;
        self.board.write(&format!("line {}\n", self.written));
        let came = |picture: &Picture| picture.frames_applied() > frames;
        assert!(self.steady.wait_for(came, PATIENCE), "frames have stopped");
    }

    /// Viewers come and go: most at the level of the protocol, some in the middle of the handshake
    /// or without a word, and now and then a real one.
    fn come_and_go(&mut self, visits: usize) {
        for visit in 0..visits {
            if visit % 10 == 9 {
                drop(viewer::connect(&self.server));
            } else {
                block_on(visit_of_a_peer(&self.server, visit));
            }
            self.expect_a_frame();
        }
    }

    fn folder_of_process(&self, name: &str) -> std::path::PathBuf {
        let process = self.server.process.pid().as_raw_nonzero();
        format!("/proc/{process}/{name}").into()
    }

    fn held(&self) -> Held {
        let count = |name| {
            let entries = std::fs::read_dir(self.folder_of_process(name)).unwrap();
            entries.count()
        };
        Held {
            threads: count("task"),
            descriptors: count("fd"),
        }
    }

    /// The server's own memory: its share of what the session's screen takes is none of a viewer's.
    fn memory(&self) -> u64 {
        let rollup = std::fs::read_to_string(self.folder_of_process("smaps_rollup")).unwrap();
        let line = rollup
            .lines()
            .find(|line| line.starts_with("Pss:"))
            .unwrap();
        let kibibytes = line.split_whitespace().nth(1).unwrap();
        kibibytes.parse::<u64>().unwrap() * 1024
    }
}

async fn visit_of_a_peer(server: &Server, visit: usize) {
    let (mut peer, _ticket) = Peer::greeting(server, &hello(server)).await;
    match visit % 5 {
        // It types, holds a key and goes without a word.
        0 => {
            let _input = peer.open(&[StreamKind::Input as u8, 1, 42]).await;
            peer.leave().await;
        }
        // It takes control and goes in peace.
        1 => {
            peer.tell(&ViewerMessage::Seat(SeatWish::ControlAlone))
                .await;
            peer.tell(&ViewerMessage::Bye).await;
            peer.closed().await;
        }
        // It breaks the protocol.
        2 => {
            peer.say(&[4, 0, 0, 0, 2, 1, 1, 77]).await;
            peer.closed().await;
        }
        _ => peer.leave().await,
    }
}

#[test]
fn a_hundred_viewers_that_come_and_go_disturb_nobody_and_leave_nothing() {
    let mut crowd = Crowd::gather();
    crowd.come_and_go(WARM_UP);
    // Not before the pool's threads are idle and gone.
    let settled = |crowd: &Crowd| {
        let mut before = crowd.held();
        wait_until("the server to rest", || {
            std::thread::sleep(std::time::Duration::from_secs(2));
            let now = crowd.held();
            let rests = now == before;
            before = now;
            rests.then_some(())
        });
        (crowd.held(), crowd.memory())
    };
    let (before, memory_before) = settled(&crowd);
    crowd.come_and_go(VISITS);
    wait_until("the end of all threads and descriptors", || {
        let held = crowd.held();
        let is_bounded = held.threads <= before.threads && held.descriptors <= before.descriptors;
        is_bounded.then_some(())
    });
    let memory = crowd.memory();
    println!("memory before {memory_before}, after {memory}; {before:?}");
    assert!(
        memory <= memory_before + GROWTH,
        "{memory_before} bytes became {memory}"
    );
    let joined = viewer::joined(&crowd.server);
    assert!(joined > WARM_UP + VISITS, "{joined} joined");
    step(&crowd.server, &[&crowd.steady], "after the crowd", || {
        crowd.board.fill(7, 10);
    });
    let log = crowd.server.process.stderr.all();
    assert!(!log.iter().any(|line| line.contains("panicked")), "{log:?}");
}
