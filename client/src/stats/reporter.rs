//! Tells the measurements of each second in which frames arrived: in print, and over the picture.

use std::io::{self, Write as _};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{oneshot, watch};
use tokio::task::{JoinHandle, spawn_blocking};
use tokio::time::{Instant, sleep, timeout};

use super::json::Json;
use super::line::Line;
use super::panel;
use super::period::Period;
use crate::config::StatsForm;
use crate::shared::{Progress, Shared, StatisticsPanel};

/// Length of a period.
const PERIOD: Duration = Duration::from_secs(1);

/// How long the viewer, when it leaves, waits for somebody to read its last line.
const LAST_LINE: Duration = Duration::from_secs(1);

/// The task that tells.
pub(crate) struct Reporter {
    /// Dropped to end it.
    _end: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Reporter {
    /// Starts to tell what happens from now on: in print if there is a `form`, and over the picture
    /// as long as `shared` wants it there. A quiet session costs no wake-ups, and one of which
    /// nobody wants to be told neither.
    pub(crate) fn start(shared: Arc<Shared>, form: Option<StatsForm>) -> Self {
        let (end, ended) = oneshot::channel();
        let telling = Telling {
            progress: shared.follow(),
            panel: shared.statistics_panel(),
            shared,
            form,
        };
        let task = tokio::spawn(telling.run(ended));
        Self { _end: end, task }
    }

    /// Tells what has not been told yet, and ends.
    pub(crate) async fn finish(self) {
        drop(self._end);
        // A task that failed has nothing more to tell.
        let _ = timeout(LAST_LINE, self.task).await;
    }
}

struct Telling {
    shared: Arc<Shared>,
    form: Option<StatsForm>,
    progress: watch::Receiver<Progress>,
    panel: watch::Receiver<StatisticsPanel>,
}

/// What ended a wait.
enum Woken {
    /// A frame was applied.
    Frame,
    /// The panel was switched on or off.
    Switched,
    /// Nothing happened for a period.
    Quiet,
    /// There will be nothing more.
    Ended,
}

impl Telling {
    async fn run(mut self, mut ended: oneshot::Receiver<()>) {
        let mut since = Instant::now();
        // What the panel shows, as long as it tells of frames that are over.
        let mut last = None;
        loop {
            match self.wait(&mut ended, last.is_some()).await {
                Woken::Ended => break,
                Woken::Switched => last = self.switched(&mut since),
                Woken::Quiet => {
                    if let Some(period) = last.take() {
                        self.draw(&Period::quiet(&period));
                    }
                }
                Woken::Frame => {
                    since = Instant::now();
                    tokio::select! {
                        biased;
                        _ = &mut ended => break,
                        () = sleep(PERIOD) => {}
                    }
                    let period = self.take(since);
                    if self.is_drawn() {
                        self.draw(&period);
                        last = Some(period.clone());
                    }
                    if self.print(period).await.is_err() {
                        // Nobody reads any more.
                        self.form = None;
                    }
                    self.progress.mark_unchanged();
                }
            }
        }
        let rest = self.take(since);
        if rest.frames() > 0 {
            let _ = self.print(rest).await;
        }
    }

    /// Waits for something to tell.
    async fn wait(&mut self, ended: &mut oneshot::Receiver<()>, shows_frames: bool) -> Woken {
        let wanted = self.form.is_some() || self.is_drawn();
        tokio::select! {
            biased;
            _ = ended => Woken::Ended,
            switched = self.panel.changed() => match switched {
                Ok(()) => Woken::Switched,
                Err(_) => Woken::Ended,
            },
            changed = self.progress.changed(), if wanted => match changed {
                Ok(()) => Woken::Frame,
                Err(_) => Woken::Ended,
            },
            () = sleep(PERIOD), if shows_frames => Woken::Quiet,
        }
    }

    /// The panel was switched on or off. Returns what it shows.
    fn switched(&mut self, since: &mut Instant) -> Option<Period> {
        if !self.is_drawn() {
            self.shared
                .update_session(|session| session.statistics.clear());
            return None;
        }
        if self.form.is_some() {
            // Counts belong to the next line in print.
            return None;
        }
        let period = self.take(*since);
        *since = Instant::now();
        self.draw(&period.quiet());
        None
    }

    fn is_drawn(&self) -> bool {
        *self.panel.borrow() == StatisticsPanel::Shown
    }

    fn draw(&self, period: &Period) {
        let lines = panel::lines(period);
        self.shared
            .update_session(|session| session.statistics = lines);
    }

    fn take(&self, since: Instant) -> Period {
        let screen = self.shared.picture().size();
        let mut period = self.shared.counters.take(since.elapsed(), screen);
        period.sound = self.shared.speaker.take_report();
        period
    }

    /// On a thread of its own: a reader that stopped reading must not stop the network.
    async fn print(&self, period: Period) -> io::Result<()> {
        let Some(form) = self.form else {
            return Ok(());
        };
        let printed = spawn_blocking(move || write(&period, form)).await;
        printed.unwrap_or_else(|error| Err(io::Error::other(error)))
    }
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
