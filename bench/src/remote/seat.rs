//! The display that the viewer is shown on.

use std::path::PathBuf;

use anyhow::Result;

use super::failure::{Failure, Kind};
use super::viewer::Show;
use super::window::Desk;
use crate::display::Display;
use crate::interrupt::Interrupt;
use crate::probe::{Fetcher, Pixels};
use crate::process::find_program;
use crate::scene::ScreenSize;
use crate::workspace::Workspace;

/// Whose display it is.
pub(super) enum Seat {
    /// An Xvfb of our own, exactly as large as the session.
    Own(Display),
    /// The person's.
    Theirs(String),
}

impl Seat {
    /// A display on which a session of this size can be seen; `theirs` if it is given.
    pub(super) fn take(
        theirs: Option<&str>,
        session: ScreenSize,
        workspace: &Workspace,
        interrupt: &Interrupt,
    ) -> Result<Self> {
        let Some(name) = theirs else {
            if find_program("Xvfb", None).is_none() {
                let text = "Xvfb is missing: install it (package xvfb), or show the viewer on your \
                            own display with --display :0";
                return Err(Failure::new(Kind::Missing, text).into());
            }
            return Ok(Self::Own(Display::start(session, workspace, interrupt)?));
        };
        Desk::open(name)?.check_room(session)?;
        Ok(Self::Theirs(name.to_owned()))
    }

    pub(super) fn name(&self) -> &str {
        match self {
            Self::Own(display) => display.name(),
            Self::Theirs(name) => name,
        }
    }

    /// Where the viewer is to be shown.
    pub(super) fn show(&self) -> Show<'_> {
        let authority = match self {
            Self::Own(_) => None,
            Self::Theirs(_) => std::env::var_os("XAUTHORITY").map(PathBuf::from),
        };
        Show::On(self.name(), authority)
    }

    pub(super) fn pixels(&self) -> Result<Pixels> {
        Ok(match self {
            Self::Own(display) => Pixels::Mapped(display.framebuffer()?),
            Self::Theirs(name) => Pixels::Fetched(Box::new(Fetcher::open(name)?)),
        })
    }

    /// Fails when our X server has ended.
    pub(super) fn check_alive(&mut self) -> Result<()> {
        match self {
            Self::Own(display) => display.check_alive(),
            Self::Theirs(_) => Ok(()),
        }
    }
}
