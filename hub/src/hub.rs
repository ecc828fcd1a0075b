//! What every request can use.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hackstream_control_api::problem::{Code, Problem};
use hackstream_ticket::Signer;
use tokio::sync::{Semaphore, watch};

use crate::audit::Notary;
use crate::auth::gate::Gate;
use crate::auth::password::Passwords;
use crate::auth::rotation::RotationKey;
use crate::auth::throttle::{Key, Throttle};
use crate::deeds::who::{Caller, acting};
use crate::fault::Fault;
use crate::feeds::Feeds;
use crate::http::Crowds;
use crate::http::handlers::health::Readiness;
use crate::keys::{KeyError, Keys};
use crate::metrics::Metrics;
use crate::store::{Store, Tx};

/// What every request can use.
pub struct Hub {
    /// Where everything is kept.
    pub store: Store,
    /// How passwords are hashed.
    pub passwords: Arc<Passwords>,
    /// How many at once.
    pub gate: Gate,
    /// With what refresh tokens are made from refresh tokens.
    pub rotation: Arc<RotationKey>,
    /// With what connect tickets are signed.
    pub signer: Arc<Signer>,
    /// The public keys of connect tickets, by their names.
    pub ticket_keys: BTreeMap<String, String>,
    /// With what the audit log is signed.
    pub notary: Arc<Notary>,
    /// What is counted.
    pub metrics: Arc<Metrics>,
    /// Requests that are worked on.
    pub crowds: Crowds,
    /// The logs that somebody reads.
    pub feeds: Feeds,
    /// Whether the hub works, as it was found out last.
    pub readiness: Readiness,
    /// Held while the audit log is checked.
    pub verifying: Arc<Semaphore>,
    /// Becomes `true` when the hub ends: whoever waits for something stops waiting.
    pub ending: watch::Sender<bool>,
    throttle: Mutex<Throttle>,
}

impl Hub {
    /// A hub above `store`.
    ///
    /// # Errors
    /// If the system has no randomness.
    pub fn new(store: Store, keys: &Keys, metrics: Arc<Metrics>) -> Result<Self, KeyError> {
        let cpus = std::thread::available_parallelism().map_or(1, usize::from);
        Ok(Self {
            store,
            passwords: Arc::new(Passwords::new().map_err(|_| KeyError::NoRandomness)?),
            gate: Gate::new(cpus),
            rotation: Arc::new(RotationKey::new(&keys.rotation)),
            signer: Arc::new(keys.ticket_signer()?),
            ticket_keys: keys.ticket_public()?,
            notary: Arc::new(keys.notary()?),
            metrics,
            crowds: Crowds::default(),
            feeds: Feeds::default(),
            readiness: Readiness::default(),
            verifying: Arc::new(Semaphore::new(1)),
            ending: watch::Sender::new(false),
            throttle: Mutex::default(),
        })
    }

    /// Does a deed of `caller`, in one transaction with a second look at whether they may. Every route
    /// of people that writes does it by this.
    ///
    /// # Errors
    /// If they may not any more; those of `deed`, and those of the store.
    pub async fn act<T: Send + 'static>(
        &self,
        caller: Caller,
        deed: impl Fn(&mut Tx<'_>, &Caller) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, Fault> {
        self.at_a_rate(&[Key::Deeds(caller.user)])?;
        let work = move |tx: &mut Tx<'_>| {
            let caller = acting(tx, &caller)?;
            deed(tx, &caller)
        };
        self.store.write(work).await
    }

    /// Lets pass what everybody does at a rate.
    ///
    /// # Errors
    /// [`Code::TooManyRequests`] to who does it more often.
    pub fn at_a_rate(&self, keys: &[Key]) -> Result<(), Fault> {
        let begun = self.throttle().begin(keys, self.store.now());
        begun.map_err(|wait| {
            let problem = Problem::new(Code::TooManyRequests);
            problem.retry_after(wait).into()
        })
    }

    /// Who has failed to log in how often, and done how much.
    pub fn throttle(&self) -> MutexGuard<'_, Throttle> {
        // A panic in between leaves counts that are as good as any.
        self.throttle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
