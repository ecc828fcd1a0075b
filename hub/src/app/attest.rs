//! Has the audit log signed: whenever there is enough that is new.

use std::sync::Arc;
use std::time::Duration;

use crate::audit::notary::{Attested, NotaryError};
use crate::audit::plan::Plan;
use crate::hub::Hub;

/// Rows that an operator's command writes beside the hub are not heard of, and a fault may pass.
const PATIENCE: Duration = Duration::from_secs(60);

/// Signs until the hub ends.
pub(super) async fn audit_log(hub: Arc<Hub>) {
    let mut audited = hub.store.audited();
    let mut ending = hub.ending.subscribe();
    let mut fault = None;
    loop {
        let attested = hub.notary.attest(&hub.store).await;
        tell(&hub, &attested, &mut fault);
        let (row, pause) = match attested {
            // Another may be due already.
            Ok(Attested::Signed(_)) => continue,
            Ok(Attested::NotYet { plan }) => until(&hub, plan),
            Err(_) => (u64::MAX, PATIENCE),
        };
        tokio::select! {
            _ = audited.wait_for(|seq| *seq >= row) => {}
            () = tokio::time::sleep(pause) => {}
            _ = ending.wait_for(|ending| *ending) => return,
        }
    }
}

/// Which row to wait for, and how long.
fn until(hub: &Hub, plan: Plan) -> (u64, Duration) {
    match plan {
        Plan::Sign => (0, Duration::ZERO),
        Plan::Wait { row, until } => {
            let span = until.map(|at| Duration::from_millis(at.millis_since(hub.store.now())));
            (row, span.unwrap_or(PATIENCE).min(PATIENCE))
        }
    }
}

/// The same fault is told once.
fn tell(hub: &Hub, attested: &Result<Attested, NotaryError>, told: &mut Option<String>) {
    let metrics = &hub.metrics;
    match attested {
        Ok(outcome) => {
            if let Attested::Signed(signed) = outcome {
                let seq = i64::try_from(signed.seq).unwrap_or(i64::MAX);
                metrics.audit_signed_seq.set(seq);
            }
            metrics.audit_ok.set(1);
            if told.take().is_some() {
                tracing::info!("the audit log is signed again");
            }
        }
        Err(error) => {
            if matches!(error, NotaryError::Contradicted { .. }) {
                metrics.audit_ok.set(0);
            }
            let text = error.to_string();
            if told.as_ref() != Some(&text) {
                tracing::error!(%error, "the audit log is not signed");
                *told = Some(text);
            }
        }
    }
}
