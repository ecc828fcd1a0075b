//! Why the node cannot do what it should.

use std::io;
use std::path::PathBuf;

use hackstream_control_api::id::SessionId;

/// Why the node cannot do what it should. The text is for a person.
#[derive(Debug, thiserror::Error)]
pub enum NodeError {
    /// A file or a folder of the node's own.
    #[error("{what} {}: {source}", path.display())]
    File {
        /// What was tried, such as "cannot write".
        what: &'static str,
        /// Which one.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Another agent works with the same files.
    #[error("{} is used by another agent; two would end each other's sessions", .0.display())]
    Taken(PathBuf),
    /// The configuration wants limits that this machine does not keep.
    #[error(
        "this machine does not limit the memory, processors and processes of sessions: that needs \
         cgroup v2 with its controllers memory, cpu and pids, and root; without require_limits in \
         the configuration sessions run all the same"
    )]
    Unlimited,
    /// Nobody listens on the container engine's socket.
    #[error("there is no container engine at {}; is it running?", .0.display())]
    NoEngine(PathBuf),
    /// The agent's user may not use the socket.
    #[error(
        "the agent may not use the container engine at {}; it has to be root, or in the group of \
         that socket",
        .0.display()
    )]
    EngineDenied(PathBuf),
    /// The engine does not answer in time.
    #[error("the container engine at {} does not answer", .0.display())]
    EngineSilent(PathBuf),
    /// Somebody answers, but not as an engine does.
    #[error("what answers at {} is no container engine: {why}", socket.display())]
    NotAnEngine {
        /// Where.
        socket: PathBuf,
        /// What was wrong.
        why: String,
    },
    /// The engine does not have the sessions' image.
    #[error(
        "the container engine has no image {0}; build it with `cargo xtask image`, or load it with \
         `docker load`"
    )]
    NoImage(String),
    /// The engine did not do what it was asked for.
    #[error("the container engine does not {what}: {why}")]
    EngineRefuses {
        /// What was asked for.
        what: &'static str,
        /// What it said.
        why: String,
    },
    /// Only root can give a container a network.
    #[error("a way to the internet for containers needs an agent that is root")]
    NoWayOut,
    /// A file of the node's own holds something else than it wrote.
    #[error("{} is damaged: {source}", path.display())]
    Damaged {
        /// Which one.
        path: PathBuf,
        /// What is wrong.
        source: serde_json::Error,
    },
    /// A program cannot be started.
    #[error("cannot start {program}: {source}; is it installed?")]
    Program {
        /// Its name.
        program: &'static str,
        /// What the system said.
        source: io::Error,
    },
    /// All UDP ports of the node's range are taken.
    #[error("no UDP port is free from {first} to {last}")]
    NoPort {
        /// The first of the range.
        first: u16,
        /// The last of the range.
        last: u16,
    },
    /// All users of the node's range are taken.
    #[error("all {0} users for sessions are taken")]
    NoUser(u32),
    /// A session of that name was there, and is over.
    #[error("the session {0} is over; it cannot be started again")]
    Over(SessionId),
    /// There is no such session.
    #[error("there is no session {0}")]
    Unknown(SessionId),
    /// A session does not open a page.
    #[error("the session does not open the page: {0}")]
    NoPage(String),
    /// Something does not end, although the kernel was told to end it.
    #[error("{0} does not end")]
    Immortal(String),
    /// The system refused something else.
    #[error("{what}: {source}")]
    System {
        /// What was tried.
        what: &'static str,
        /// What the system said.
        source: io::Error,
    },
}

impl NodeError {
    /// An error of the system about something that has no name.
    pub(crate) fn system(what: &'static str) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::System { what, source }
    }
}
