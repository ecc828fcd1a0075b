//! Keeps the warm pools as they are to be: whenever something happened that may matter, and when time
//! alone changes what is to be done.

use std::sync::Arc;
use std::time::Duration;

use hackstream_control_api::time::UnixMillis;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::sleep;

use crate::deeds::pool;
use crate::fault::Fault;
use crate::hub::Hub;
use crate::store::Wake;

/// News that come within this time are looked at together.
const TOGETHER: Duration = Duration::from_millis(10);

/// After a failure of the store, and while nothing is known to change.
const PATIENCE: Duration = Duration::from_secs(60);

/// Tends the pools until the hub ends.
pub(super) async fn pools(hub: Arc<Hub>) {
    let mut wakes = hub.store.listen();
    let mut ending = hub.ending.subscribe();
    loop {
        let keys = hub.ticket_keys.clone();
        let tended: Result<_, Fault> = hub
            .store
            .write(move |tx| Ok((pool::tend(tx, &keys)?, tx.now)))
            .await;
        let pause = match tended {
            Ok((tended, now)) => {
                tell(&tended);
                let until = |at: UnixMillis| Duration::from_millis(at.millis_since(now));
                tended.look_again.map_or(PATIENCE, until).min(PATIENCE)
            }
            Err(error) => {
                tracing::error!(%error, "the pools cannot be tended");
                PATIENCE
            }
        };
        tokio::select! {
            true = news(&mut wakes) => {}
            () = sleep(pause) => {}
            _ = ending.wait_for(|ending| *ending) => return,
        }
    }
}

fn tell(tended: &pool::Tended) {
    let pool::Tended { started, ended, .. } = *tended;
    if started + ended > 0 {
        tracing::info!(started, ended, "warm sessions");
    }
}

/// Waits until something happened that may matter; false if nothing can any more.
async fn news(wakes: &mut Receiver<Wake>) -> bool {
    loop {
        match wakes.recv().await {
            Ok(Wake::Node(_) | Wake::User(_)) => {}
            Ok(Wake::Session(_) | Wake::Pool) | Err(RecvError::Lagged(_)) => break,
            Err(RecvError::Closed) => return false,
        }
    }
    sleep(TOGETHER).await;
    // What came meanwhile is looked at as well.
    while wakes.try_recv().is_ok() {}
    true
}
