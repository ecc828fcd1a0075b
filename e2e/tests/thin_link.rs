//! Firefox over a link that is too thin for what it shows.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on fails"
)]

use hackstream_e2e::compare::{Screen, exact, rest};
use hackstream_e2e::firefox::{SIZE, Sign, command, place};
use hackstream_e2e::folder::Folder;
use hackstream_e2e::keyboard::{click, point};
use hackstream_e2e::netns::{Network, SERVER_ADDRESS};
use hackstream_e2e::server::{Run, Server};
use hackstream_e2e::{viewer, wait_until};

/// A photograph of this page takes several seconds on such a link without loss.
const RATE: &str = "1mbit";

/// Mean difference of the colours at which a picture can be made out.
const CLOSE: f64 = 2.5;

#[test]
fn a_photograph_is_blurred_at_first_and_exact_in_the_end() {
    let network = Network::create().unwrap();
    network.server.limit(RATE).unwrap();
    // On a thread of its own, because it changes its network for good.
    let test = std::thread::spawn(move || another_photograph(&network));
    test.join().unwrap();
}

fn another_photograph(network: &Network) {
    let folder = Folder::new();
    let command = command(&folder, "photograph.html");
    let run = Run {
        size: SIZE,
        listen: &format!("{SERVER_ADDRESS}:0"),
        namespace: Some(&network.server),
        ..Run::default()
    };
    let server = Server::run_as(&run, folder, &command);
    Sign::Photograph.wait(&server);
    network.viewer.enter();
    let viewer = viewer::connect(&server);
    let (x, y) = place::PHOTOGRAPH;
    point(&viewer, x, y);
    exact(&server, &[&viewer], "the first photograph");
    let before = server.picture();
    click(&viewer, x, y);
    wait_until("another photograph", || {
        (server.picture() != before).then_some(())
    });
    rest(&server, "another photograph");
    let expected = server.picture();
    let close = wait_until("a picture that is close", || {
        let seen = viewer.picture();
        (seen.mean_difference(&expected) < CLOSE).then_some(seen)
    });
    assert!(close != expected, "exact so soon");
    exact(&server, &[&viewer], "another photograph");
}
