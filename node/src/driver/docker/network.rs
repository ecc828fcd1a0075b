//! A container's way to the internet, made from outside: the same as sessions of the local driver have.
//!
//! The container has a network with nothing in it, of which nobody in the container is an administrator.
//! Its server waits for its sockets until the way is there. slirp4netns lives until one end of a pipe is
//! closed whose other one the server holds: it ends with the container, whether or not we are there.

use std::io::Read as _;
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Stdio};
use std::time::Duration;

use rustix::pipe::{PipeFlags, pipe_with};
use rustix::process::geteuid;

use crate::NodeError;
use crate::driver::local::network::{self, Network};

/// How long it may take to be there.
const PATIENCE: Duration = Duration::from_secs(20);

/// What keeps a way out open.
pub(super) struct WayOut {
    /// Waited for when the session has ended.
    pub(super) carrier: Child,
    /// For the server to hold. With the last copy the way ends.
    pub(super) lifeline: OwnedFd,
}

/// The network of a container's process. Whether it was the container's is for the caller to ask
/// afterwards.
///
/// # Errors
/// [`NodeError::NoWayOut`] if we are not root, whom alone the kernel lets in; others as of
/// [`Network::of`].
pub(super) fn reach(process: i32) -> Result<Network, NodeError> {
    if !geteuid().is_root() {
        return Err(NodeError::NoWayOut);
    }
    Network::of(process)
}

/// Gives a container's network a way to the internet, and waits until that is there.
///
/// # Errors
/// [`NodeError`] if it is not there in time, or something is missing that it needs.
pub(super) async fn open(network: Network) -> Result<WayOut, NodeError> {
    let path = network.path();
    let mut way = start(&path)?;
    let mut said = way.carrier.stdout.take();
    let ready = tokio::task::spawn_blocking(move || {
        let mut byte = [0];
        said.as_mut()
            .is_some_and(|said| said.read(&mut byte).is_ok_and(|count| count == 1))
    });
    if !matches!(tokio::time::timeout(PATIENCE, ready).await, Ok(Ok(true))) {
        // Which also ends the wait for its word.
        let _ = way.carrier.kill();
        let _ = way.carrier.wait();
        let source = std::io::Error::other("the container's network did not come up");
        return Err(NodeError::Program {
            program: "slirp4netns",
            source,
        });
    }
    let lines = network::routes(true, &network::machine()?);
    network::set_routes_of(&path, &lines)?;
    Ok(way)
}

fn start(path: &str) -> Result<WayOut, NodeError> {
    let pipe = pipe_with(PipeFlags::CLOEXEC);
    let (watched, lifeline) =
        pipe.map_err(|error| NodeError::system("cannot make a pipe")(error.into()))?;
    let mut command = network::way_out_of(path);
    let carrier = command
        .stdin(Stdio::from(watched))
        // Ctrl-C at the agent is not for its sessions.
        .process_group(0)
        .spawn();
    let carrier = carrier.map_err(|source| NodeError::Program {
        program: "setpriv",
        source,
    })?;
    Ok(WayOut { carrier, lifeline })
}
