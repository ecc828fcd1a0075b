//! The window in front: what it is called, and its icon.
//!
//! A window manager names the window that has the focus (EWMH, `_NET_ACTIVE_WINDOW`). Its title and
//! its icon are properties of it: X tells of each change, so nothing is asked before.

use hackstream_protocol::limits::MAX_TITLE_BYTES;
use hackstream_protocol::wire::control::WindowIcon;
use x11rb::connection::Connection as _;
use x11rb::errors::ReplyError;
use x11rb::protocol::Event;
use x11rb::protocol::xproto::{
    Atom, AtomEnum, ChangeWindowAttributesAux, ConnectionExt as _, EventMask, GetPropertyReply,
    Window,
};

use super::connect::Display;
use super::icon;
use crate::capture::DisplayEvent;
use crate::error::CaptureError;

/// Words of a title that are read: what is cut off in the middle of a letter is cut back.
const TITLE_WORDS: u32 = MAX_TITLE_BYTES as u32 / 4;

/// Names of the properties.
struct Names {
    active: Atom,
    clients: Atom,
    title: Atom,
    icon: Atom,
    utf8: Atom,
}

/// What is known of the window in front, and what was told.
pub(super) struct FrontWatch {
    names: Names,
    /// The window that is watched; none if there is none in front.
    window: Option<Window>,
    title: String,
    icon: WindowIcon,
}

impl FrontWatch {
    /// Asks for the events that [`run`](Self::run) needs.
    pub(super) fn prepare(display: &Display) -> Result<Self, CaptureError> {
        let atom = |name: &str| -> Result<Atom, CaptureError> {
            let atom = display.connection.intern_atom(false, name.as_bytes())?;
            Ok(atom.reply()?.atom)
        };
        let names = Names {
            active: atom("_NET_ACTIVE_WINDOW")?,
            clients: atom("_NET_CLIENT_LIST")?,
            title: atom("_NET_WM_NAME")?,
            icon: atom("_NET_WM_ICON")?,
            utf8: atom("UTF8_STRING")?,
        };
        listen(display, display.root(), EventMask::PROPERTY_CHANGE)?;
        Ok(Self {
            names,
            window: None,
            title: String::new(),
            icon: WindowIcon::none(),
        })
    }

    /// Tells titles and icons until the connection ends: at first only if there are any.
    pub(super) fn run(
        mut self,
        display: &Display,
        mut tell: impl FnMut(DisplayEvent),
    ) -> Result<(), CaptureError> {
        self.look_for_window(display, &mut tell)?;
        loop {
            let Event::PropertyNotify(change) = display.connection.wait_for_event()? else {
                continue;
            };
            let (atom, names) = (change.atom, &self.names);
            if change.window == display.root() {
                if atom == names.active || atom == names.clients {
                    self.look_for_window(display, &mut tell)?;
                }
            } else if self.window == Some(change.window) {
                if atom == names.title || atom == u32::from(AtomEnum::WM_NAME) {
                    self.tell_title(display, &mut tell)?;
                } else if atom == names.icon {
                    self.tell_icon(display, &mut tell)?;
                }
            }
        }
    }

    /// Another window may be in front.
    fn look_for_window(
        &mut self,
        display: &Display,
        tell: &mut impl FnMut(DisplayEvent),
    ) -> Result<(), CaptureError> {
        let now = self.window_in_front(display)?;
        if now == self.window {
            return Ok(());
        }
        if let Some(before) = self.window {
            listen(display, before, EventMask::NO_EVENT)?;
        }
        // Before it is asked for what it is: no change falls between the two.
        if let Some(now) = now {
            listen(display, now, EventMask::PROPERTY_CHANGE)?;
        }
        self.window = now;
        self.tell_title(display, tell)?;
        self.tell_icon(display, tell)
    }

    /// The one that has the focus, or the only one that there is.
    fn window_in_front(&self, display: &Display) -> Result<Option<Window>, CaptureError> {
        let root = display.root();
        let window = AtomEnum::WINDOW.into();
        let active = property(display, root, self.names.active, window, 1)?;
        let active = active.value32().and_then(|mut windows| windows.next());
        if let Some(active) = active.filter(|&window| window != x11rb::NONE) {
            return Ok(Some(active));
        }
        let clients = property(display, root, self.names.clients, window, 2)?;
        let clients: Vec<Window> = clients.value32().into_iter().flatten().collect();
        Ok(match clients[..] {
            [only] => Some(only),
            _ => None,
        })
    }

    fn tell_title(
        &mut self,
        display: &Display,
        tell: &mut impl FnMut(DisplayEvent),
    ) -> Result<(), CaptureError> {
        let title = match self.window {
            Some(window) => self.title_of(display, window)?,
            None => String::new(),
        };
        if title != self.title {
            self.title.clone_from(&title);
            tell(DisplayEvent::Title(title));
        }
        Ok(())
    }

    fn title_of(&self, display: &Display, window: Window) -> Result<String, CaptureError> {
        let names = &self.names;
        let modern = property(display, window, names.title, names.utf8, TITLE_WORDS)?;
        if !modern.value.is_empty() {
            return Ok(utf8(&modern.value));
        }
        let any = AtomEnum::ANY.into();
        let old = property(display, window, AtomEnum::WM_NAME.into(), any, TITLE_WORDS)?;
        Ok(if old.type_ == names.utf8 {
            utf8(&old.value)
        } else {
            latin1(&old.value)
        })
    }

    fn tell_icon(
        &mut self,
        display: &Display,
        tell: &mut impl FnMut(DisplayEvent),
    ) -> Result<(), CaptureError> {
        let icon = match self.window {
            Some(window) => self.icon_of(display, window)?,
            None => WindowIcon::none(),
        };
        if icon != self.icon {
            self.icon = icon.clone();
            tell(DisplayEvent::Icon(icon));
        }
        Ok(())
    }

    /// The window's own, or that of the window which it belongs to, as a dialog does.
    fn icon_of(&self, display: &Display, window: Window) -> Result<WindowIcon, CaptureError> {
        if let Some(icon) = icon::of_window(display, window, self.names.icon)? {
            return Ok(icon);
        }
        let (transient, type_) = (AtomEnum::WM_TRANSIENT_FOR.into(), AtomEnum::WINDOW.into());
        let owner = property(display, window, transient, type_, 1)?;
        let owner = owner.value32().and_then(|mut windows| windows.next());
        let icon = match owner {
            Some(owner) => icon::of_window(display, owner, self.names.icon)?,
            None => None,
        };
        Ok(icon.unwrap_or_else(WindowIcon::none))
    }
}

/// Asks for the events of a window; one that is gone meanwhile has none.
fn listen(display: &Display, window: Window, events: EventMask) -> Result<(), CaptureError> {
    let attributes = ChangeWindowAttributesAux::new().event_mask(events);
    let request = display
        .connection
        .change_window_attributes(window, &attributes)?;
    request.ignore_error();
    display.connection.flush()?;
    Ok(())
}

/// The first `words` of a property; empty if the window does not have it, or is gone.
fn property(
    display: &Display,
    window: Window,
    name: Atom,
    type_: Atom,
    words: u32,
) -> Result<GetPropertyReply, CaptureError> {
    let request = display
        .connection
        .get_property(false, window, name, type_, 0, words)?;
    match request.reply() {
        Ok(reply) => Ok(reply),
        Err(ReplyError::X11Error(_)) => Ok(GetPropertyReply::default()),
        Err(error) => Err(error.into()),
    }
}

/// As much of the text as a title may have.
fn utf8(bytes: &[u8]) -> String {
    cut(&String::from_utf8_lossy(bytes))
}

/// The encoding that titles without another one have.
fn latin1(bytes: &[u8]) -> String {
    let text: String = bytes.iter().copied().map(char::from).collect();
    cut(&text)
}

fn cut(text: &str) -> String {
    let mut end = text.len().min(MAX_TITLE_BYTES);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    // What the display cut in the middle of a letter.
    text[..end].trim_end_matches('\u{fffd}').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_title_is_cut_between_letters() {
        let title = cut(&"é".repeat(MAX_TITLE_BYTES));
        assert_eq!(title.len(), MAX_TITLE_BYTES);
        let odd = cut(&format!("x{}", "é".repeat(MAX_TITLE_BYTES)));
        assert_eq!(odd.len(), MAX_TITLE_BYTES - 1);
        assert_eq!(utf8(b"a\xc3"), "a", "the display cut it");
    }

    #[test]
    fn old_titles_are_latin_1() {
        assert_eq!(latin1(b"Caf\xe9"), "Café");
        let longest = latin1(&[0xe9; MAX_TITLE_BYTES]);
        assert!(longest.len() <= MAX_TITLE_BYTES);
    }
}
