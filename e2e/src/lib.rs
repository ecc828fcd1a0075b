//! Tests of the real programs on real displays and networks.
//!
//! This library holds what the tests share: it starts [servers](server), [viewers](viewer),
//! [displays](display), [terminals](pty), [control planes](plane), [keyrings](keyring), [agents of nodes](agent_scene), [containers](container), [networks](netns), [routers](relay) and
//! [browsers](firefox), knows the [runbook], and [compares](compare) what the viewer shows with what
//! is on the server's display. All of it ends when its value is dropped. The tests themselves are in
//! `tests/`, one file for each subject.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on fails"
)]

pub mod agent_scene;
pub mod compare;
pub mod container;
pub mod desktop;
pub mod display;
pub mod drop;
pub mod ears;
pub mod firefox;
pub mod folder;
mod framebuffer;
pub mod heal;
pub mod hostile;
pub mod hub;
pub mod input_method;
pub mod keyboard;
pub mod keyring;
pub mod microphone;
pub mod mock_hub;
pub mod netns;
pub mod node;
pub mod person;
pub mod plane;
pub mod pointer;
pub mod process;
pub mod processor;
pub mod pty;
pub mod relay;
pub mod runbook;
pub mod scripts;
pub mod server;
pub mod sound;
pub mod terminal;
pub mod text_field;
pub mod typing;
pub mod victim;
pub mod viewer;
pub mod windows;
pub mod xclip;

use std::path::PathBuf;
use std::time::{Duration, Instant};

/// Far more than anything here takes; only keeps a broken test from hanging.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// Between two looks at something that cannot tell of its changes.
const LOOK: Duration = Duration::from_millis(20);

/// Looks until there is something to see.
///
/// # Panics
/// If there is nothing for [`PATIENCE`]; `what` was waited for.
pub fn wait_until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(seen) = look() {
            return seen;
        }
        assert!(Instant::now() < deadline, "waited in vain: {what}");
        std::thread::sleep(LOOK);
    }
}

/// One of our programs, as built beside this test.
///
/// # Panics
/// If it was not built.
#[must_use]
pub fn program(name: &str) -> PathBuf {
    let path = build_directory().join(name);
    assert!(
        path.exists(),
        "there is no {}: use `cargo xtask test`, or run `cargo build --workspace --bins` before",
        path.display()
    );
    path
}

/// Where failed tests leave what they saw.
pub(crate) fn evidence_directory() -> PathBuf {
    let path = build_directory().with_file_name("e2e");
    std::fs::create_dir_all(&path).expect("a directory for evidence");
    path
}

/// Cargo puts tests one folder below the programs.
fn build_directory() -> PathBuf {
    let test = std::env::current_exe().expect("the test's own path");
    let directory = test.ancestors().nth(2).expect("a build directory");
    directory.to_owned()
}
