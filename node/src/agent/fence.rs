//! Keeps sessions from addresses that the machine gets while they run. From those that it had before,
//! their networks keep them since they began.

use std::collections::{BTreeMap, BTreeSet};

use hackstream_control_api::id::SessionId;
use hackstream_control_api::policy::Egress;
use rustix::process::geteuid;
use tracing::warn;

use crate::driver::Seen;
use crate::driver::local::network::{self, Block};
use crate::driver::local::processes::Process;

/// Who is kept from what, as far as this agent knows.
#[derive(Default)]
pub(super) struct Fence {
    closed: BTreeMap<SessionId, BTreeSet<Block>>,
}

/// What is open to a session.
struct Gap {
    session: SessionId,
    init: Process,
    addresses: Vec<Block>,
}

impl Fence {
    /// Looks at the machine's addresses, and closes them to all sessions that may know a way there. An
    /// agent that is not root cannot.
    pub(super) fn mend(&mut self, all: &[Seen]) {
        if !geteuid().is_root() {
            return;
        }
        let machine = match network::machine() {
            Ok(machine) => machine,
            Err(error) => return warn!(%error, "sessions are not kept from new addresses"),
        };
        let running = all.iter().filter_map(reaches_out).collect();
        for gap in self.gaps(running, &machine) {
            match network::keep_from(&gap.init, &gap.addresses) {
                Ok(()) => self.close(&gap),
                // It has just ended, or the next look tries again.
                Err(error) if gap.init.lives() => {
                    let session = gap.session;
                    warn!(%session, %error, "a session is not kept from the machine's new addresses");
                }
                Err(_) => {}
            }
        }
    }

    fn close(&mut self, gap: &Gap) {
        let closed = self.closed.entry(gap.session).or_default();
        closed.extend(&gap.addresses);
    }

    /// What is open to whom. A session that is seen for the first time may have begun before an address
    /// came: it has all of them closed.
    fn gaps(&mut self, running: BTreeMap<SessionId, Process>, machine: &[Block]) -> Vec<Gap> {
        self.closed
            .retain(|session, _| running.contains_key(session));
        let gap = |(session, init): (SessionId, Process)| {
            let closed = self.closed.get(&session);
            let is_open = |block: &&Block| closed.is_none_or(|closed| !closed.contains(block));
            let addresses: Vec<_> = machine.iter().filter(is_open).copied().collect();
            (!addresses.is_empty()).then_some(Gap {
                session,
                init,
                addresses,
            })
        };
        running.into_iter().filter_map(gap).collect()
    }
}

/// A session that runs and has a way to the internet.
fn reaches_out(seen: &Seen) -> Option<(SessionId, Process)> {
    let found = seen.found()?;
    let runs = !found.record.life.is_over() && found.spec.egress == Egress::Internet;
    Some((found.spec.session, found.record.init.filter(|_| runs)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = "01ARZ3NDEKTSV4RRFFQ69G5FAV";
    const TWO: &str = "01ARZ3NDEKTSV4RRFFQ69G5FAW";

    fn running(names: &[&str]) -> BTreeMap<SessionId, Process> {
        let init = Process::of(i32::try_from(std::process::id()).unwrap()).unwrap();
        let names = names.iter().map(|name| (name.parse().unwrap(), init));
        names.collect()
    }

    #[test]
    fn each_address_is_closed_to_each_session_once() {
        let [old, new] = [1, 2].map(|last| Block {
            first: [192, 0, 2, last].into(),
            prefix: 32,
        });
        let mut fence = Fence::default();
        let mut close = |names: &[&str], machine: &[Block]| {
            let gaps = fence.gaps(running(names), machine);
            gaps.iter().for_each(|gap| fence.close(gap));
            let gaps = gaps.into_iter();
            gaps.map(|gap| (gap.session.to_string(), gap.addresses))
                .collect::<Vec<_>>()
        };
        assert_eq!(close(&[ONE], &[old]), [(ONE.to_owned(), vec![old])]);
        assert_eq!(close(&[ONE], &[old]), []);
        let both = [
            (ONE.to_owned(), vec![new]),
            (TWO.to_owned(), vec![old, new]),
        ];
        assert_eq!(close(&[ONE, TWO], &[old, new]), both);
        // One that ended is forgotten; an address that went and came again is still closed.
        assert_eq!(close(&[TWO], &[old]), []);
        assert_eq!(close(&[TWO], &[old, new]), []);
        assert_eq!(close(&[ONE, TWO], &[old]), [(ONE.to_owned(), vec![old])]);
    }
}
