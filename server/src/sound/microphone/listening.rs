//! The thread that hears of the programs that record.

use std::time::Instant;

use hackstream_protocol::wire::control::MicrophoneDemand;
use hackstream_sound::SoundError;
use hackstream_sound::pulse::{SourceWatch, Use};
use tracing::{debug, warn};

use super::{SOURCE, Shared};
use crate::log_quota::LogQuota;
use crate::sound::retry::{End, Next, Retry};

/// Listens whenever somebody would speak, until the end.
pub(super) fn run(shared: &Shared) {
    let mut retry = Retry::new();
    let mut quota = LogQuota::new(Instant::now());
    // Counted before the try: who comes during it is worth another.
    while let Some(seen) = shared.wait_for_speaker() {
        let ended = listen(shared);
        shared.set_demand(MicrophoneDemand::Rest);
        let end = match ended {
            Ok(()) => End::Worked,
            Err(Failure { error, heard: true }) => {
                debug!(%error, "listening for programs that record was interrupted");
                End::Worked
            }
            Err(Failure {
                error,
                heard: false,
            }) => {
                if quota.allows(Instant::now()) {
                    warn!(%error, "the session's sound server does not tell who records");
                }
                End::Failed
            }
        };
        match retry.ended(end) {
            Next::After(pause) => shared.rest(pause),
            Next::WithNewcomer(pause) => {
                if quota.allows(Instant::now()) {
                    warn!("no microphone until another viewer offers one");
                }
                shared.rest(pause);
                // `None`: the loop sees the end.
                let _ = shared.wait_for_newcomer(seen);
            }
        }
    }
}

/// Why listening ended, and whether it had begun to tell something.
struct Failure {
    error: SoundError,
    heard: bool,
}

impl From<SoundError> for Failure {
    fn from(error: SoundError) -> Self {
        let heard = false;
        Self { error, heard }
    }
}

/// Listens until nobody would speak.
fn listen(shared: &Shared) -> Result<(), Failure> {
    let mut watch = SourceWatch::open(&shared.socket, SOURCE)?;
    if !shared.begin(watch.closer()?) {
        return Ok(());
    }
    let mut heard = false;
    loop {
        let demand = match watch.next_use() {
            Ok(Use::Recorded) => MicrophoneDemand::Speak,
            Ok(Use::Unused) => MicrophoneDemand::Rest,
            Err(error) if shared.is_listening() => return Err(Failure { error, heard }),
            Err(_) => return Ok(()),
        };
        debug!(?demand, "microphone");
        heard = true;
        shared.set_demand(demand);
    }
}
