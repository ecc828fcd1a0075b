//! Threads that own connections and do one thing after the other.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use tokio::sync::oneshot;

use super::{Backend, Place, StoreError};

/// What may wait before callers are told to come back later.
const QUEUE: usize = 512;

type Work = Box<dyn FnOnce(Result<&mut dyn Backend, StoreError>) + Send>;

/// Some threads with a connection each. They end, and close it, before this is gone: a database that is
/// left in order keeps nothing that was deleted.
pub(super) struct Workers {
    /// `None` once it is being dropped.
    queue: Option<SyncSender<Work>>,
    threads: Vec<JoinHandle<()>>,
}

impl Drop for Workers {
    fn drop(&mut self) {
        self.queue = None;
        let this = std::thread::current().id();
        for thread in self.threads.drain(..) {
            // The last one to know the store may have been one of them.
            if thread.thread().id() != this {
                // What panicked there was told there.
                let _ = thread.join();
            }
        }
    }
}

impl Workers {
    /// Starts `count` threads, connected to `place`.
    pub(super) fn start(name: &str, count: usize, place: &Place) -> Result<Self, StoreError> {
        let (queue, work) = sync_channel(QUEUE);
        let work = Arc::new(Mutex::new(work));
        let mut workers = Self {
            queue: Some(queue),
            threads: Vec::new(),
        };
        for _ in 0..count {
            let worker = Worker {
                place: place.clone(),
                backend: Some(place.connect()?),
                work: Arc::clone(&work),
            };
            let thread = std::thread::Builder::new().name(name.to_owned());
            let thread = thread.spawn(move || worker.run());
            let thread = thread.map_err(|error| StoreError::Unavailable(error.to_string()))?;
            workers.threads.push(thread);
        }
        Ok(workers)
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
        let queue = self.queue.as_ref().ok_or_else(gone)?;
        queue.try_send(job).map_err(|error| match error {
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
