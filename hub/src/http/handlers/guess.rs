//! Passwords that are shown: each is counted before it is looked at, whoever waits for the answer.

use std::sync::Arc;

use hackstream_control_api::problem::{Code, Problem};
use hackstream_control_api::time::Seconds;

use super::with_passwords;
use crate::audit::{self, Record};
use crate::auth::password::Passwords;
use crate::auth::throttle::Key;
use crate::fault::Fault;
use crate::hub::Hub;
use crate::store::Tx;

/// Counts a try for each of `keys`.
///
/// # Errors
/// [`Code::Throttled`] if there were too many.
pub(super) fn begin(hub: &Hub, keys: &[Key]) -> Result<(), Fault> {
    let now = hub.store.now();
    hub.throttle().begin(keys, now).map_err(|wait: Seconds| {
        let detail = format!("try again in {wait}");
        let problem = Problem::new(Code::Throttled).detail(detail);
        problem.retry_after(wait).into()
    })
}

/// Looks at a password that somebody shows, when its turn comes; `None` from `verify` is a wrong one,
/// and written down as `failure`. A try that could not be looked at is taken back from `keys`.
///
/// Goes on when the asker has gone: otherwise a guess that nobody waits for would leave no trace.
///
/// # Errors
/// If too many wait, or the store fails.
pub(super) async fn shown<T: Send + 'static>(
    hub: &Arc<Hub>,
    failure: Record,
    keys: &[Key],
    verify: impl FnOnce(&Passwords) -> Option<T> + Send + 'static,
) -> Result<Option<T>, Fault> {
    let (hub, keys) = (Arc::clone(hub), keys.to_vec());
    let looking = tokio::spawn(async move {
        let looked = with_passwords(&hub, verify).await;
        match looked {
            Err(busy) => {
                hub.throttle().take_back(&keys);
                Err(busy)
            }
            Ok(Some(right)) => Ok(Some(right)),
            Ok(None) => {
                let write = move |tx: &mut Tx<'_>| audit::append(tx, failure.clone());
                hub.store.write(write).await.map_err(Fault::from)?;
                Ok(None)
            }
        }
    });
    looking.await.unwrap_or_else(|_| Err(Code::Internal.into()))
}
