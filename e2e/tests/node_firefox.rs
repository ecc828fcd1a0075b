//! Firefox in a session of a node: it works, and keeps the sandbox that it makes for itself.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on fails"
)]

use std::path::PathBuf;

use hackstream_e2e::compare::Screen as _;
use hackstream_e2e::node::{Node, spec, visit};
use hackstream_e2e::wait_until;
use hackstream_node::driver::Driver as _;
use hackstream_node::driver::local::processes::{children, in_namespace, namespace_of};

/// The colour of the page, drawn by a process that only has what Firefox leaves it.
const GREEN: u32 = 0x0000_c000;

const FIREFOX: &str = "mkdir ~/profile && cd ~/profile && \
    echo 'user_pref(\"datareporting.policy.dataSubmissionEnabled\", false); \
          user_pref(\"browser.aboutwelcome.enabled\", false);' > user.js && \
    echo '<body style=background:#00c000><script>document.title = 1 + 1</script>' > page.html && \
    exec firefox-esr --no-remote --profile . page.html";

#[test]
fn firefox_shows_a_page_from_within_its_own_sandbox() {
    let node = Node::new();
    let spec = spec(&["sh", "-c", FIREFOX]);
    let ready = node.ready(&spec);
    let viewer = visit(
        spec.session,
        ready.port,
        ready.server_spki.as_ref().unwrap(),
    );
    wait_until("the page", || {
        (viewer.picture().at(400, 450) == Some(GREEN)).then_some(())
    });
    // Processes for pages, each in a namespace of users below the session's.
    let init = ready.init.unwrap().pid;
    let users = |process: i32| std::fs::read_link(format!("/proc/{process}/ns/user")).ok();
    let sessions_users: Option<PathBuf> = users(children(init)[0]);
    let all = std::iter::once(init).chain(descendants(init));
    let pages: Vec<i32> = all
        .filter(|process| {
            let command = std::fs::read(format!("/proc/{process}/cmdline")).unwrap_or_default();
            let command = String::from_utf8_lossy(&command).replace('\0', " ");
            command.contains("-contentproc") && command.trim_end().ends_with(" tab")
        })
        .collect();
    assert!(!pages.is_empty(), "{}", node.log(spec.session));
    assert!(namespace_of(init).is_some_and(|own| !in_namespace(&own).is_empty()));
    for page in pages {
        let own = users(page);
        assert!(
            own.is_none() || own != sessions_users,
            "process {page} has no sandbox"
        );
    }
    node.driver.kill(spec.session).unwrap();
}

/// All below a process, in whatever namespaces.
fn descendants(process: i32) -> Vec<i32> {
    let mut all = children(process);
    let mut next = 0;
    while let Some(&one) = all.get(next) {
        all.extend(children(one));
        next += 1;
    }
    all
}
