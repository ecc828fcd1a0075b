//! What the keys of a display mean: a copy of its XKB map.
//!
//! Finding the symbol of a key follows "Transforming the XKB Key Event to Keysyms" in the XKB
//! library's documentation: the group is brought into the key's range, the group's type turns the
//! modifiers into a level, the level names the symbol.

use hackstream_protocol::wire::keyboard::Group;
use x11rb::protocol::xkb::{
    self, ConnectionExt as _, GetMapReply, GetStateReply, ID, KeySymMap, KeyType, MapPart,
};
use xkeysym::{Keysym, key};

use super::connect::Display;
use crate::error::CaptureError;

/// Real modifiers, a bit each, as X numbers them.
pub(super) type Modifiers = u8;

/// The modifier that Caps Lock switches.
pub(super) const CAPS_LOCK: Modifiers = 2;

/// Bits of a key's group information.
const GROUP_COUNT: u8 = 0x0f;
const CLAMP_GROUPS: u8 = 0x40;
const REDIRECT_GROUPS: u8 = 0x80;
const REDIRECT_TO: u8 = 0x30;

/// What is down, latched or locked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct State {
    modifiers: Modifiers,
    group: u8,
}

/// How long a state holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Validity {
    /// Until something of it changes.
    Lasting,
    /// For one key: something is latched.
    Once,
}

impl State {
    pub(super) fn query(display: &Display) -> Result<(Self, Validity), CaptureError> {
        let device = ID::USE_CORE_KBD.into();
        let state: GetStateReply = display.connection.xkb_get_state(device)?.reply()?;
        let latched = u16::from(state.latched_mods) != 0 || state.latched_group != 0;
        let validity = if latched {
            Validity::Once
        } else {
            Validity::Lasting
        };
        let state = Self {
            modifiers: u16::from(state.mods) as u8,
            group: u8::from(state.group),
        };
        Ok((state, validity))
    }
}

impl State {
    /// Whether Caps Lock makes something else of `character`, whatever key gives it.
    pub(super) fn capitalizes(self, character: char) -> bool {
        self.modifiers & CAPS_LOCK != 0 && capital(character) != Some(character)
    }
}

/// The map of all keys.
#[derive(Debug)]
pub(super) struct Keymap {
    /// The keycode of the first key.
    first: u8,
    keys: Vec<KeySymMap>,
    types: Vec<KeyType>,
    /// The modifiers that keys set.
    modifiers: Vec<(u8, Modifiers)>,
}

impl Keymap {
    pub(super) fn query(display: &Display) -> Result<Self, CaptureError> {
        let parts = MapPart::KEY_TYPES | MapPart::KEY_SYMS | MapPart::MODIFIER_MAP;
        let device = ID::USE_CORE_KBD.into();
        let none = MapPart::from(0u16);
        let reply = display.connection.xkb_get_map(
            device,
            parts,
            none,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            xkb::VMod::from(0u16),
            0,
            0,
            0,
            0,
            0,
            0,
        )?;
        Ok(Self::from(reply.reply()?))
    }

    /// Whether the key gives `character` in this state.
    pub(super) fn gives(&self, keycode: u8, state: State, character: char) -> bool {
        self.character(keycode, state) == Some(character)
    }

    /// A key that gives `character` in this state: the one with the lowest code.
    pub(super) fn find(&self, character: char, state: State) -> Option<u8> {
        self.codes()
            .find(|&code| self.gives(code, state, character))
    }

    /// Keys that mean nothing.
    pub(super) fn spare(&self) -> impl Iterator<Item = u8> {
        self.codes()
            .filter(|&code| self.symbols(code).iter().all(|&symbol| symbol == 0))
    }

    /// Whether any of the key's symbols is one of `wanted`.
    pub(super) fn has_symbol(&self, keycode: u8, wanted: &[u32]) -> bool {
        let mut symbols = self.symbols(keycode).iter();
        symbols.any(|symbol| wanted.contains(symbol))
    }

    /// The modifier that Num Lock switches, if there is one.
    pub(super) fn num_lock(&self) -> Modifiers {
        self.modifiers
            .iter()
            .filter(|(code, _)| self.has_symbol(*code, &[key::Num_Lock]))
            .fold(0, |all, (_, modifiers)| all | modifiers)
    }

    /// Notes that a key means `symbol` now, whatever the state.
    pub(super) fn set(&mut self, keycode: u8, symbol: u32) {
        if let Some(key) = self.index(keycode).and_then(|i| self.keys.get_mut(i)) {
            *key = KeySymMap {
                // The first type has one level in every map.
                kt_index: [0; 4],
                group_info: 1,
                width: 1,
                syms: vec![symbol],
            };
        }
    }

    fn codes(&self) -> impl Iterator<Item = u8> + use<> {
        let first = self.first;
        (0..self.keys.len()).filter_map(move |index| first.checked_add(index as u8))
    }

    fn index(&self, keycode: u8) -> Option<usize> {
        keycode.checked_sub(self.first).map(usize::from)
    }

    fn key(&self, keycode: u8) -> Option<&KeySymMap> {
        self.keys.get(self.index(keycode)?)
    }

    fn symbols(&self, keycode: u8) -> &[u32] {
        self.key(keycode).map_or(&[], |key| &key.syms)
    }

    fn character(&self, keycode: u8, state: State) -> Option<char> {
        let key = self.key(keycode)?;
        let group = effective_group(state.group, key.group_info)?;
        let kind = self.types.get(usize::from(*key.kt_index.get(group)?));
        let (level, used) = kind.map_or((0, 0), |kind| level(kind, state.modifiers));
        let symbol = key.syms.get(group * usize::from(key.width) + level)?;
        let character = Keysym::new(*symbol).key_char()?;
        // Caps Lock that the type does not look at makes capitals of letters.
        if state.modifiers & CAPS_LOCK & !used != 0 {
            return capital(character);
        }
        Some(character)
    }
}

impl From<GetMapReply> for Keymap {
    fn from(reply: GetMapReply) -> Self {
        let modifiers = reply.map.modmap_rtrn.unwrap_or_default();
        Self {
            first: reply.first_key_sym,
            keys: reply.map.syms_rtrn.unwrap_or_default(),
            types: reply.map.types_rtrn.unwrap_or_default(),
            modifiers: modifiers
                .iter()
                .map(|key| (key.keycode, u16::from(key.mods) as Modifiers))
                .collect(),
        }
    }
}

/// The group of a key that counts when the keyboard's is `group`; `None` if the key has none.
fn effective_group(group: u8, information: u8) -> Option<usize> {
    let count = information & GROUP_COUNT;
    if count == 0 {
        return None;
    }
    if group < count {
        return Some(usize::from(group));
    }
    let group = if information & CLAMP_GROUPS != 0 {
        count - 1
    } else if information & REDIRECT_GROUPS != 0 {
        let target = (information & REDIRECT_TO) >> 4;
        if target < count { target } else { 0 }
    } else {
        group % count
    };
    Some(usize::from(group))
}

/// The level that the modifiers choose, and those that the type looks at.
fn level(kind: &KeyType, modifiers: Modifiers) -> (usize, Modifiers) {
    let mask = u16::from(kind.mods_mask) as Modifiers;
    let looked_at = modifiers & mask;
    let entry = kind
        .map
        .iter()
        .find(|entry| entry.active && u16::from(entry.mods_mask) as Modifiers == looked_at);
    (entry.map_or(0, |entry| usize::from(entry.level)), mask)
}

/// The capital of a letter, itself for what has none of one character.
fn capital(character: char) -> Option<char> {
    let mut capital = character.to_uppercase();
    match (capital.next(), capital.next()) {
        (Some(capital), None) => Some(capital),
        _ => Some(character),
    }
}

/// The number by which XKB knows a group.
pub(super) const fn group_number(group: Group) -> u8 {
    group as u8
}

/// The symbol for a character, as every toolkit understands it.
pub(super) fn symbol_of(character: char) -> u32 {
    /// Beyond Latin-1 the symbols are the numbers of Unicode from here on.
    const UNICODE: u32 = 0x0100_0000;
    match u32::from(character) {
        latin @ (0x20..=0x7e | 0xa0..=0xff) => latin,
        other => UNICODE + other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use x11rb::protocol::xkb::KTMapEntry;
    use x11rb::protocol::xproto::ModMask;

    const SHIFT: Modifiers = 1;
    const CAPS: Modifiers = 2;
    const LEVEL3: Modifiers = 128;

    fn entry(modifiers: Modifiers, level: u8) -> KTMapEntry {
        KTMapEntry {
            active: true,
            mods_mask: ModMask::from(modifiers),
            level,
            mods_mods: ModMask::from(modifiers),
            mods_vmods: xkb::VMod::from(0u16),
        }
    }

    fn kind(mask: Modifiers, map: Vec<KTMapEntry>) -> KeyType {
        KeyType {
            mods_mask: ModMask::from(mask),
            mods_mods: ModMask::from(mask),
            mods_vmods: xkb::VMod::from(0u16),
            num_levels: 4,
            has_preserve: false,
            map,
            preserve: Vec::new(),
        }
    }

    fn key(kinds: [u8; 4], groups: u8, width: u8, symbols: &[u32]) -> KeySymMap {
        KeySymMap {
            kt_index: kinds,
            group_info: groups,
            width,
            syms: symbols.to_vec(),
        }
    }

    /// Keys 8 (q, Q, @ and й, Й), 9 (nothing), 10 (é, not changed by Shift).
    fn keymap() -> Keymap {
        let four = kind(
            SHIFT | LEVEL3,
            vec![entry(SHIFT, 1), entry(LEVEL3, 2), entry(SHIFT | LEVEL3, 3)],
        );
        let alphabetic = kind(SHIFT | CAPS, vec![entry(SHIFT, 1), entry(CAPS, 1)]);
        let (j, capital_j) = (0x6ca, 0x6ea);
        Keymap {
            first: 8,
            keys: vec![
                key(
                    [1, 2, 0, 0],
                    2,
                    4,
                    &[0x71, 0x51, 0x40, 0, j, capital_j, 0, 0],
                ),
                key([0; 4], 0, 0, &[]),
                key([0; 4], 1, 1, &[0xe9]),
            ],
            types: vec![kind(0, Vec::new()), four, alphabetic],
            modifiers: Vec::new(),
        }
    }

    const fn state(modifiers: Modifiers, group: u8) -> State {
        State { modifiers, group }
    }

    #[test]
    fn modifiers_and_group_choose_the_character() {
        let map = keymap();
        for (modifiers, group, expected) in [
            (0, 0, Some('q')),
            (SHIFT, 0, Some('Q')),
            (LEVEL3, 0, Some('@')),
            (LEVEL3 | SHIFT, 0, None),
            (4, 0, Some('q')),
            (0, 1, Some('й')),
            (SHIFT, 1, Some('Й')),
            (0, 2, Some('q')),
        ] {
            assert_eq!(map.character(8, state(modifiers, group)), expected);
        }
        assert_eq!(map.character(9, state(0, 0)), None);
        assert_eq!(map.character(7, state(0, 0)), None);
        assert_eq!(map.character(200, state(0, 0)), None);
    }

    #[test]
    fn caps_lock_is_applied_once() {
        let map = keymap();
        assert_eq!(map.character(8, state(CAPS, 0)), Some('Q'));
        assert_eq!(map.character(8, state(CAPS, 1)), Some('Й'));
        assert_eq!(map.character(10, state(CAPS, 0)), Some('É'));
        assert_eq!(capital('ß'), Some('ß'));
        assert!(state(CAPS, 0).capitalizes('é'));
        assert!(!state(CAPS, 0).capitalizes('É'));
        assert!(!state(0, 0).capitalizes('é'));
    }

    #[test]
    fn groups_beyond_a_keys_own_follow_its_rule() {
        assert_eq!(effective_group(3, 2), Some(1));
        assert_eq!(effective_group(3, 2 | CLAMP_GROUPS), Some(1));
        assert_eq!(effective_group(2, 2 | REDIRECT_GROUPS | 0x10), Some(1));
        assert_eq!(effective_group(2, 2 | REDIRECT_GROUPS | 0x30), Some(0));
        assert_eq!(effective_group(0, 0), None);
    }

    #[test]
    fn keys_are_found_and_given_a_meaning() {
        let mut map = keymap();
        assert_eq!(map.find('@', state(LEVEL3, 0)), Some(8));
        assert_eq!(map.find('@', state(0, 0)), None);
        assert_eq!(map.spare().collect::<Vec<_>>(), [9]);
        map.set(9, symbol_of('😀'));
        assert_eq!(map.find('😀', state(SHIFT, 0)), Some(9));
        assert_eq!(map.spare().count(), 0);
    }

    #[test]
    fn symbols_stand_for_their_characters() {
        for character in ['a', ' ', 'é', 'ÿ', '€', 'ж', 'あ', '😀', '\u{10ffff}'] {
            let symbol = Keysym::new(symbol_of(character));
            assert_eq!(symbol.key_char(), Some(character));
        }
    }
}
