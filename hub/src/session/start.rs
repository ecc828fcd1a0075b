//! How long a start took, and where the time went.

use hackstream_control_api::node::StartTimes;
use hackstream_control_api::session::Session;

/// How a session came to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StartPath {
    /// It was started for its owner.
    Cold,
    /// It waited for whoever came.
    Pool,
}

impl StartPath {
    /// What it is called in metrics.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Cold => "cold",
            Self::Pool => "pool",
        }
    }
}

/// A session has come so far in its start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reached {
    /// The application's name.
    pub app: String,
    /// How the session came to be.
    pub path: StartPath,
    /// Milliseconds since it was asked for.
    pub took_ms: u64,
    /// What the node says of how long the steps took.
    pub times: StartTimes,
}

impl Reached {
    /// That of this session, after so many milliseconds.
    #[must_use]
    pub fn of(session: &Session, took_ms: u64, times: StartTimes) -> Self {
        Self {
            app: session.app.clone(),
            path: match session.pool_hit {
                true => StartPath::Pool,
                false => StartPath::Cold,
            },
            took_ms,
            times,
        }
    }

    /// The steps until its owner could use it, in milliseconds. What the node did not spend went into
    /// asking the node, and into hearing from it.
    #[must_use]
    pub fn steps_to_ready(&self) -> Vec<(&'static str, u64)> {
        let StartTimes {
            sandbox_ms,
            display_ms,
            ..
        } = self.times;
        let on_the_node = sandbox_ms.into_iter().chain(display_ms);
        let on_the_node = on_the_node.fold(0, u64::saturating_add);
        let hub = self.took_ms.saturating_sub(on_the_node);
        named([
            ("hub", Some(hub)),
            ("sandbox", sandbox_ms),
            ("display", display_ms),
        ])
    }

    /// The steps from there to the first frame, in milliseconds.
    #[must_use]
    pub fn steps_to_first_frame(&self) -> Vec<(&'static str, u64)> {
        named([
            ("viewer", self.times.viewer_ms),
            ("first_frame", self.times.first_frame_ms),
        ])
    }
}

/// Those that are known.
fn named<const N: usize>(steps: [(&'static str, Option<u64>); N]) -> Vec<(&'static str, u64)> {
    let known = |(name, took): (_, Option<u64>)| Some((name, took?));
    steps.into_iter().filter_map(known).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reached(took_ms: u64, times: StartTimes) -> Reached {
        Reached {
            app: "browser".to_owned(),
            path: StartPath::Cold,
            took_ms,
            times,
        }
    }

    #[test]
    fn what_the_node_did_not_spend_is_the_hubs() {
        let times = StartTimes {
            sandbox_ms: Some(70),
            display_ms: Some(250),
            viewer_ms: Some(30),
            first_frame_ms: Some(5),
        };
        let reached = reached(350, times);
        let steps = [("hub", 30), ("sandbox", 70), ("display", 250)];
        assert_eq!(reached.steps_to_ready(), steps);
        let steps = [("viewer", 30), ("first_frame", 5)];
        assert_eq!(reached.steps_to_first_frame(), steps);
    }

    #[test]
    fn a_node_that_exaggerates_leaves_the_hub_nothing() {
        let times = StartTimes {
            sandbox_ms: Some(u64::MAX),
            display_ms: Some(1),
            ..StartTimes::default()
        };
        let steps = reached(350, times).steps_to_ready();
        assert_eq!(steps[0], ("hub", 0));
        let steps = reached(350, StartTimes::default());
        assert_eq!(steps.steps_to_ready(), [("hub", 350)]);
        assert_eq!(steps.steps_to_first_frame(), []);
    }
}
