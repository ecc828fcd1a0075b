//! The layout of a viewer's keyboard.

use crate::limits::{MAX_LAYOUT_BYTES, MAX_LAYOUTS};
use crate::wire::WireError;
use crate::wire::fields::{Field, FieldWriter, Fields};

/// The layout of a keyboard in the names of the X keyboard extension (RMLVO), such as `pc105`,
/// `us,ru`, `,phonetic`, `grp:caps_toggle`.
///
/// Whoever has one knows that its names are short and of harmless characters: they become
/// arguments of a program. Whether there are such layouts, only that program can tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyboardLayout(Names);

/// The names of a [`KeyboardLayout`], each at most [`MAX_LAYOUT_BYTES`] long. Empty: the default.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names {
    /// The kind of keyboard.
    pub model: String,
    /// One to four layouts with commas between them.
    pub layout: String,
    /// Variants of those layouts, in the same order.
    pub variant: String,
    /// Options with commas between them.
    pub options: String,
}

impl KeyboardLayout {
    /// Checks the names.
    ///
    /// # Errors
    /// [`WireError`] if there is no layout, too many of them, or a name that cannot be one.
    pub fn new(names: Names) -> Result<Self, WireError> {
        if names.layout.is_empty() {
            return Err(WireError::Missing("keyboard layout"));
        }
        for name in [&names.model, &names.layout, &names.variant, &names.options] {
            check(name)?;
        }
        for list in [&names.layout, &names.variant] {
            let count = list.split(',').count();
            if count > MAX_LAYOUTS {
                return Err(WireError::OverLimit {
                    what: "keyboard layouts",
                    value: count as u64,
                    max: MAX_LAYOUTS as u64,
                });
            }
        }
        Ok(Self(names))
    }

    /// The names.
    #[must_use]
    pub const fn names(&self) -> &Names {
        &self.0
    }
}

/// Fails unless `name` has the characters of names in the X keyboard data. Nothing that is
/// special to a shell, a path or the language of keymaps is among them.
fn check(name: &str) -> Result<(), WireError> {
    if name.len() > MAX_LAYOUT_BYTES {
        return Err(WireError::OverLimit {
            what: "name of a keyboard layout",
            value: name.len() as u64,
            max: MAX_LAYOUT_BYTES as u64,
        });
    }
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_-,:()".contains(&byte);
    let forbidden = name.bytes().find(|&byte| !allowed(byte));
    // A name is never taken for an option.
    let forbidden = forbidden.or(name.bytes().next().filter(|&first| first == b'-'));
    forbidden.map_or(Ok(()), |byte| {
        let what = "character in the name of a keyboard layout";
        Err(WireError::meaningless(what, u64::from(byte)))
    })
}

pub(super) fn write_keyboard_layout(layout: &KeyboardLayout, message: &mut FieldWriter<'_>) {
    let names = layout.names();
    message
        .text(1, &names.layout)
        .text(2, &names.variant)
        .text(3, &names.options)
        .text(4, &names.model);
}

pub(super) fn read_keyboard_layout(mut fields: Fields<'_>) -> Result<KeyboardLayout, WireError> {
    let mut names = Names::default();
    while let Some(field) = fields.next_field()? {
        let name = match field.tag {
            1 => &mut names.layout,
            2 => &mut names.variant,
            3 => &mut names.options,
            4 => &mut names.model,
            _ => continue,
        };
        *name = read_name(&field)?;
    }
    KeyboardLayout::new(names)
}

fn read_name(field: &Field<'_>) -> Result<String, WireError> {
    let name = field.text("name of a keyboard layout", MAX_LAYOUT_BYTES)?;
    Ok(name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layout(name: &str) -> Result<KeyboardLayout, WireError> {
        KeyboardLayout::new(Names {
            layout: name.to_owned(),
            ..Names::default()
        })
    }

    #[test]
    fn names_of_real_layouts_are_taken() {
        for name in ["us", "us,ru", "de(nodeadkeys),fr", "in_eng", "a,b,c,d"] {
            assert!(layout(name).is_ok(), "{name}");
        }
        let options = Names {
            layout: "us".to_owned(),
            variant: "altgr-intl".to_owned(),
            options: "grp:alt_shift_toggle,compose:ralt".to_owned(),
            model: "pc105".to_owned(),
        };
        assert!(KeyboardLayout::new(options).is_ok());
    }

    #[test]
    fn names_that_could_be_anything_else_are_refused() {
        let names = [
            "",
            "-option",
            "../us",
            "us\"",
            "us;id",
            "us us",
            "us\n",
            "us\0",
            "dé",
            "a,b,c,d,e",
            "$(id)",
            "us%(x)",
            "us+de",
            "us/..",
        ];
        for name in names {
            assert!(layout(name).is_err(), "{name}");
        }
        assert!(layout(&"a".repeat(MAX_LAYOUT_BYTES)).is_ok());
        assert!(layout(&"a".repeat(MAX_LAYOUT_BYTES + 1)).is_err());
    }
}
