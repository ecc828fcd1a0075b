//! What the server tells of how its pictures show the screen.

use hackstream_protocol::fit::Fit;
use hackstream_protocol::geometry::Size;

/// Which pictures show which screen, as far as is known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Fits {
    /// Every picture is the whole screen: the server does not scale, or was not asked to.
    #[default]
    Whole,
    /// The server tells of each size of the picture; this it told last.
    Told(Option<Fit>),
}

impl Fits {
    /// How a picture of size `picture` shows the screen; `None` while that is not known, for pictures
    /// and what is told of them come on different ways.
    pub(crate) fn of(self, picture: Size) -> Option<Fit> {
        match self {
            _ if picture.is_empty() => None,
            Self::Whole => Some(Fit::whole(picture)),
            Self::Told(fit) => fit.filter(|fit| fit.picture() == picture),
        }
    }

    /// The server told this.
    pub(crate) fn tell(&mut self, fit: Fit) {
        // Also one that was not asked tells the truth.
        *self = Self::Told(Some(fit));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hackstream_protocol::fit::Room;

    const SCREEN: Size = Size::new(1920, 1080);

    #[test]
    fn a_server_that_does_not_scale_shows_the_whole_screen() {
        assert_eq!(Fits::Whole.of(SCREEN), Some(Fit::whole(SCREEN)));
        assert_eq!(Fits::Whole.of(Size::new(0, 0)), None);
    }

    #[test]
    fn a_picture_is_not_taken_for_another() {
        let fit = Fit::of(SCREEN, Room::AtMost(Size::new(1024, 600)));
        let mut fits = Fits::Told(None);
        assert_eq!(fits.of(fit.picture()), None);
        fits.tell(fit);
        assert_eq!(fits.of(fit.picture()), Some(fit));
        assert_eq!(fits.of(SCREEN), None);
    }
}
