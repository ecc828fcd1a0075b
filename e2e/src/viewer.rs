//! Viewers: inside the test, and as processes.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;

use hackstream_view::config::{Options, Token, TrustPolicy};
use hackstream_view::headless::Viewer;

use crate::PATIENCE;
use crate::compare::Picture;
use crate::process::{Process, bound_command};
use crate::program;
use crate::server::Server;
use crate::sound::Loudspeaker;

/// How a viewer of this server is to connect.
///
/// # Panics
/// If the server's token or address is none.
#[must_use]
pub fn options(server: &Server) -> Options {
    let address = server.ready.listen.parse().expect("an address");
    let token = Token::new(server.token.clone()).expect("a token");
    Options::headless(
        address,
        token,
        TrustPolicy::Pinned(server.ready.fingerprint),
    )
}

/// A viewer inside the test that has the first picture.
///
/// # Panics
/// If the server does not admit it.
#[must_use]
pub fn connect(server: &Server) -> Viewer {
    connect_with(server, options(server))
}

/// The same, with options of the test.
///
/// # Panics
/// If the server does not admit it.
#[must_use]
pub fn connect_with(server: &Server, options: Options) -> Viewer {
    let viewer = Viewer::connect(options).expect("a viewer");
    let complete = viewer.wait_for(|picture| picture.is_complete(), PATIENCE);
    assert!(complete, "no first picture: {:?}", server.process.stderr);
    viewer
}

/// The command of a viewer without a window.
///
/// # Panics
/// If the server's token is not text.
#[must_use]
pub fn command(server: &Server) -> Command {
    let mut command = bound_command(program("hackstream-view"));
    server.folder().use_in(&mut command);
    let token = String::from_utf8(server.token.clone()).expect("text");
    command
        .env("HACKSTREAM_TOKEN", token)
        .args([&server.ready.listen, "--headless", "--fingerprint"])
        .arg(server.ready.fingerprint.to_string());
    command
}

/// Has the words of a command connect to `address` in place of the server's own.
///
/// # Panics
/// If the command does not name the server.
pub fn redirect(command: &mut [String], server: &Server, address: SocketAddr) {
    let named = command
        .iter_mut()
        .find(|word| **word == server.ready.listen);
    *named.expect("the server's address") = address.to_string();
}

/// The command of a viewer with a window, for a [display](crate::display) to run.
///
/// # Panics
/// If the server's token or a path is not text.
#[must_use]
pub fn window_command(server: &Server) -> Vec<String> {
    let program = program("hackstream-view");
    let token = String::from_utf8(server.token.clone()).expect("text");
    vec![
        program.to_str().expect("UTF-8").to_owned(),
        server.ready.listen.clone(),
        "--token".to_owned(),
        token,
        "--fingerprint".to_owned(),
        server.ready.fingerprint.to_string(),
    ]
}

/// A viewer without a window that the server has admitted.
///
/// # Panics
/// If it was not admitted.
#[must_use]
pub fn start(server: &Server, arguments: &[&str]) -> Process {
    start_command(server, command(server).args(arguments))
}

/// The same; it plays on the loudspeaker, and hears what the microphone beside it hears.
///
/// # Panics
/// If it was not admitted.
#[must_use]
pub fn start_with_sound(server: &Server, loudspeaker: &Loudspeaker, arguments: &[&str]) -> Process {
    let mut command = command(server);
    loudspeaker.use_in(&mut command);
    start_command(server, command.args(arguments))
}

fn start_command(server: &Server, command: &mut Command) -> Process {
    let before = joined(server);
    let viewer = Process::start(command);
    crate::wait_until("a viewer to join", || {
        (joined(server) > before).then_some(())
    });
    viewer
}

/// Viewers that the server has admitted so far.
#[must_use]
pub fn joined(server: &Server) -> usize {
    let log = server.process.stderr.all();
    log.iter().filter(|l| l.contains("viewer joined")).count()
}

/// What a viewer that is started now shows once its picture is complete and quiet.
///
/// # Panics
/// If it fails.
#[must_use]
pub fn screenshot(server: &Server) -> Picture {
    let file = screenshot_file(server, "now");
    let mut viewer = Process::start(command(server).arg("--screenshot").arg(&file));
    finish_screenshot(&mut viewer, &file)
}

/// Where a viewer of this server may put a picture.
#[must_use]
pub fn screenshot_file(server: &Server, name: &str) -> PathBuf {
    server.folder().path(&format!("{name}.png"))
}

/// The picture of a viewer that takes one and ends.
///
/// # Panics
/// If it fails.
#[must_use]
pub fn finish_screenshot(viewer: &mut Process, file: &Path) -> Picture {
    let ended = viewer.wait();
    assert_eq!(ended.code, Some(0), "{:?}", ended.stderr);
    Picture::read_png(file)
}
