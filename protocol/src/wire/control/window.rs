//! The window in which a person sees the session.

use super::values::{put_size, read_size};
use crate::geometry::Size;
use crate::wire::WireError;
use crate::wire::fields::{FieldWriter, Fields};

/// How many dots of a screen make what programs take for one, in percent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Scale(u16);

impl Scale {
    /// One for one.
    pub const ONE: Self = Self(100);

    /// `percent`, or the nearest that makes sense: from half to eight times.
    #[must_use]
    pub const fn of_percent(percent: u32) -> Self {
        Self(match percent {
            0..=50 => 50,
            51..=799 => percent as u16,
            _ => 800,
        })
    }

    /// In percent, from 50 to 800.
    #[must_use]
    pub const fn percent(self) -> u32 {
        self.0 as u32
    }
}

/// The window in which a person sees the session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ViewerWindow {
    /// Its size in dots of the viewer's screen.
    pub size: Size,
    /// The scale of the viewer's screen.
    pub scale: Scale,
}

impl ViewerWindow {
    pub(super) fn write(&self, out: &mut Vec<u8>, kind: u64) {
        FieldWriter::new(out, kind)
            .nested(1, |out| put_size(out, self.size))
            .number(2, u64::from(self.scale.percent()));
    }

    pub(super) fn read(mut fields: Fields<'_>) -> Result<Self, WireError> {
        let (mut size, mut scale) = (None, Scale::ONE);
        while let Some(field) = fields.next_field()? {
            match field.tag {
                1 => size = Some(read_size(&mut field.reader())?),
                2 => {
                    let percent = u32::try_from(field.number()?).unwrap_or(u32::MAX);
                    scale = Scale::of_percent(percent);
                }
                _ => {}
            }
        }
        let size = size.ok_or(WireError::Missing("window size"))?;
        Ok(Self { size, scale })
    }
}
