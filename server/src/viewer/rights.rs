//! What one viewer may have of what the session has.

use hackstream_clipboard::Directions;
use hackstream_protocol::units::Bitrate;
use hackstream_protocol::wire::control::Quality;
use hackstream_ticket::{Feature, Policy, Seat};

use super::quality::granted;
use super::seats::Role;

/// What one viewer may have and do for as long as it stays, and when it comes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rights(Policy);

impl Rights {
    /// Everything that the role may have.
    #[must_use]
    pub const fn of(role: Role) -> Self {
        let seat = match role {
            Role::View => Seat::View,
            Role::Control => Seat::Control,
        };
        Self(Policy {
            seat,
            ..Policy::EVERYTHING
        })
    }

    /// What a ticket says.
    #[must_use]
    pub const fn by(policy: Policy) -> Self {
        Self(policy)
    }

    /// Whether it may act.
    #[must_use]
    pub const fn role(&self) -> Role {
        match self.0.seat {
            Seat::View => Role::View,
            Seat::Control => Role::Control,
        }
    }

    const fn has(&self, feature: Feature) -> bool {
        !self.0.disabled.contains(feature)
    }

    /// The session's files, or what is to be said of them.
    pub(super) fn files<T>(&self, files: Option<T>) -> Option<T> {
        self.role()
            .grants(files)
            .filter(|_| self.has(Feature::Files))
    }

    /// The session's microphone, or what is to be said of it.
    pub(super) fn microphone<T>(&self, microphone: Option<T>) -> Option<T> {
        let granted = self.role().grants(microphone);
        granted.filter(|_| self.has(Feature::Microphone))
    }

    /// The session's sound.
    pub(super) fn sound<T>(&self, sound: Option<T>) -> Option<T> {
        sound.filter(|_| self.has(Feature::Audio))
    }

    /// Which way the clipboard may go, where the session allows `directions`.
    pub(super) const fn clipboard(&self, directions: Directions) -> Directions {
        Directions {
            take: directions.take && self.has(Feature::ClipboardIn),
            give: directions.give && self.has(Feature::ClipboardOut),
        }
    }

    /// What it gets that wishes for `wish`, where the session allows no more than `bound`.
    pub(super) const fn quality(&self, wish: Quality, bound: Quality) -> Quality {
        granted(granted(wish, bound), self.0.quality)
    }

    /// The most that it is sent that wishes for no more than `wish`.
    pub(super) fn bitrate(&self, wish: Option<Bitrate>) -> Option<Bitrate> {
        [wish, self.0.max_bitrate].into_iter().flatten().min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hackstream_ticket::Features;

    const BOTH: Directions = Directions {
        take: true,
        give: true,
    };

    #[test]
    fn a_policy_cuts_and_never_adds() {
        let nothing = Rights::by(Policy {
            disabled: Feature::ALL.into_iter().collect(),
            ..Policy::EVERYTHING
        });
        let Directions { take, give } = nothing.clipboard(BOTH);
        assert!(!take && !give);
        assert_eq!(
            (nothing.files(Some(1)), nothing.microphone(Some(1))),
            (None, None)
        );
        assert_eq!(nothing.sound(Some(1)), None);

        let everything = Rights::by(Policy::EVERYTHING);
        assert_eq!(
            (everything.files(Some(1)), everything.files::<u8>(None)),
            (Some(1), None)
        );
        let off = Directions {
            take: false,
            give: false,
        };
        let Directions { take, give } = everything.clipboard(off);
        assert!(!take && !give);
    }

    #[test]
    fn each_feature_is_switched_off_alone() {
        let without = |feature| {
            Rights::by(Policy {
                disabled: Features::NONE.with(feature),
                ..Policy::EVERYTHING
            })
        };
        let clipboard = without(Feature::ClipboardIn).clipboard(BOTH);
        assert_eq!((clipboard.take, clipboard.give), (false, true));
        let clipboard = without(Feature::ClipboardOut).clipboard(BOTH);
        assert_eq!((clipboard.take, clipboard.give), (true, false));
        assert_eq!(without(Feature::Files).sound(Some(1)), Some(1));
        assert_eq!(without(Feature::Audio).microphone(Some(1)), Some(1));
        assert_eq!(without(Feature::Microphone).files(Some(1)), Some(1));
    }

    #[test]
    fn who_may_only_watch_has_neither_files_nor_a_microphone() {
        let guest = Rights::of(Role::View);
        assert_eq!(
            (guest.files(Some(1)), guest.microphone(Some(1))),
            (None, None)
        );
        assert_eq!(guest.sound(Some(1)), Some(1));
    }

    #[test]
    fn the_lower_limit_counts() {
        let capped = Rights::by(Policy {
            max_bitrate: Some(Bitrate(5)),
            quality: Quality::Auto,
            ..Policy::EVERYTHING
        });
        let rates = [None, Some(3), Some(9)].map(|wish| capped.bitrate(wish.map(Bitrate)));
        assert_eq!(
            rates,
            [Some(5), Some(3), Some(5)].map(|rate| rate.map(Bitrate))
        );
        assert_eq!(Rights::of(Role::View).bitrate(None), None);
        assert_eq!(capped.quality(Quality::High, Quality::High), Quality::Auto);
        assert_eq!(capped.quality(Quality::High, Quality::Low), Quality::Low);
    }
}
