//! A film on the screen, every frame numbered.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use x11rb::connection::Connection;
use x11rb::protocol::shm::{self, ConnectionExt};
use x11rb::protocol::xproto::ImageFormat;

use super::subject::{Painted, Subject};
use super::window::Window;
use crate::clock::Instant;
use crate::mapping::SharedPicture;
use crate::scene::Area;

/// Made at the first start: other work needs neither the photograph nor the memory.
struct Projector {
    subject: Subject,
    painted: Painted,
    picture: SharedPicture,
    segment: shm::Seg,
}

/// Whether and how fast the film runs.
#[derive(Debug, Clone, Copy)]
enum State {
    Stopped,
    Running { period: Duration, next: Instant },
}

/// The film and its place on the screen.
pub(super) struct Film {
    area: Area,
    seed: u64,
    number: u16,
    state: State,
    projector: Option<Projector>,
}

impl Film {
    pub(super) const fn new(area: Area, seed: u64) -> Self {
        Self {
            area,
            seed,
            number: 0,
            state: State::Stopped,
            projector: None,
        }
    }

    pub(super) fn start(
        &mut self,
        window: &Window,
        subject: Subject,
        frames_per_second: u32,
    ) -> Result<()> {
        let is_loaded = |projector: &Projector| projector.subject == subject;
        if !self.projector.as_ref().is_some_and(is_loaded) {
            self.projector = Some(Projector::new(window, subject, self.area, self.seed)?);
        }
        let period = Duration::from_secs(1) / frames_per_second;
        self.state = State::Running {
            period,
            next: Instant::now().plus(period),
        };
        Ok(())
    }

    pub(super) fn stop(&mut self) {
        self.state = State::Stopped;
    }

    /// When the next frame is to be shown.
    pub(super) const fn next_due(&self) -> Option<Instant> {
        match self.state {
            State::Stopped => None,
            State::Running { next, .. } => Some(next),
        }
    }

    /// Shows the frame that is due; its number, and the time just before the X server got it.
    pub(super) fn show_if_due(
        &mut self,
        window: &Window,
        now: Instant,
    ) -> Result<Option<(u16, Instant)>> {
        let State::Running { period, next } = &mut self.state else {
            return Ok(None);
        };
        if now < *next {
            return Ok(None);
        }
        // A stimulus that was held up skips frames rather than showing them in a burst.
        while *next <= now {
            *next = next.plus(*period);
        }
        let Some(projector) = &mut self.projector else {
            return Ok(None);
        };
        let number = self.number;
        self.number = number.wrapping_add(1);
        projector.render(number);
        let shown = Instant::now();
        projector.show(window, self.area)?;
        Ok(Some((number, shown)))
    }
}

impl Projector {
    fn new(window: &Window, subject: Subject, area: Area, seed: u64) -> Result<Self> {
        let connection = window.connection();
        let version = connection
            .shm_query_version()
            .context("no MIT-SHM")?
            .reply()?;
        let with_descriptors = (version.major_version, version.minor_version) >= (1, 2);
        ensure!(with_descriptors, "the display has no MIT-SHM 1.2");
        let (picture, file) = SharedPicture::new(area.width.into(), area.height.into())?;
        let segment = connection.generate_id()?;
        connection.shm_attach_fd(segment, file, true)?.check()?;
        Ok(Self {
            subject,
            painted: Painted::new(subject, area, seed),
            picture,
            segment,
        })
    }

    fn render(&mut self, number: u16) {
        let picture = &mut self.picture;
        self.painted
            .paint(number, |x, y, pixels| picture.write(x, y, pixels));
    }

    /// Waits for the X server to have read the picture, as the next frame overwrites it.
    fn show(&self, window: &Window, area: Area) -> Result<()> {
        let (width, height) = (self.picture.width() as u16, self.picture.height() as u16);
        let (x, y) = (area.x as i16, area.y as i16);
        let format = ImageFormat::Z_PIXMAP.into();
        let cookie = window.connection().shm_put_image(
            window.id(),
            window.context(),
            width,
            height,
            0,
            0,
            width,
            height,
            x,
            y,
            window.depth(),
            format,
            false,
            self.segment,
            0,
        )?;
        Ok(cookie.check()?)
    }
}
