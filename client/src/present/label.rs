//! What the window is called, and its icon: those of the session's window in front.

use std::sync::Arc;
use std::time::Instant;

use hackstream_protocol::desktop::{Lines, harmless};
use hackstream_protocol::limits::MAX_TITLE_BYTES;
use hackstream_protocol::wire::control::{Standing, WindowIcon};
use winit::window::{Icon, Window};

use crate::config::ServerAddress;
use crate::shared::{LinkState, SessionView};

/// By what the window is known on the person's desktop.
pub(super) struct Label {
    server: ServerAddress,
    title: String,
    icon: Option<Arc<WindowIcon>>,
}

impl Label {
    /// That of a window of which nothing is known but what `server` it shows.
    pub(super) fn of(server: &ServerAddress) -> Self {
        Self {
            server: server.clone(),
            title: title(server, &SessionView::default()),
            icon: None,
        }
    }

    /// The server that the window shows.
    pub(super) const fn server(&self) -> &ServerAddress {
        &self.server
    }

    /// The title of the window.
    pub(super) fn title(&self) -> &str {
        &self.title
    }

    /// Gives `window` the title and the icon that it should have, unless it has them.
    pub(super) fn follow(&mut self, session: &SessionView, window: &Window) {
        let title = title(&self.server, session);
        if title != self.title {
            window.set_title(&title);
            self.title = title;
        }
        let has_it = match (&self.icon, &session.icon) {
            (Some(known), Some(new)) => Arc::ptr_eq(known, new),
            (None, None) => true,
            _ => false,
        };
        if !has_it {
            self.icon.clone_from(&session.icon);
            window.set_window_icon(self.icon.as_deref().and_then(foreign));
        }
    }
}

/// The title: that of the session's window in front, and where it comes from.
pub(super) fn title(server: &ServerAddress, session: &SessionView) -> String {
    match session.link {
        LinkState::Interrupted { since } => {
            let seconds = Instant::now().saturating_duration_since(since).as_secs();
            format!("{server}: connection lost, trying again … {seconds} s")
        }
        LinkState::Over => format!("{server}: ended"),
        _ => {
            let role = role(session);
            match harmless(&session.title, Lines::One, MAX_TITLE_BYTES).as_str() {
                "" => format!("{server}{role} - HackStream"),
                title => format!("{title} - {}{role}", server.host),
            }
        }
    }
}

/// What the person does here that they do not in other windows.
fn role(session: &SessionView) -> &'static str {
    match session.seats.map(|seats| seats.standing) {
        Some(Standing::ViewOnly) => " (view only)",
        Some(Standing::Watching) => " (watching)",
        _ => "",
    }
}

/// The icon as the window system's library wants it.
fn foreign(icon: &WindowIcon) -> Option<Icon> {
    let rgba = |pixel: &u32| {
        let [alpha, red, green, blue] = pixel.to_be_bytes();
        [red, green, blue, alpha]
    };
    let bytes = icon.pixels.iter().flat_map(rgba).collect();
    // Fails only where the sizes do not agree.
    Icon::from_rgba(bytes, icon.size.width, icon.size.height).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use hackstream_protocol::wire::control::SeatReport;

    fn of(title: &str, link: LinkState) -> String {
        let session = SessionView {
            link,
            title: title.to_owned(),
            ..SessionView::default()
        };
        title_of(&session)
    }

    fn title_of(session: &SessionView) -> String {
        title(
            &"server.example:14501".parse().expect("an address"),
            session,
        )
    }

    #[test]
    fn a_window_is_called_after_the_program_and_the_host() {
        let live = |title| of(title, LinkState::Live);
        assert_eq!(live("Mozilla Firefox"), "Mozilla Firefox - server.example");
        assert_eq!(live(""), "server.example:14501 - HackStream");
        assert_eq!(of("x", LinkState::Over), "server.example:14501: ended");
        let since = Instant::now();
        let lost = of("x", LinkState::Interrupted { since });
        assert!(lost.contains("connection lost"), "{lost}");
    }

    #[test]
    fn whose_hands_are_tied_is_told() {
        let session = |standing| SessionView {
            title: "xterm".to_owned(),
            link: LinkState::Live,
            seats: Some(SeatReport {
                standing,
                viewers: 2,
                in_control: 1,
            }),
            ..SessionView::default()
        };
        let title = |standing| title_of(&session(standing));
        assert_eq!(title(Standing::InControl), "xterm - server.example");
        assert_eq!(
            title(Standing::ViewOnly),
            "xterm - server.example (view only)"
        );
        assert_eq!(
            title(Standing::Watching),
            "xterm - server.example (watching)"
        );
    }

    #[test]
    fn a_title_cannot_pass_for_something_else() {
        let live = |title| of(title, LinkState::Live);
        assert_eq!(live("a\u{202e}b\n\tc\u{1b}"), "ab c - server.example");
        assert_eq!(live(" \u{202e} "), live(""));
    }
}
