//! The program on the remote display: answers keys with drawing, then changes both markers.

mod film;
mod font;
mod glyphs;
mod invocation;
mod journal;
mod keymap;
mod motion;
mod page;
mod photograph;
mod room;
mod subject;
mod window;

use std::os::fd::AsFd;
use std::path::Path;

use anyhow::{Context, Result};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use x11rb::connection::Connection;
use x11rb::protocol::Event;

pub(crate) use invocation::StimulusCommand;
pub(crate) use journal::{Entry, Journal, read_journal};
pub(crate) use keymap::Keymap;
pub(crate) use photograph::Photograph;
pub(crate) use room::wait_for_screen;
pub(crate) use subject::{Painted, Subject};

use crate::clock::Instant;
use crate::random::Random;
use crate::scene::{Command, MarkerColor, Scene};
use film::Film;
use page::Page;
use window::Window;

/// Runs until the display goes away or the process is ended.
pub(crate) fn run(scene: Scene, seed: u64, journal: &Path) -> Result<()> {
    let mut stimulus = Stimulus::start(scene, seed, journal)?;
    loop {
        while let Some(event) = stimulus.window.connection().poll_for_event()? {
            stimulus.handle(&event)?;
        }
        stimulus.show_due_frame()?;
        stimulus.wait()?;
    }
}

struct Stimulus {
    window: Window,
    keymap: Keymap,
    page: Page,
    film: Film,
    marker: MarkerColor,
    journal: Journal,
}

impl Stimulus {
    fn start(scene: Scene, seed: u64, journal: &Path) -> Result<Self> {
        wait_for_screen(scene.size()).context("cannot look at the display")?;
        let window = Window::open(scene).context("cannot open the stimulus window")?;
        let keymap = Keymap::load(window.connection())?;
        let mut page = Page::new(scene, Random::new(seed));
        page.repaint(&window)?;
        let film = Film::new(scene.video(), seed);
        let marker = MarkerColor::FIRST;
        window.draw_markers(marker)?;
        window.connection().flush()?;
        Ok(Self {
            window,
            keymap,
            page,
            film,
            marker,
            journal: Journal::create(journal)?,
        })
    }

    fn handle(&mut self, event: &Event) -> Result<()> {
        match event {
            Event::KeyPress(key) => {
                let received = Instant::now();
                match self
                    .keymap
                    .keysym(key.detail)
                    .and_then(Command::from_keysym)
                {
                    Some(command) => self.act(command, received),
                    None => Ok(()),
                }
            }
            Event::MappingNotify(_) => {
                self.keymap = Keymap::load(self.window.connection())?;
                Ok(())
            }
            Event::MapNotify(_) => self.window.take_focus(),
            Event::FocusOut(_) => self.window.take_focus_again(),
            Event::Error(error) => {
                eprintln!("stimulus: X error {error:?}");
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Draws the content first and the markers last, in one go.
    fn act(&mut self, command: Command, received: Instant) -> Result<()> {
        match command {
            Command::Letter => self.page.letter(&self.window)?,
            Command::ScrollByCopy => self.page.scroll_by_copy(&self.window)?,
            Command::ScrollByRedraw => self.page.scroll_by_redraw(&self.window)?,
            Command::Repaint => self.page.repaint(&self.window)?,
            Command::Film(film) => {
                let rate = film.rate.frames_per_second();
                self.film.start(&self.window, film.subject, rate)?;
            }
            Command::StopFilm => self.film.stop(),
        }
        self.marker = self.marker.next();
        self.window.draw_markers(self.marker)?;
        self.window.connection().flush()?;
        self.journal.write(Entry::Action {
            received,
            drawn: Instant::now(),
        })
    }

    fn show_due_frame(&mut self) -> Result<()> {
        match self.film.show_if_due(&self.window, Instant::now())? {
            Some((number, shown)) => self.journal.write(Entry::Frame { number, shown }),
            None => Ok(()),
        }
    }

    /// Sleeps until the display has something to say or the next frame of the film is due.
    fn wait(&self) -> Result<()> {
        let left = self.film.next_due().map(|due| due.since(Instant::now()));
        let timeout = left.map(|left| Timespec {
            tv_sec: i64::try_from(left.as_secs()).unwrap_or(0),
            tv_nsec: i64::from(left.subsec_nanos()),
        });
        let stream = self.window.connection().stream();
        let mut waits = [PollFd::from_borrowed_fd(stream.as_fd(), PollFlags::IN)];
        match poll(&mut waits, timeout.as_ref()) {
            Ok(_) | Err(rustix::io::Errno::INTR) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}
