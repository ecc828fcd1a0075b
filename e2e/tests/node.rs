//! Sessions in namespaces of their own: what starts them, what ends them, and what is left.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on fails"
)]

use hackstream_control_api::session::StopCause;
use hackstream_control_api::time::Seconds;
use hackstream_e2e::node::{Node, spec};
use hackstream_node::driver::Driver;
use hackstream_node::record::{Life, StopOrder};

const SOON: StopOrder = StopOrder {
    grace: Seconds(5),
    cause: StopCause::User,
};

#[test]
fn a_session_starts_once_and_ends_when_told() {
    let node = Node::new();
    let spec = spec(&["xterm"]);
    let ready = node.ready(&spec);
    assert_eq!(ready.server_spki.as_ref().map(String::len), Some(64));
    assert!(node.processes(&ready, spec.session).len() > 4);
    // Told once more, it goes on.
    node.driver.boot(&spec).unwrap();
    assert_eq!(node.find(spec.session).unwrap().record, ready);
    node.driver.stop(spec.session, SOON).unwrap();
    let ended = node.ended(spec.session);
    assert!(
        matches!(
            ended.life,
            Life::Ended {
                cause: StopCause::User,
                ..
            }
        ),
        "{ended:?}"
    );
    assert_eq!(node.processes(&ready, spec.session), [""; 0]);
}
