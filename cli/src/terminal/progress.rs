//! How far a session is that starts: one line that changes on a terminal, a line for each step elsewhere.

use std::io::{self, IsTerminal as _, Write as _};
use std::time::{Duration, Instant};

use hackstream_control_api::node::StartPhase;
use hackstream_control_api::session::{SessionEvent, SessionState};

/// How far it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// The hub has accepted it.
    Queued,
    /// A node starts it.
    Booting(Option<StartPhase>),
    /// One can connect.
    Ready,
    /// It ends, or has ended.
    Over,
}

impl Stage {
    /// How far a session is that this happened to.
    #[must_use]
    pub const fn of(event: &SessionEvent) -> Self {
        match event.state {
            SessionState::Pending => Self::Queued,
            // A warm one that is being handed over is not ours yet.
            SessionState::Provisioning | SessionState::Ready => Self::Booting(event.phase),
            SessionState::Claimed | SessionState::Running => Self::Ready,
            SessionState::Stopping
            | SessionState::Stopped
            | SessionState::Failed
            | SessionState::Lost => Self::Over,
        }
    }

    /// For a person.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Booting(None) => "booting",
            Self::Booting(Some(StartPhase::Sandbox)) => "booting: sandbox",
            Self::Booting(Some(StartPhase::Display)) => "booting: display",
            Self::Booting(Some(StartPhase::Application)) => "booting: application",
            Self::Booting(Some(StartPhase::FirstFrame)) => "booting: first picture",
            Self::Ready => "ready",
            Self::Over => "ended",
        }
    }
}

/// What is written where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// One line, written over.
    Live,
    /// A line for each step.
    Lines,
}

/// What to write for a step.
#[must_use]
pub fn render(style: Style, what: &str, stage: Stage, since: Duration) -> String {
    let seconds = since.as_secs_f32();
    match (style, stage) {
        (Style::Live, Stage::Ready | Stage::Over) => {
            format!("\r\x1b[K{what}: {} after {seconds:.1} s\n", stage.text())
        }
        (Style::Live, _) => format!("\r\x1b[K{what}: {} …", stage.text()),
        (Style::Lines, Stage::Ready | Stage::Over) => {
            format!("{what}: {} after {seconds:.1} s\n", stage.text())
        }
        (Style::Lines, _) => format!("{what}: {}\n", stage.text()),
    }
}

/// Shows how far a session is.
#[derive(Debug)]
pub struct Progress {
    what: String,
    style: Style,
    since: Instant,
    shown: Option<Stage>,
}

impl Progress {
    /// Of `what`, which begins now.
    #[must_use]
    pub fn begin(what: &str) -> Self {
        let style = match io::stderr().is_terminal() {
            true => Style::Live,
            false => Style::Lines,
        };
        Self {
            what: what.to_owned(),
            style,
            since: Instant::now(),
            shown: None,
        }
    }

    /// It is so far now.
    pub fn show(&mut self, stage: Stage) {
        if self.shown == Some(stage) {
            return;
        }
        self.shown = Some(stage);
        let text = render(self.style, &self.what, stage, self.since.elapsed());
        // Whoever does not look at it wants the session all the same.
        let _ = io::stderr().write_all(text.as_bytes());
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        let is_open = !matches!(self.shown, None | Some(Stage::Ready | Stage::Over));
        if is_open && self.style == Style::Live {
            let _ = io::stderr().write_all(b"\n");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hackstream_control_api::time::UnixMillis;

    fn stage(state: SessionState, phase: Option<StartPhase>) -> Stage {
        Stage::of(&SessionEvent {
            seq: 1,
            at: UnixMillis(0),
            state,
            phase,
            reason: None,
            stop_cause: None,
        })
    }

    #[test]
    fn a_start_is_queued_booting_and_ready() {
        let states = [
            (SessionState::Pending, None),
            (SessionState::Provisioning, None),
            (SessionState::Provisioning, Some(StartPhase::Display)),
            (SessionState::Claimed, None),
        ];
        let texts = states.map(|(state, phase)| stage(state, phase).text());
        assert_eq!(texts, ["queued", "booting", "booting: display", "ready"]);
        for state in SessionState::ALL {
            assert_eq!(
                stage(state, None) == Stage::Over,
                state > SessionState::Running,
                "{state:?}"
            );
        }
    }

    #[test]
    fn a_terminal_has_one_line_and_a_file_has_many() {
        let at = Duration::from_millis(1449);
        let live = |stage| render(Style::Live, "browser", stage, at);
        assert_eq!(live(Stage::Queued), "\r\x1b[Kbrowser: queued …");
        assert_eq!(live(Stage::Ready), "\r\x1b[Kbrowser: ready after 1.4 s\n");
        let lines = |stage| render(Style::Lines, "browser", stage, at);
        assert_eq!(lines(Stage::Queued), "browser: queued\n");
        assert_eq!(lines(Stage::Over), "browser: ended after 1.4 s\n");
    }
}
