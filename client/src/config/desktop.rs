//! What the command line says of notifications and links.

use hackstream_protocol::wire::control::DesktopShare;

use super::raw::{Arguments, Feature};
use crate::error::ViewError;

/// What the person's desktop does for the session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DesktopOptions {
    /// Where its notifications are shown.
    pub notifications: NotificationUse,
    /// What becomes of its links.
    pub links: LinkUse,
}

/// Where notifications of the session are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotificationUse {
    /// Nowhere. The server does not even tell of them.
    Never,
    /// By the desktop, or in the window where there is none.
    Desktop,
    /// As lines on standard error.
    Lines,
}

/// What becomes of links that the session's programs open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkUse {
    /// Nothing. The server does not even tell of them.
    Never,
    /// The person is asked, in the window.
    Ask,
    /// They are opened in the person's browser.
    Open,
}

impl DesktopOptions {
    /// It does nothing.
    #[must_use]
    pub const fn none() -> Self {
        Self {
            notifications: NotificationUse::Never,
            links: LinkUse::Never,
        }
    }

    /// What the server is to tell of.
    #[must_use]
    pub fn takes(self) -> DesktopShare {
        DesktopShare {
            notifications: self.notifications != NotificationUse::Never,
            links: self.links != LinkUse::Never,
        }
    }
}

/// Understands the options about them.
pub(super) fn options(raw: &Arguments) -> Result<DesktopOptions, ViewError> {
    let is_off = |feature| raw.disable.contains(&feature);
    let links = match (raw.open_links, is_off(Feature::Links), raw.headless) {
        (true, true, _) => {
            let text = "--open-links and --disable links exclude each other; leave one out";
            return Err(ViewError::Usage(text.to_owned()));
        }
        (true, false, _) => LinkUse::Open,
        (false, false, false) => LinkUse::Ask,
        (false, _, _) => LinkUse::Never,
    };
    let notifications = match (is_off(Feature::Notifications), raw.headless) {
        (true, _) => NotificationUse::Never,
        (false, true) => NotificationUse::Lines,
        (false, false) => NotificationUse::Desktop,
    };
    Ok(DesktopOptions {
        notifications,
        links,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser as _;

    fn parsed(line: &[&str]) -> Result<DesktopOptions, ViewError> {
        let raw = Arguments::try_parse_from([&["hackstream-view", "h"], line].concat());
        options(&raw.expect("clap"))
    }

    #[test]
    fn no_link_is_opened_without_a_word_of_the_person() {
        let links = |line: &[&str]| parsed(line).expect("options").links;
        assert_eq!(links(&[]), LinkUse::Ask);
        assert_eq!(links(&["--open-links"]), LinkUse::Open);
        assert_eq!(links(&["--headless"]), LinkUse::Never);
        assert_eq!(links(&["--headless", "--open-links"]), LinkUse::Open);
        assert_eq!(links(&["--disable", "links"]), LinkUse::Never);
        assert!(parsed(&["--disable", "links", "--open-links"]).is_err());
    }

    #[test]
    fn notifications_are_shown_where_the_person_is() {
        let shown = |line: &[&str]| parsed(line).expect("options").notifications;
        assert_eq!(shown(&[]), NotificationUse::Desktop);
        assert_eq!(shown(&["--headless"]), NotificationUse::Lines);
        let off = parsed(&["--disable", "notifications,links"]).expect("options");
        assert_eq!(off, DesktopOptions::none());
        assert_eq!(off.takes(), DesktopShare::default());
    }
}
