//! A network that goes away and comes back.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on fails"
)]

use std::time::Duration;

use hackstream_e2e::PATIENCE;
use hackstream_e2e::compare::{exact, rest, step};
use hackstream_e2e::netns::{Network, SERVER_ADDRESS};
use hackstream_e2e::server::{Board, Folder, Run, SIZE, Server};
use hackstream_e2e::viewer;
use hackstream_view::headless::LinkState;

/// How long the cable is out.
const CUT: Duration = Duration::from_secs(20);

#[test]
fn the_same_viewer_goes_on_after_the_network_was_away() {
    let network = match Network::create() {
        Ok(network) => network,
        Err(reason) => {
            eprintln!("SKIPPED, the network cannot be cut here: {reason}");
            return;
        }
    };
    // A thread of its own, because it changes its network for good.
    let cut = std::thread::spawn(move || cut_and_mend(&network));
    if let Err(panic) = cut.join() {
        std::panic::resume_unwind(panic);
    }
}

fn cut_and_mend(network: &Network) {
    let folder = Folder::new();
    let board = Board::new(&folder);
    let run = Run {
        size: SIZE,
        listen: &format!("{SERVER_ADDRESS}:0"),
        namespace: Some(&network.server),
    };
    let server = Server::run_as(&run, folder, &board.command());
    network.viewer.enter();
    let viewer = viewer::connect(&server);
    step(&server, &[&viewer], "writing before the cut", || {
        board.fill(1, 20)
    });

    network.pull();
    let noticed = viewer.wait_for_link(|l| matches!(l, LinkState::Interrupted { .. }), PATIENCE);
    assert!(noticed, "the viewer does not notice the cut");
    board.fill(2, 60);
    rest(&server, "writing during the cut");
    std::thread::sleep(CUT);
    assert_ne!(viewer.link(), LinkState::Ended);
    network.mend();

    let live = viewer.wait_for_link(|link| link == LinkState::Live, PATIENCE);
    assert!(live, "the viewer does not come back: {:?}", viewer.link());
    exact(&server, &[&viewer], "the picture after the cut");
    step(&server, &[&viewer], "writing after the cut", || {
        board.fill(3, 20)
    });
}
