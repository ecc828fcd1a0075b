//! Threads that own connections and do one thing after the other.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::oneshot;

use super::{Backend, Place, StoreError};

/// What may wait before callers are told to come back later.
const QUEUE: usize = 512;

type Work = Box<dyn FnOnce(Result<&mut dyn Backend, StoreError>) + Send>;

/// Some threads with a connection each. They end when this is dropped.
pub(super) struct Workers {
    queue: SyncSender<Work>,
}

impl Workers {
    /// Starts `count` threads, connected to `place`.
    pub(super) fn start(name: &str, count: usize, place: &Place) -> Result<Self, StoreError> {
        let (queue, work) = sync_channel(QUEUE);
        let work = Arc::new(Mutex::new(work));
        for _ in 0..count {
            let worker = Worker {
                place: place.clone(),
                backend: Some(place.connect()?),
                work: Arc::clone(&work),
            };
            std::thread::Builder::new()
                .name(name.to_owned())
                .spawn(move || worker.run())
                .map_err(|error| StoreError::Unavailable(error.to_string()))?;
        }
        Ok(Self { queue })
    }

    /// Has `work` done, and waits for what comes of it.
    pub(super) async fn run<T, E>(
        &self,
        work: impl FnOnce(&mut dyn Backend) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        let job: Work = Box::new(move |backend| {
            // Whoever asked may have gone; what was to be done is done.
            let _ = answer.send(backend.map_err(E::from).and_then(work));
        });
        self.queue.try_send(job).map_err(|error| match error {
            TrySendError::Full(_) => StoreError::Busy,
            TrySendError::Disconnected(_) => gone(),
        })?;
        answered.await.unwrap_or_else(|_| Err(gone().into()))
    }
}

fn gone() -> StoreError {
    StoreError::Unavailable("its threads have ended".to_owned())
}

struct Worker {
    place: Place,
    /// `None` after it broke, until there is a new one.
    backend: Option<Box<dyn Backend>>,
    work: Arc<Mutex<Receiver<Work>>>,
}

impl Worker {
    fn run(mut self) {
        loop {
            // Nothing panics while it holds this lock.
            let next = self
                .work
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .recv();
            let Ok(work) = next else { return };
            match self.connected() {
                Ok(()) => {}
                Err(error) => {
                    work(Err(error));
                    continue;
                }
            }
            let Some(backend) = &mut self.backend else {
                continue;
            };
            // What panics, a defect, answers nobody; the next get a connection that is in order.
            let done = catch_unwind(AssertUnwindSafe(|| work(Ok(backend.as_mut()))));
            if done.is_err() {
                self.backend = None;
            }
        }
    }

    /// Connects anew where that is necessary.
    fn connected(&mut self) -> Result<(), StoreError> {
        if self
            .backend
            .as_ref()
            .is_none_or(|backend| backend.is_broken())
        {
            self.backend = None;
            self.backend = Some(self.place.connect()?);
        }
        Ok(())
    }
}
