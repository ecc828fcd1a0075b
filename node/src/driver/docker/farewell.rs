//! The end of a container: why it came, what was said last, and that nothing of it is left.

use std::time::Duration;

use futures_util::StreamExt as _;
use hackstream_control_api::node::Exit;
use hackstream_control_api::session::StopCause;
use tokio::time::{sleep, timeout};
use tracing::warn;

use super::engine::Ended;
use super::given;
use super::tend::{TICK, Tender};
use crate::NodeError;
use crate::driver::ending::{cause_of_end, exit_of};
use crate::record::Life;

/// What the engine may still have to tell of a container that has ended.
const LAST_WORDS: Duration = Duration::from_secs(5);

/// The code of a program that was killed, as shells say it.
const KILLED: i32 = 128 + 9;

impl Tender {
    /// How it ended when it was killed, which it is now.
    pub(super) async fn killed(&mut self, why: Option<String>) -> Life {
        let _ = self.engine.signal(self.spec.session, "SIGKILL").await;
        self.hear_out().await;
        self.over(Some(KILLED), why)
    }

    /// How it ended by itself.
    pub(super) async fn ended(&mut self, ended: &Ended) -> Life {
        self.hear_out().await;
        let why = match (ended.starved, &ended.error) {
            (true, _) => Some("it wanted more memory than it may have".to_owned()),
            (false, error) => error.clone(),
        };
        self.over(ended.code, why)
    }

    /// How it ended of which nothing is left.
    pub(super) fn gone(&self) -> Life {
        self.over(None, Some("its container is gone".to_owned()))
    }

    /// How it ended that did not come to run.
    pub(super) async fn not_started(&mut self, error: &NodeError) -> Life {
        self.hear_out().await;
        let why = match (error, self.transcript.last_words()) {
            // It knows better than the engine why it has ended.
            (NodeError::EngineRefuses { .. }, said) if !said.is_empty() => said.to_owned(),
            _ => error.to_string(),
        };
        self.over(None, Some(why))
    }

    /// What is left of its words when it has ended.
    async fn hear_out(&mut self) {
        let mut words = self.words(false);
        let heard = async {
            while let Some(Ok(piece)) = words.next().await {
                self.transcript.hear(&piece);
            }
        };
        let _ = timeout(LAST_WORDS, heard).await;
    }

    /// How it ended, with this code of its first process; `why` is for a person.
    pub(super) fn over(&self, code: Option<i32>, why: Option<String>) -> Life {
        let was_ready = self.record.ready_at.is_some();
        let exit = code.map(exit_of);
        let is_killed = !matches!(exit, Some(Exit::Code(_)));
        let cause = match self.record.life {
            Life::Stopping { cause } => cause,
            _ => cause_of_end(was_ready, is_killed),
        };
        let said = || Some(self.transcript.last_words().to_owned()).filter(|said| !said.is_empty());
        let detail = match cause {
            StopCause::StartFailed => why.or_else(said),
            StopCause::Crashed => why,
            _ => None,
        };
        Life::Ended {
            cause,
            exit,
            detail,
        }
    }

    /// Removes what there was, and says that it has ended once nothing of it runs.
    pub(super) async fn finish(mut self, ended: Life) {
        self.transcript.settle();
        let mut is_quiet = false;
        while let Err(error) = self.engine.remove(self.spec.session).await {
            if !is_quiet {
                warn!(session = %self.spec.session, %error, "its container is not removed; it is tried again");
            }
            is_quiet = true;
            sleep(TICK).await;
        }
        if let Some(mut way_out) = self.way_out.take() {
            drop(way_out.lifeline);
            let _ = way_out.carrier.kill();
            let _ = way_out.carrier.wait();
        }
        if let Err(error) = given::tidy(&self.folder) {
            // What is left of it is ours, and goes when the session is forgotten.
            warn!(session = %self.spec.session, %error, "something of it is left");
        }
        self.record.enter(ended);
        while self.folder.set_record(&self.record).is_err() {
            // The disk is full: that nothing of it is left must not get lost.
            sleep(TICK).await;
        }
    }
}
