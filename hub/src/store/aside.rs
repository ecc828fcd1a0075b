//! Long work beside all other.

use std::sync::Arc;

use hackstream_ticket::Signer;

use super::{Backend, Clock, Store, StoreError, Tx};

/// A connection of its own, for what takes so long that it must not keep others from the few that
/// there are. Its statements run on the thread that calls.
pub struct Aside {
    backend: Box<dyn Backend>,
    clock: Clock,
    jobs: Arc<Signer>,
}

impl Store {
    /// A connection of its own. Blocks until there is one.
    ///
    /// # Errors
    /// If there is none to be had.
    pub fn aside(&self) -> Result<Aside, StoreError> {
        Ok(Aside {
            backend: self.place.connect()?,
            clock: self.clock.clone(),
            jobs: Arc::clone(&self.jobs),
        })
    }
}

impl Aside {
    /// Looks at one state of the database. For long work: several looks, because a state that is
    /// looked at has to be kept, and what was written since piles up.
    ///
    /// # Errors
    /// Those of `work`, and those of the store.
    pub fn read<T, E: From<StoreError>>(
        &mut self,
        work: impl FnOnce(&mut Tx<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let now = (self.clock)();
        let backend = self.backend.as_mut();
        backend.begin_read()?;
        let result = work(&mut Tx::new(backend, now, &self.jobs));
        self.backend.rollback()?;
        result
    }
}
