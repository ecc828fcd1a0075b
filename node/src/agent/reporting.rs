//! Tells the hub what the node has, on a thread of its own: sessions are looked after however slow the
//! hub is.

use std::sync::{Arc, Condvar, Mutex, PoisonError};

use hackstream_control_api::node::Report;
use hackstream_failpoint::reach;
use tracing::{info, warn};

use super::hub::{Hub, HubError};
use super::witness::Witness;
use crate::driver::Driver;

/// The newest report that the hub has not been told yet.
#[derive(Default)]
pub(super) struct Outbox {
    newest: Mutex<Option<Report>>,
    changed: Condvar,
}

impl Outbox {
    /// Has this one told, in place of one that still waits: each says everything.
    pub(super) fn put(&self, report: Report) {
        let mut newest = self.newest.lock().unwrap_or_else(PoisonError::into_inner);
        *newest = Some(report);
        self.changed.notify_one();
    }

    fn take(&self) -> Report {
        let mut newest = self.newest.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if let Some(report) = newest.take() {
                return report;
            }
            let woken = self.changed.wait(newest);
            newest = woken.unwrap_or_else(PoisonError::into_inner);
        }
    }
}

/// Tells the hub of each report that there is time for, and of what `witness` has seen of its audit log.
pub(super) fn tell_for_ever(
    outbox: &Outbox,
    hub: &Hub,
    driver: &Arc<dyn Driver>,
    mut witness: Witness,
) {
    let mut is_away = false;
    loop {
        let report = Report {
            seen: witness.seen(),
            ..outbox.take()
        };
        let told = tell(&report, hub, driver, &mut witness);
        match (&told, is_away) {
            (Ok(()), true) => info!("the hub is there again"),
            (Err(error), false) => warn!(%error, "the hub hears no reports; sessions go on"),
            _ => {}
        }
        is_away = told.is_err();
    }
}

fn tell(
    report: &Report,
    hub: &Hub,
    driver: &Arc<dyn Driver>,
    witness: &mut Witness,
) -> Result<(), HubError> {
    let answer = hub.report(report)?;
    if let Some(shown) = &answer.audit {
        witness.hear(shown);
    }
    if !answer.forget.is_empty() {
        reach("node.forget.told");
    }
    for session in answer.forget {
        if let Err(error) = driver.forget(session) {
            warn!(%session, %error, "a session that ended is not forgotten");
        }
    }
    Ok(())
}
