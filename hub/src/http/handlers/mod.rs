//! One function for each route: takes the request apart, has the deed done, answers.

pub mod account;
pub mod admin;
pub mod audit;
pub mod enroll;
pub mod events;
pub mod export;
mod guess;
pub mod health;
pub mod launch;
pub mod login;
pub mod logs;
pub mod node;
pub mod pool;
pub mod service;
pub mod sessions;

use crate::auth::gate::Full;
use crate::auth::password;
use crate::fault::Fault;
use crate::hub::Hub;
use hackstream_control_api::problem::{Code, Problem};
use hackstream_control_api::time::Seconds;
use std::sync::Arc;
use std::time::Instant;

/// Does something with passwords when its turn comes.
async fn with_passwords<T: Send + 'static>(
    hub: &Hub,
    work: impl FnOnce(&password::Passwords) -> T + Send + 'static,
) -> Result<T, Fault> {
    let passwords = Arc::clone(&hub.passwords);
    let started = Instant::now();
    let done = hub.gate.run(move || work(&passwords)).await;
    hub.metrics
        .password_seconds
        .observe(started.elapsed().as_secs_f64());
    done.map_err(|Full| Problem::new(Code::Busy).retry_after(Seconds(2)).into())
}

/// The hash of a new password, if it can be taken.
async fn hashed(hub: &Hub, password: String) -> Result<String, Fault> {
    password::check(&password).map_err(|unfit| Fault::new(Code::Invalid, unfit.to_string()))?;
    Ok(with_passwords(hub, move |passwords| passwords.hash(&password)).await??)
}

/// A text that is shown to people: not empty, no control characters, of at most so many bytes.
fn check_text(what: &str, text: &str, most: usize) -> Result<(), Fault> {
    if text.is_empty() || text.len() > most || text.chars().any(char::is_control) {
        let detail = format!("{what} has 1 to {most} bytes and no control characters");
        return Err(Fault::new(Code::Invalid, detail));
    }
    Ok(())
}
