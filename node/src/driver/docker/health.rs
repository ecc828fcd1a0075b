//! How the container engine is, looked at again and again, so that nobody has to wait for that.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hackstream_control_api::id::{NodeId, SessionId};
use tracing::{info, warn};

use super::container::Limits;
use super::engine::Engine;
use crate::NodeError;

/// Between two looks.
const PAUSE: Duration = Duration::from_secs(2);

/// How the engine is.
#[derive(Debug)]
pub(super) struct Health {
    engine: Engine,
    node: NodeId,
    seen: Mutex<Seen>,
}

/// What was seen last.
#[derive(Debug, Default)]
struct Seen {
    limits: Limits,
    /// The sessions that have a container of this node.
    containers: BTreeSet<SessionId>,
    /// Why no session can be started, if so.
    problem: Option<String>,
}

impl Health {
    /// That of `engine`, for the containers of `node`.
    pub(super) fn new(engine: Engine, node: NodeId) -> Self {
        Self {
            engine,
            node,
            seen: Mutex::default(),
        }
    }

    /// Looks again and again, as long as the runtime is there.
    pub(super) async fn watch(self: Arc<Self>) {
        loop {
            tokio::time::sleep(PAUSE).await;
            self.look().await;
        }
    }

    /// Looks once.
    pub(super) async fn look(&self) {
        let looked = async {
            let containers = self.engine.list(self.node).await?;
            Ok::<_, NodeError>((containers, self.engine.look().await?))
        };
        let looked = looked.await;
        let mut seen = self.seen();
        let problem = match looked {
            Ok((containers, limits)) => {
                seen.containers = containers.into_iter().collect();
                seen.limits = limits;
                None
            }
            Err(error) => Some(error.to_string()),
        };
        match &problem {
            Some(problem) if seen.problem.as_ref() != Some(problem) => {
                warn!(problem, "no session can be started; those that run go on");
            }
            None if seen.problem.is_some() => info!("sessions can be started again"),
            _ => {}
        }
        seen.problem = problem;
    }

    /// Which limits can be kept.
    pub(super) fn limits(&self) -> Limits {
        self.seen().limits
    }

    /// Why no session can be started, if so.
    pub(super) fn problem(&self) -> Option<String> {
        self.seen().problem.clone()
    }

    /// The sessions that had a container when it was looked last.
    pub(super) fn containers(&self) -> Vec<SessionId> {
        self.seen().containers.iter().copied().collect()
    }

    /// Notes that a session has no container any more.
    pub(super) fn forget(&self, session: SessionId) {
        self.seen().containers.remove(&session);
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
