//! Prints a line for each second in which frames arrived.

use std::io::{self, Write as _};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::task::{JoinHandle, spawn_blocking};
use tokio::time::{Instant, sleep, timeout};

use super::json::Json;
use super::line::Line;
use super::period::Period;
use crate::config::StatsForm;
use crate::shared::Shared;

/// Length of a period.
const PERIOD: Duration = Duration::from_secs(1);

/// How long the viewer, when it leaves, waits for somebody to read its last line.
const LAST_LINE: Duration = Duration::from_secs(1);

/// The task that prints.
pub(crate) struct Reporter {
    /// Dropped to end it.
    _end: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Reporter {
    /// Starts to print what happens from now on. A quiet session costs no wake-ups.
    pub(crate) fn start(shared: Arc<Shared>, form: StatsForm) -> Self {
        let (end, ended) = oneshot::channel();
        let task = tokio::spawn(print_until(shared, form, ended));
        Self { _end: end, task }
    }

    /// Prints what has not been printed yet, and ends.
    pub(crate) async fn finish(self) {
        drop(self._end);
        // A task that failed has nothing more to print.
        let _ = timeout(LAST_LINE, self.task).await;
    }
}

async fn print_until(shared: Arc<Shared>, form: StatsForm, mut ended: oneshot::Receiver<()>) {
    let mut progress = shared.follow();
    let mut since = Instant::now();
    loop {
        tokio::select! {
            biased;
            _ = &mut ended => break,
            changed = progress.changed() => if changed.is_err() { break },
        }
        since = Instant::now();
        tokio::select! {
            biased;
            _ = &mut ended => break,
            () = sleep(PERIOD) => {}
        }
        if print(take(&shared, since), form).await.is_err() {
            // Nobody reads any more.
            return;
        }
        progress.mark_unchanged();
    }
    let rest = take(&shared, since);
    if rest.frames() > 0 {
        let _ = print(rest, form).await;
    }
}

fn take(shared: &Shared, since: Instant) -> Period {
    let screen = shared.picture().size();
    shared.counters.take(since.elapsed(), screen)
}

/// On a thread of its own: a reader that stopped reading must not stop the network.
async fn print(period: Period, form: StatsForm) -> io::Result<()> {
    let printed = spawn_blocking(move || write(&period, form)).await;
    printed.unwrap_or_else(|error| Err(io::Error::other(error)))
}

fn write(period: &Period, form: StatsForm) -> io::Result<()> {
    match form {
        StatsForm::Line => writeln!(io::stderr(), "{}", Line(period)),
        StatsForm::Json => {
            let mut out = io::stdout().lock();
            writeln!(out, "{}", Json(period))?;
            out.flush()
        }
    }
}
