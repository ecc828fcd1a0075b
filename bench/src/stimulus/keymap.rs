//! Which key carries which symbol on a display.

use anyhow::{Context, Result};
use x11rb::connection::Connection;
use x11rb::protocol::xproto::ConnectionExt;
use x11rb::rust_connection::RustConnection;

/// The unshifted symbols of a display's keyboard.
#[derive(Debug)]
pub(crate) struct Keymap {
    first_keycode: u8,
    symbols: Vec<u32>,
}

impl Keymap {
    pub(crate) fn load(connection: &RustConnection) -> Result<Self> {
        let (first, last) = (
            connection.setup().min_keycode,
            connection.setup().max_keycode,
        );
        let count = last.saturating_sub(first).saturating_add(1);
        let reply = connection.get_keyboard_mapping(first, count)?.reply()?;
        let per_key = usize::from(reply.keysyms_per_keycode).max(1);
        let symbols = reply
            .keysyms
            .chunks(per_key)
            .filter_map(<[u32]>::first)
            .copied()
            .collect();
        Ok(Self {
            first_keycode: first,
            symbols,
        })
    }

    pub(crate) fn keysym(&self, keycode: u8) -> Option<u32> {
        let index = keycode.checked_sub(self.first_keycode)?;
        self.symbols.get(usize::from(index)).copied()
    }

    pub(crate) fn keycode(&self, keysym: u32) -> Result<u8> {
        let index = self.symbols.iter().position(|symbol| *symbol == keysym);
        let index = index.with_context(|| format!("the keyboard has no key {keysym:#x}"))?;
        Ok(u8::try_from(index)? + self.first_keycode)
    }
}
