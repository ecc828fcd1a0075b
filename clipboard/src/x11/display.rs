//! Requests to the display, from a window that nobody sees.

use hackstream_protocol::wire::clipboard::Selection;
use x11rb::connection::{Connection, RequestConnection};
use x11rb::cookie::VoidCookie;
use x11rb::errors::ConnectionError;
use x11rb::protocol::xfixes::{self, ConnectionExt as _, SelectionEventMask};
use x11rb::protocol::xproto::{
    Atom, AtomEnum, ChangeWindowAttributesAux, ConnectionExt, CreateWindowAux, EventMask,
    GetPropertyReply, PropMode, SELECTION_NOTIFY_EVENT, SelectionNotifyEvent,
    SelectionRequestEvent, Timestamp, Window, WindowClass,
};
use x11rb::rust_connection::RustConnection;

use super::DisplayError;

x11rb::atom_manager! {
    /// Names that the display knows by number.
    pub(super) Atoms: AtomsCookie {
        CLIPBOARD,
        TARGETS,
        TIMESTAMP,
        MULTIPLE,
        ATOM_PAIR,
        INCR,
        UTF8_STRING,
        TEXT,
        TEXT_UTF8: b"text/plain;charset=utf-8",
        TEXT_PLAIN: b"text/plain",
        TEXT_HTML: b"text/html",
        IMAGE_PNG: b"image/png",
        HACKSTREAM_0,
        HACKSTREAM_1,
        HACKSTREAM_2,
        HACKSTREAM_3,
        HACKSTREAM_4,
        HACKSTREAM_5,
        HACKSTREAM_6,
        HACKSTREAM_7,
    }
}

impl Atoms {
    /// Properties that programs put answers into; of a window for contents the first is used.
    pub(super) const fn properties(&self) -> [Atom; 8] {
        [
            self.HACKSTREAM_0,
            self.HACKSTREAM_1,
            self.HACKSTREAM_2,
            self.HACKSTREAM_3,
            self.HACKSTREAM_4,
            self.HACKSTREAM_5,
            self.HACKSTREAM_6,
            self.HACKSTREAM_7,
        ]
    }

    pub(super) fn name(&self, selection: Selection) -> Atom {
        match selection {
            Selection::Clipboard => self.CLIPBOARD,
            Selection::Primary => AtomEnum::PRIMARY.into(),
        }
    }

    pub(super) fn selection(&self, name: Atom) -> Option<Selection> {
        let mut all = Selection::ALL.into_iter();
        all.find(|selection| self.name(*selection) == name)
    }
}

/// A connection, and the window that owns our selections.
pub(super) struct Display {
    pub(super) connection: RustConnection,
    root: Window,
    pub(super) window: Window,
    pub(super) atoms: Atoms,
}

impl Display {
    pub(super) fn new(connection: RustConnection, screen: usize) -> Result<Self, DisplayError> {
        if connection
            .extension_information(xfixes::X11_EXTENSION_NAME)?
            .is_none()
        {
            return Err(DisplayError::NoXfixes);
        }
        connection.xfixes_query_version(5, 0)?.reply()?;
        let atoms = Atoms::new(&connection)?.reply()?;
        let window = connection.generate_id()?;
        let root = connection.setup().roots.get(screen).map_or(0, |s| s.root);
        create(&connection, root, window)?.check()?;
        let mask = SelectionEventMask::SET_SELECTION_OWNER
            | SelectionEventMask::SELECTION_WINDOW_DESTROY
            | SelectionEventMask::SELECTION_CLIENT_CLOSE;
        for selection in Selection::ALL {
            connection
                .xfixes_select_selection_input(window, atoms.name(selection), mask)?
                .check()?;
        }
        Ok(Self {
            connection,
            root,
            window,
            atoms,
        })
    }

    /// A window to convert into. Owners tell transfers apart by their windows.
    pub(super) fn new_window(&self) -> Result<Window, DisplayError> {
        let window = self.connection.generate_id()?;
        create(&self.connection, self.root, window)?;
        Ok(window)
    }

    /// Takes such a window away. Owners that hand out parts wait until the last one was deleted.
    pub(super) fn destroy(&self, window: Window) -> Result<(), DisplayError> {
        self.delete(window, self.atoms.HACKSTREAM_0)?;
        self.connection.destroy_window(window)?;
        Ok(())
    }

    /// Who owns a selection now.
    pub(super) fn owner(&self, selection: Selection) -> Result<Window, DisplayError> {
        let name = self.atoms.name(selection);
        Ok(self.connection.get_selection_owner(name)?.reply()?.owner)
    }

    /// Takes a selection.
    pub(super) fn take(&self, selection: Selection) -> Result<(), DisplayError> {
        self.set_owner(self.window, selection, x11rb::CURRENT_TIME)
    }

    /// Gives a selection up that was taken at `since`. The display ignores that if a program has
    /// taken it in the meantime, which may not be known here yet.
    pub(super) fn give_up(
        &self,
        selection: Selection,
        since: Timestamp,
    ) -> Result<(), DisplayError> {
        self.set_owner(x11rb::NONE, selection, since)
    }

    fn set_owner(
        &self,
        owner: Window,
        selection: Selection,
        time: Timestamp,
    ) -> Result<(), DisplayError> {
        let name = self.atoms.name(selection);
        self.connection.set_selection_owner(owner, name, time)?;
        Ok(())
    }

    /// Asks the owner of a selection to put it into a property of a window of ours as `target`.
    pub(super) fn convert(
        &self,
        window: Window,
        selection: Selection,
        target: Atom,
        property: Atom,
        time: Timestamp,
    ) -> Result<(), DisplayError> {
        // Whatever an earlier owner left there, too late.
        self.delete(window, property)?;
        let name = self.atoms.name(selection);
        self.connection
            .convert_selection(window, name, target, property, time)?;
        Ok(())
    }

    /// Reads at most `length` bytes at `offset` of a property; both are multiples of four.
    pub(super) fn read(
        &self,
        window: Window,
        property: Atom,
        offset: usize,
        length: usize,
    ) -> Result<GetPropertyReply, ReadError> {
        let any = AtomEnum::ANY;
        let (offset, length) = ((offset / 4) as u32, (length / 4) as u32);
        let asked = self
            .connection
            .get_property(false, window, property, any, offset, length);
        let asked = asked.map_err(DisplayError::from).map_err(ReadError::Lost)?;
        asked.reply().map_err(|error| match error {
            x11rb::errors::ReplyError::ConnectionError(error) => ReadError::Lost(error.into()),
            x11rb::errors::ReplyError::X11Error(_) => ReadError::Gone,
        })
    }

    /// Deletes a property of a window of ours, which asks for the next part of one that comes in parts.
    pub(super) fn delete(&self, window: Window, property: Atom) -> Result<(), DisplayError> {
        self.connection.delete_property(window, property)?;
        Ok(())
    }

    /// Puts bytes into a property of a program's window.
    pub(super) fn put(
        &self,
        window: Window,
        property: Atom,
        kind: Atom,
        bytes: &[u8],
    ) -> Result<(), DisplayError> {
        let length = bytes.len() as u32;
        self.connection.change_property(
            PropMode::REPLACE,
            window,
            property,
            kind,
            8,
            length,
            bytes,
        )?;
        Ok(())
    }

    /// Puts numbers into a property of a program's window.
    pub(super) fn put_numbers(
        &self,
        window: Window,
        property: Atom,
        kind: impl Into<Atom>,
        numbers: &[u32],
    ) -> Result<(), DisplayError> {
        let bytes: Vec<u8> = numbers.iter().flat_map(|n| n.to_ne_bytes()).collect();
        let (mode, length) = (PropMode::REPLACE, numbers.len() as u32);
        self.connection
            .change_property(mode, window, property, kind.into(), 32, length, &bytes)?;
        Ok(())
    }

    /// Watches a program's window while it takes parts, or no longer.
    pub(super) fn watch(&self, window: Window, watched: bool) -> Result<(), DisplayError> {
        let events = if watched {
            EventMask::PROPERTY_CHANGE | EventMask::STRUCTURE_NOTIFY
        } else {
            EventMask::NO_EVENT
        };
        let change = ChangeWindowAttributesAux::new().event_mask(events);
        self.connection.change_window_attributes(window, &change)?;
        Ok(())
    }

    /// Answers a request: the contents are in `property`, or there are none for it.
    pub(super) fn answer(
        &self,
        request: &SelectionRequestEvent,
        property: Option<Atom>,
    ) -> Result<(), DisplayError> {
        let event = SelectionNotifyEvent {
            response_type: SELECTION_NOTIFY_EVENT,
            sequence: 0,
            time: request.time,
            requestor: request.requestor,
            selection: request.selection,
            target: request.target,
            property: property.unwrap_or(x11rb::NONE),
        };
        self.connection
            .send_event(false, request.requestor, EventMask::NO_EVENT, event)?;
        Ok(())
    }
}

/// Creates a window that nobody sees and whose properties are watched.
fn create(
    connection: &RustConnection,
    root: Window,
    window: Window,
) -> Result<VoidCookie<'_, RustConnection>, ConnectionError> {
    let events = CreateWindowAux::new().event_mask(EventMask::PROPERTY_CHANGE);
    let (depth, visual) = (0, x11rb::COPY_FROM_PARENT);
    let class = WindowClass::INPUT_ONLY;
    connection.create_window(depth, window, root, -1, -1, 1, 1, 0, class, visual, &events)
}

/// Why a property cannot be read.
pub(super) enum ReadError {
    /// Its window is gone.
    Gone,
    /// The display is gone.
    Lost(DisplayError),
}
