//! How many passwords may be hashed at once, and how many may wait for it.
//!
//! Each takes 19 MiB and a CPU. Without a bound, a flood of logins would take all memory.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use rustix::process::setpriority_process;
use tokio::sync::{Semaphore, oneshot};

/// Logins that may wait.
pub const QUEUE: usize = 64;

/// At most so many hashes at once, however many CPUs there are.
const MOST_AT_ONCE: usize = 4;

/// How much of a busy CPU hashing leaves to others, as `nice` counts it: answers, and the streams of
/// sessions on the same machine, go before; a login still has a tenth of what they have.
const NICENESS: i32 = 10;

/// Too many wait already.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("too many logins at this moment")]
pub struct Full;

/// The gate.
#[derive(Clone)]
pub struct Gate {
    permits: Arc<Semaphore>,
    inside: Arc<AtomicUsize>,
    most_inside: usize,
}

impl Gate {
    /// A gate for a machine with so many CPUs: one of them stays free for everybody else.
    #[must_use]
    pub fn new(cpus: usize) -> Self {
        let at_once = cpus.saturating_sub(1).clamp(1, MOST_AT_ONCE);
        Self {
            permits: Arc::new(Semaphore::new(at_once)),
            inside: Arc::new(AtomicUsize::new(0)),
            most_inside: at_once + QUEUE,
        }
    }

    /// Does `work` on a thread for it, when its turn comes.
    ///
    /// # Errors
    /// [`Full`] if too many wait, or there is no thread for it.
    pub async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Full> {
        let place = self.enter()?;
        let permit = Arc::clone(&self.permits).acquire_owned().await;
        let permit = permit.map_err(|_| Full)?;
        // Both go with the work: whoever stops waiting does not stop the hashing.
        let (tell, done) = oneshot::channel();
        // Of its own: who has given way once is not let back.
        let hashing = thread::Builder::new().name("password".to_owned());
        let hashing = hashing.spawn(move || {
            // Linux counts for each thread; where it refuses this one goes on like the others.
            let _ = setpriority_process(None, NICENESS);
            let result = work();
            drop((permit, place));
            // Whoever asked may have gone.
            let _ = tell.send(result);
        });
        hashing.map_err(|_| Full)?;
        done.await.map_err(|_| Full)
    }

    fn enter(&self) -> Result<Place, Full> {
        let place = Place(Arc::clone(&self.inside));
        if self.inside.fetch_add(1, Ordering::Relaxed) >= self.most_inside {
            return Err(Full);
        }
        Ok(place)
    }
}

/// One that waits or is being served.
struct Place(Arc<AtomicUsize>);

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use rustix::process::getpriority_process;

    use super::*;

    #[test]
    fn a_flood_is_bounded_and_then_over() {
        let runtime = tokio::runtime::Builder::new_multi_thread().build().unwrap();
        runtime.block_on(async {
            let gate = Gate::new(3);
            let at_once = Arc::new((AtomicUsize::new(0), AtomicUsize::new(0)));
            let tries: Vec<_> = (0..500)
                .map(|_| {
                    let (gate, at_once) = (gate.clone(), Arc::clone(&at_once));
                    tokio::spawn(async move {
                        gate.run(move || {
                            let now = at_once.0.fetch_add(1, Ordering::SeqCst) + 1;
                            at_once.1.fetch_max(now, Ordering::SeqCst);
                            std::thread::sleep(std::time::Duration::from_millis(2));
                            at_once.0.fetch_sub(1, Ordering::SeqCst);
                        })
                        .await
                    })
                })
                .collect();
            let mut refused = 0;
            for each in tries {
                refused += usize::from(each.await.unwrap() == Err(Full));
            }
            assert!(refused > 0, "500 waited");
            assert!(at_once.1.load(Ordering::SeqCst) <= 2);
            assert_eq!(gate.inside.load(Ordering::Relaxed), 0);
            let niceness = gate.run(|| getpriority_process(None).unwrap()).await;
            assert!(niceness.unwrap() >= NICENESS);
            let here = tokio::spawn(async { getpriority_process(None).unwrap() });
            assert_eq!(here.await.unwrap(), getpriority_process(None).unwrap());
        });
    }
}
