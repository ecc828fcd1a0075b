//! The thread that hears of the programs that record.

use std::time::Duration;

use hackstream_protocol::wire::control::MicrophoneDemand;
use hackstream_sound::SoundError;
use hackstream_sound::pulse::{SourceWatch, Use};
use tracing::{debug, warn};

use super::{SOURCE, Shared};

/// Between two tries, however the first one ended: viewers that come and go do not keep the sound
/// server busier than that.
const FIRST_PAUSE: Duration = Duration::from_millis(50);

/// After a failure the pause doubles, up to this one. By then trying is of no use unless somebody
/// new comes.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// Listens whenever somebody would speak, until the end.
pub(super) fn run(shared: &Shared) {
    let mut pause = FIRST_PAUSE;
    // Counted before the try: who comes during it is worth another.
    while let Some(seen) = shared.wait_for_speaker() {
        let ended = listen(shared, &mut pause);
        shared.set_demand(MicrophoneDemand::Rest);
        let Err(error) = ended else {
            pause = FIRST_PAUSE;
            shared.rest(pause);
            continue;
        };
        debug!(%error, "the session's sound server does not tell who records");
        shared.rest(pause);
        pause = (pause * 2).min(LONGEST_PAUSE);
        if pause == LONGEST_PAUSE {
            warn!(%error, "no microphone until another viewer offers one");
            // `None`: the loop sees the end.
            let _ = shared.wait_for_newcomer(seen);
        }
    }
}

/// Listens until nobody would speak.
fn listen(shared: &Shared, pause: &mut Duration) -> Result<(), SoundError> {
    let mut watch = SourceWatch::open(&shared.socket, SOURCE)?;
    if !shared.begin(watch.closer()?) {
        return Ok(());
    }
    loop {
        let demand = match watch.next_use() {
            Ok(Use::Recorded) => MicrophoneDemand::Speak,
            Ok(Use::Unused) => MicrophoneDemand::Rest,
            Err(error) if shared.is_listening() => return Err(error),
            Err(_) => return Ok(()),
        };
        debug!(?demand, "microphone");
        *pause = FIRST_PAUSE;
        shared.set_demand(demand);
    }
}
