//! A viewer of a session on another machine, and the probe that plays the person.

use std::time::Duration;

use anyhow::{Error, Result, bail};

use super::failure::{Failure, Kind};
use super::seat::Seat;
use super::viewer::Viewer;
use super::window::Desk;
use crate::clock::Instant;
use crate::interrupt::Interrupt;
use crate::measure::{Subject, random_pause};
use crate::probe::Probe;
use crate::process::{Process, Tree};
use crate::random::Random;
use crate::report::progress;
use crate::scene::{Scene, ScreenSize};
use crate::split::{SplitLines, StatsLine};
use crate::workspace::Workspace;

/// How long a viewer may take to show the stimulus.
const PICTURE_LIMIT: Duration = Duration::from_secs(10);
/// How long the window may take to get the keyboard focus, with a person's help perhaps.
const FOCUS_LIMIT: Duration = Duration::from_secs(15);
/// Without help.
const FOCUS_PATIENCE: Duration = Duration::from_secs(2);
/// A viewer that used no CPU for so long, besides two round trips, has nothing more to do.
const SILENCE: Duration = Duration::from_millis(100);
/// A viewer that never has nothing to do is not waited for longer.
const QUIET_LIMIT: Duration = Duration::from_secs(3);
const STEP: Duration = Duration::from_millis(10);

/// Dropping it ends the viewer before its display.
pub(super) struct Session {
    probe: Probe,
    viewer: Process,
    lines: SplitLines,
    seat: Seat,
}

impl Session {
    /// Starts the viewer and waits until its window shows the stimulus and gets the keys.
    pub(super) fn start(
        viewer: &Viewer,
        mut seat: Seat,
        size: ScreenSize,
        workspace: &Workspace,
        interrupt: &Interrupt,
    ) -> Result<Self> {
        let mut process = viewer.start(&seat.show(), workspace)?;
        let desk = Desk::open(seat.name())?;
        let pid = process.pid();
        let seen = desk.find(pid, size, interrupt, || {
            seat.check_alive()?;
            process.check_alive()
        });
        let seen = seen.map_err(|error| viewer.explain(error, &mut process, workspace))?;
        let (pixels, scene) = (seat.pixels()?, Scene::new(size));
        let probe = Probe::at_window(seat.name(), seen, pixels, scene, interrupt.clone())?;
        let mut session = Self {
            probe,
            viewer: process,
            lines: SplitLines::default(),
            seat,
        };
        session.wait_for_stimulus(interrupt)?;
        session.wait_for_focus(interrupt)?;
        Ok(session)
    }

    fn wait_for_stimulus(&mut self, interrupt: &Interrupt) -> Result<()> {
        let marker = interrupt.wait_until(PICTURE_LIMIT, || {
            self.check_alive()?;
            Ok(self.probe.marker())
        })?;
        if marker.is_some() {
            return Ok(());
        }
        let text = "the session shows no markers, so nothing can be measured. Is it \
                    `hackstream-bench serve` that runs there, and does nothing cover the window?";
        Err(Failure::new(Kind::NoStimulus, text).into())
    }

    fn wait_for_focus(&mut self, interrupt: &Interrupt) -> Result<()> {
        let wait = |session: &mut Self, limit| {
            interrupt.wait_until(limit, || {
                session.check_alive()?;
                Ok(session.probe.has_focus()?.then_some(()))
            })
        };
        if wait(self, FOCUS_PATIENCE)?.is_some() {
            return Ok(());
        }
        progress("give the viewer's window the keyboard focus: click on it …");
        if wait(self, FOCUS_LIMIT)?.is_none() {
            bail!("the viewer's window did not get the keyboard focus within {FOCUS_LIMIT:?}");
        }
        Ok(())
    }

    pub(super) fn viewer_tree(&self) -> Tree {
        Tree::new(self.viewer.pid())
    }

    /// Waits until the viewer has told all that happened until now.
    pub(super) fn wait_until_told(&mut self, interrupt: &Interrupt) -> Result<()> {
        self.lines.wait_until_told(&self.viewer, interrupt)
    }

    /// What the viewer told about the periods between two moments.
    pub(super) fn told(&self, from: Instant, to: Instant) -> Vec<StatsLine> {
        self.lines.within(from, to)
    }

    /// The newest figures of the viewer.
    pub(super) fn newest(&self) -> Option<&StatsLine> {
        self.lines.last()
    }

    /// What the viewer itself said, if it ended; `error` otherwise.
    pub(super) fn explain(
        &mut self,
        error: Error,
        viewer: &Viewer,
        workspace: &Workspace,
    ) -> Error {
        viewer.explain(error, &mut self.viewer, workspace)
    }

    fn round_trip(&self) -> Duration {
        let milliseconds = self.newest().map_or(0.0, |line| line.rtt_ms);
        Duration::try_from_secs_f64(milliseconds / 1e3).unwrap_or_default()
    }
}

impl Subject for Session {
    fn probe(&self) -> &Probe {
        &self.probe
    }

    fn check_alive(&mut self) -> Result<()> {
        self.seat.check_alive()?;
        self.viewer.check_alive()
    }

    /// The network cannot be watched here, but a viewer that receives something uses its CPU.
    fn settle(&mut self, random: &mut Random, interrupt: &Interrupt) -> Result<()> {
        random_pause(random, interrupt)?;
        self.lines.collect(&self.viewer);
        let tree = self.viewer_tree();
        let silence = SILENCE + 2 * self.round_trip();
        let (end, mut last) = (Instant::now().plus(QUIET_LIMIT), tree.root_cpu_time());
        let mut since = Instant::now();
        while Instant::now().since(since) < silence && Instant::now() < end {
            interrupt.sleep(STEP)?;
            let now = tree.root_cpu_time();
            if now != last {
                (last, since) = (now, Instant::now());
            }
        }
        Ok(())
    }
}
