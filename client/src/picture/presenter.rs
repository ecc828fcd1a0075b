//! Who shows what the decoder painted.
//!
//! Where the window system allows it, that is the decoder's own thread: from the last byte of a
//! frame to the screen nothing has to be woken.

use hackstream_protocol::geometry::{Size, Window};

use crate::shared::Shared;

/// How the picture looks in the window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shade {
    /// As it is.
    Plain,
    /// Darker: it may be out of date.
    Dimmed,
}

/// What is presented.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Extent {
    /// What changed since the last time.
    Changes,
    /// All of the window, margins included.
    Window,
}

/// Text of the viewer's own over the picture, as lines.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Texts {
    /// Measurements.
    pub(crate) statistics: Vec<String>,
    /// What the person must know of the connection.
    pub(crate) notice: Vec<String>,
    /// How far files are.
    pub(crate) files: Vec<String>,
}

/// What the window wants to be seen of the picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Sight {
    /// Size of the window.
    pub(crate) window: Size<Window>,
    /// How the picture looks, unless a new connection is still painting it anew.
    pub(crate) shade: Shade,
    /// What is written over it.
    pub(crate) texts: Texts,
    /// What has to be presented now.
    pub(crate) extent: Extent,
}

/// Shows the picture in a window, on the thread that paints it.
pub(crate) trait Presenter: Send {
    /// Shows what was painted since the last time, and returns once the window system has read it.
    ///
    /// # Errors
    /// What the window system said.
    fn changed(&mut self, shared: &Shared) -> Result<(), String>;

    /// Shows the picture in the way that the window wants from now on.
    ///
    /// # Errors
    /// What the window system said.
    fn look(&mut self, shared: &Shared, sight: Sight) -> Result<(), String>;
}

/// The decoder's side of showing.
pub(super) struct Show<'a> {
    shared: &'a Shared,
    presenter: Option<Box<dyn Presenter>>,
}

impl<'a> Show<'a> {
    /// The front shows the picture, once it is woken.
    pub(super) const fn by_front(shared: &'a Shared) -> Self {
        let presenter = None;
        Self { shared, presenter }
    }

    /// `presenter` shows the picture from now on.
    pub(super) fn by(&mut self, presenter: Box<dyn Presenter>) {
        self.presenter = Some(presenter);
    }

    /// Has what was painted shown.
    pub(super) fn changes(&mut self) {
        match &mut self.presenter {
            Some(presenter) => {
                let result = presenter.changed(self.shared);
                self.check(result);
            }
            None => self.shared.wake_front(),
        }
    }

    /// Has the picture shown as the window wants it.
    pub(super) fn look(&mut self, sight: Sight) {
        if let Some(presenter) = &mut self.presenter {
            let result = presenter.look(self.shared, sight);
            self.check(result);
        }
    }

    fn check(&mut self, result: Result<(), String>) {
        if let Err(reason) = result {
            self.presenter = None;
            let fail = |session: &mut crate::shared::SessionView| {
                session.presenting_failed = Some(reason);
            };
            self.shared.update_session(fail);
        }
    }
}
