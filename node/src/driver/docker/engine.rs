//! The container engine, as far as we need it, and what is wrong with it in a sentence.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use bollard::models::{ContainerInspectResponse, ContainerStateStatusEnum};
use bollard::query_parameters::{
    CreateContainerOptions, KillContainerOptions, ListContainersOptions, RemoveContainerOptions,
    StatsOptions,
};
use bollard::{API_DEFAULT_VERSION, Docker};
use futures_util::StreamExt as _;
use hackstream_control_api::id::{NodeId, SessionId};
use hackstream_control_api::node::Usage;
use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType, connect, socket_with};

use super::container::{self, Limits, Means};
use crate::NodeError;
use crate::spec::SessionSpec;

/// Seconds that an answer may take: making a container on a slow disk takes some.
const PATIENCE: u64 = 30;

/// Seconds that the engine may take to say that it is there.
const PULSE: Duration = Duration::from_secs(5);

/// HTTP's numbers for what need not be done.
const NOT_MODIFIED: u16 = 304;
const NOT_FOUND: u16 = 404;
const CONFLICT: u16 = 409;

/// The engine behind a socket. Whether one is there is found out with each question.
#[derive(Clone, Debug)]
pub struct Engine {
    socket: PathBuf,
    image: String,
}

/// How a container is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// It was made and has not run yet.
    Made,
    /// It runs; its first process has this number.
    Runs(i32),
    /// It has ended.
    Ended(Ended),
}

/// How a container ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    /// The code of its first process.
    pub code: Option<i32>,
    /// Whether it wanted more memory than it may have.
    pub starved: bool,
    /// Why it could not be started, in the engine's words.
    pub error: Option<String>,
}

/// A container that is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Container {
    /// How it is.
    pub state: State,
    /// [`container::SPEC`].
    pub spec: Option<String>,
}

impl Engine {
    /// The engine that listens on `socket`, with the image that sessions are made of.
    #[must_use]
    pub const fn new(socket: PathBuf, image: String) -> Self {
        Self { socket, image }
    }

    /// Whether it is there and has the image: what limits it can keep.
    ///
    /// # Errors
    /// [`NodeError`]: why no session can be started.
    pub async fn look(&self) -> Result<Limits, NodeError> {
        let asked = tokio::time::timeout(PULSE, async {
            let engine = self.connect()?;
            let info = engine.info().await;
            let info = info.map_err(|error| self.failed("say what it can do", error))?;
            let image = engine.inspect_image(&self.image).await;
            image.map_err(|error| match status(&error) {
                Some(NOT_FOUND) => NodeError::NoImage(self.image.clone()),
                _ => self.failed("look for the image", error),
            })?;
            Ok::<_, NodeError>(info)
        });
        let info = asked.await.map_err(|_| self.silent())??;
        let yes = |can: Option<bool>| can.unwrap_or(false);
        Ok(Limits {
            memory: yes(info.memory_limit),
            swap: yes(info.swap_limit),
            processors: yes(info.cpu_cfs_period) && yes(info.cpu_cfs_quota),
            processes: yes(info.pids_limit),
        })
    }

    /// The client. It looks only whether there is a socket.
    pub(super) fn connect(&self) -> Result<Docker, NodeError> {
        // Asked by ourselves first: who answers, and who may ask, has errors of its own.
        knock(&self.socket).map_err(|error| unreachable(&self.socket, error))?;
        let socket = self.socket.to_string_lossy();
        // The version stands in no request: an engine answers in its own.
        Docker::connect_with_unix(&socket, PATIENCE, API_DEFAULT_VERSION)
            .map_err(|error| self.failed("be reached", error))
    }

    /// Makes a session's container.
    ///
    /// # Errors
    /// [`NodeError`] if it cannot be made. One that was made already is an error, too.
    pub async fn make(&self, spec: &SessionSpec, means: &Means) -> Result<(), NodeError> {
        let name = CreateContainerOptions {
            name: Some(container::name(spec.session)),
            ..CreateContainerOptions::default()
        };
        let body = container::body(spec, means);
        let made = self.connect()?.create_container(Some(name), body).await;
        let made = made.map_err(|error| match status(&error) {
            Some(NOT_FOUND) => NodeError::NoImage(self.image.clone()),
            _ => self.failed("make a container", error),
        })?;
        for warning in made.warnings {
            tracing::warn!(session = %spec.session, warning, "the container engine warns");
        }
        Ok(())
    }

    /// Starts a session's container. One that runs goes on.
    ///
    /// # Errors
    /// [`NodeError`].
    pub async fn start(&self, session: SessionId) -> Result<(), NodeError> {
        let name = container::name(session);
        let started = self.connect()?.start_container(&name, None).await;
        self.done("start the container", started, &[NOT_MODIFIED])
    }

    /// Sends a session's first process a signal. One that has ended hears nothing.
    ///
    /// # Errors
    /// [`NodeError`].
    pub async fn signal(&self, session: SessionId, signal: &str) -> Result<(), NodeError> {
        let name = container::name(session);
        let signal = KillContainerOptions {
            signal: signal.to_owned(),
        };
        let told = self.connect()?.kill_container(&name, Some(signal)).await;
        self.done("end the container", told, &[NOT_FOUND, CONFLICT])
    }

    /// Removes a session's container with all that it has, whether or not it runs. When this returns
    /// nothing of it does.
    ///
    /// # Errors
    /// [`NodeError`].
    pub async fn remove(&self, session: SessionId) -> Result<(), NodeError> {
        let name = container::name(session);
        let how = RemoveContainerOptions {
            v: true,
            force: true,
            link: false,
        };
        let removed = self.connect()?.remove_container(&name, Some(how)).await;
        self.done("remove the container", removed, &[NOT_FOUND])
    }

    /// A session's container, if there is one.
    ///
    /// # Errors
    /// [`NodeError`] if that cannot be known.
    pub async fn find(&self, session: SessionId) -> Result<Option<Container>, NodeError> {
        let name = container::name(session);
        match self.connect()?.inspect_container(&name, None).await {
            Ok(found) => Ok(Some(described(found))),
            Err(error) if status(&error) == Some(NOT_FOUND) => Ok(None),
            Err(error) => Err(self.failed("look for the container", error)),
        }
    }

    /// The sessions that have a container of this node.
    ///
    /// # Errors
    /// [`NodeError`] if there is no list.
    pub async fn list(&self, node: NodeId) -> Result<Vec<SessionId>, NodeError> {
        let which = ListContainersOptions {
            all: true,
            filters: Some(container::filter(node)),
            ..ListContainersOptions::default()
        };
        let engine = self.connect()?;
        let listed = tokio::time::timeout(PULSE, engine.list_containers(Some(which)));
        let listed = listed.await.map_err(|_| self.silent())?;
        let listed = listed.map_err(|error| self.failed("list containers", error))?;
        let sessions = listed.iter().filter_map(|one| {
            let labels = one.labels.as_ref()?;
            labels.get(container::SESSION)?.parse().ok()
        });
        Ok(sessions.collect())
    }

    /// What a session uses.
    ///
    /// # Errors
    /// [`NodeError`] if that cannot be known.
    pub async fn usage(&self, session: SessionId) -> Result<Usage, NodeError> {
        let name = container::name(session);
        let engine = self.connect()?;
        let once = StatsOptions {
            stream: false,
            one_shot: true,
        };
        let mut answers = std::pin::pin!(engine.stats(&name, Some(once)));
        let answer = tokio::time::timeout(PULSE, answers.next());
        let answer = answer.await.map_err(|_| self.silent())?;
        let stats = answer.ok_or(NodeError::Unknown(session))?;
        let stats = stats.map_err(|error| self.failed("count", error))?;
        let memory = stats.memory_stats.unwrap_or_default();
        let nanoseconds = stats.cpu_stats.and_then(|cpu| cpu.cpu_usage?.total_usage);
        // What could be thrown away at once is nobody's need.
        let cached = memory.stats.unwrap_or_default();
        let cached = ["inactive_file", "total_inactive_file"].map(|name| cached.get(name).copied());
        let cached = cached.into_iter().flatten().max().unwrap_or(0);
        Ok(Usage {
            memory_bytes: memory.usage.unwrap_or(0).saturating_sub(cached),
            cpu_ms: nanoseconds.unwrap_or(0) / 1_000_000,
        })
    }

    fn done(
        &self,
        what: &'static str,
        answer: Result<(), bollard::errors::Error>,
        fine: &[u16],
    ) -> Result<(), NodeError> {
        match answer {
            Err(error) if status(&error).is_some_and(|status| fine.contains(&status)) => Ok(()),
            Err(error) => Err(self.failed(what, error)),
            Ok(()) => Ok(()),
        }
    }

    fn failed(&self, what: &'static str, error: bollard::errors::Error) -> NodeError {
        use bollard::errors::Error;
        match error {
            Error::RequestTimeoutError => self.silent(),
            Error::DockerResponseServerError { message, .. } => {
                let why = one_line(&message);
                NodeError::EngineRefuses { what, why }
            }
            other => NodeError::NotAnEngine {
                socket: self.socket.clone(),
                why: one_line(&with_causes(&other)),
            },
        }
    }

    fn silent(&self) -> NodeError {
        NodeError::EngineSilent(self.socket.clone())
    }
}

/// Whether somebody listens on the socket, without waiting for them.
fn knock(socket: &Path) -> io::Result<()> {
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let own = socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None)?;
    Ok(connect(&own, &SocketAddrUnix::new(socket)?)?)
}

/// Why nobody was reached at the socket.
fn unreachable(socket: &Path, error: io::Error) -> NodeError {
    let socket = socket.to_owned();
    match error.kind() {
        io::ErrorKind::PermissionDenied => NodeError::EngineDenied(socket),
        io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused => NodeError::NoEngine(socket),
        io::ErrorKind::WouldBlock => NodeError::EngineSilent(socket),
        _ => NodeError::NotAnEngine {
            socket,
            why: error.to_string(),
        },
    }
}

/// HTTP's number of what the engine answered.
fn status(error: &bollard::errors::Error) -> Option<u16> {
    match error {
        bollard::errors::Error::DockerResponseServerError { status_code, .. } => Some(*status_code),
        _ => None,
    }
}

fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text = format!("{text}: {cause}");
        next = cause.source();
    }
    text
}

/// Engines say much, also over several lines.
fn one_line(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ").chars().take(300).collect()
}

fn described(found: ContainerInspectResponse) -> Container {
    let labels = found.config.and_then(|config| config.labels);
    let state = found.state.unwrap_or_default();
    let runs = state.running.unwrap_or(false);
    let pid = state.pid.and_then(|pid| i32::try_from(pid).ok());
    let error = state.error.filter(|error| !error.is_empty());
    Container {
        spec: labels.and_then(|mut labels| labels.remove(container::SPEC)),
        state: match (runs, state.status) {
            (true, _) => State::Runs(pid.unwrap_or(0)),
            (false, Some(ContainerStateStatusEnum::CREATED)) if error.is_none() => State::Made,
            (false, _) => State::Ended(Ended {
                code: state.exit_code.and_then(|code| i32::try_from(code).ok()),
                starved: state.oom_killed.unwrap_or(false),
                error,
            }),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_reason_is_one_clear_line() {
        let socket = Path::new("/run/docker.sock");
        for (kind, word) in [
            (io::ErrorKind::PermissionDenied, "group"),
            (io::ErrorKind::NotFound, "is it running"),
            (io::ErrorKind::ConnectionRefused, "is it running"),
        ] {
            let line = unreachable(socket, kind.into()).to_string();
            assert!(
                line.contains(word) && line.contains("/run/docker.sock"),
                "{line}"
            );
            assert!(!line.contains('\n'), "{line}");
        }
        assert_eq!(one_line("a\n  b\t c "), "a b c");
        assert_eq!(one_line(&"x".repeat(1000)).len(), 300);
    }
}
