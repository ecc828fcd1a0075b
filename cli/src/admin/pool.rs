//! `hackstreamctl pool`.

use std::process::ExitCode;

use clap::Subcommand;
use hackstream_control_api::pool::{PoolSize, PoolStatus};
use hackstream_control_api::time::{Seconds, UnixMillis};

use crate::api::request::Request;
use crate::context::Context;
use crate::error::CliError;
use crate::terminal::{out, span, table};

/// What to do with sessions that wait warm.
#[derive(Clone, Debug, Subcommand)]
pub enum Pool {
    /// Show how many wait, and how many there are to be
    List {
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Set how many sessions of an application wait warm
    Set {
        /// The application
        app: String,
        /// So many in any case
        #[arg(long, value_name = "COUNT")]
        min: u32,
        /// No more than so many, however many are asked for; as many as --min if nothing is said
        #[arg(long, value_name = "COUNT")]
        max: Option<u32>,
    },
    /// End those of an application that wait, and start none
    Pause {
        /// The application
        app: String,
    },
    /// Start them again, also where starts have failed
    Resume {
        /// The application
        app: String,
    },
}

impl Pool {
    /// Does it.
    ///
    /// # Errors
    /// What the hub says, and those of asking it.
    pub fn run(self, context: &Context) -> Result<ExitCode, CliError> {
        let hub = context.hub()?;
        let pools: Vec<PoolStatus> = match &self {
            Self::List { .. } => hub.ask(&Request::get("/v1/pool"))?,
            Self::Set { app, min, max } => {
                let size = PoolSize {
                    min: *min,
                    max: max.unwrap_or(*min),
                };
                vec![hub.ask(&Request::put(path(app)?, &size)?)?]
            }
            Self::Pause { app } => vec![hub.ask(&deed(app, "pause")?)?],
            Self::Resume { app } => vec![hub.ask(&deed(app, "resume")?)?],
        };
        match self {
            Self::List { json: true } => out::print_json(&pools)?,
            Self::List { .. } if pools.is_empty() => {
                out::tell("No pool. `hackstreamctl pool set browser --min 2` makes one.")?;
            }
            _ => out::print(&text(&pools, context.now()))?,
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// Where an application's pool is.
fn path(app: &str) -> Result<String, CliError> {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    match !app.is_empty() && app.chars().all(fits) {
        true => Ok(format!("/v1/pool/{app}")),
        false => Err(CliError::Usage(
            "an application's name has small letters, digits and '-'".to_owned(),
        )),
    }
}

fn deed(app: &str, deed: &str) -> Result<Request, CliError> {
    Ok(Request::post_nothing(format!("{}/{deed}", path(app)?)))
}

fn text(pools: &[PoolStatus], now: UnixMillis) -> String {
    let rows: Vec<_> = pools.iter().map(|pool| row(pool, now)).collect();
    let head = ["APP", "MIN", "MAX", "WANTED", "READY", "STARTING", "STATE"];
    table::render(head, &rows)
}

fn row(pool: &PoolStatus, now: UnixMillis) -> [String; 7] {
    let held = pool.held_until.map(|until| until.millis_since(now) / 1000);
    let state = match (pool.paused, held) {
        (true, _) => "paused".to_owned(),
        (false, Some(seconds @ 1..)) => {
            let span = span::show(Seconds(seconds));
            format!("held for {span}, {} starts failed", pool.failures)
        }
        (false, _) => "on".to_owned(),
    };
    [
        pool.app.clone(),
        pool.size.min.to_string(),
        pool.size.max.to_string(),
        pool.wanted.to_string(),
        pool.ready.to_string(),
        pool.starting.to_string(),
        state,
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pool_says_how_full_it_is_and_why_it_is_not() {
        let mut pool = PoolStatus {
            app: "browser".to_owned(),
            size: PoolSize { min: 2, max: 5 },
            paused: false,
            wanted: 3,
            ready: 1,
            starting: 1,
            failures: 3,
            held_until: Some(UnixMillis(31_000)),
        };
        let state = |pool: &PoolStatus| row(pool, UnixMillis(1000)).join(" ");
        assert_eq!(
            state(&pool),
            "browser 2 5 3 1 1 held for 30 s, 3 starts failed"
        );
        pool.held_until = Some(UnixMillis(500));
        assert!(state(&pool).ends_with(" on"));
        pool.paused = true;
        assert!(state(&pool).ends_with(" paused"));
        assert!(path("../users").is_err() && path("").is_err());
    }
}
