//! What to do with a screen that is larger than what can be shown of it.

use hackstream_protocol::geometry::Size;
use hackstream_protocol::limits::{MAX_SCREEN_EDGE, MAX_SCREEN_PIXELS};

use crate::error::ViewError;

/// Whether the server scales the session's picture, and to which size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scaling {
    /// It never does: what a window has no room for is cut off.
    Off,
    /// What the window has no room for; without a window as [`Off`](Self::Off).
    ToWindow,
    /// To at most this size.
    AtMost(Size),
}

impl Scaling {
    /// Reads `--scale`.
    ///
    /// # Errors
    /// [`ViewError::Usage`] if it is none of them, or a screen cannot be that large.
    pub(super) fn option(text: &str) -> Result<Self, ViewError> {
        let edge = |text: &str| {
            text.parse()
                .ok()
                .filter(|edge| (1..=MAX_SCREEN_EDGE).contains(edge))
        };
        match text {
            "off" => return Ok(Self::Off),
            "auto" => return Ok(Self::ToWindow),
            _ => {}
        }
        let edges = text.split_once('x');
        let size = edges.and_then(|(width, height)| Some(Size::new(edge(width)?, edge(height)?)));
        size.filter(|size| size.area() <= u64::from(MAX_SCREEN_PIXELS))
            .map(Self::AtMost)
            .ok_or_else(|| {
                let text = format!("--scale {text}: say auto, off or a size such as 1024x600");
                ViewError::Usage(text)
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_is_a_size() {
        let option = |text| Scaling::option(text).ok();
        assert_eq!(option("auto"), Some(Scaling::ToWindow));
        assert_eq!(option("off"), Some(Scaling::Off));
        let size = Size::new(1024, 600);
        assert_eq!(option("1024x600"), Some(Scaling::AtMost(size)));
        for nonsense in [
            "",
            "x",
            "0x600",
            "1024",
            "1024x",
            "99999x9",
            "16384x16384",
            "-1x5",
        ] {
            assert_eq!(option(nonsense), None, "{nonsense}");
        }
    }
}
