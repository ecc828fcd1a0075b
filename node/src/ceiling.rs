//! The most that any job may ask of this machine, by its administrator's word: whatever the hub says,
//! or whoever has taken its place.

use hackstream_control_api::launch::Resources;
use hackstream_control_api::policy::Egress;
use serde::Deserialize;

/// The most that a session may have. What is not named has no bound here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Ceiling {
    /// Bytes of memory.
    pub memory: Option<u64>,
    /// Thousandths of a CPU.
    pub cpu: Option<u64>,
    /// Processes and threads.
    pub pids: Option<u64>,
    /// Where its programs may connect to at most.
    pub egress: Egress,
}

impl Default for Ceiling {
    fn default() -> Self {
        Self {
            memory: None,
            cpu: None,
            pids: None,
            egress: Egress::Internet,
        }
    }
}

impl Ceiling {
    /// Whether a session may have this much.
    #[must_use]
    pub fn allows(&self, wanted: &Resources, egress: Egress) -> bool {
        within(wanted.memory_limit, self.memory)
            && within(wanted.cpu_limit, self.cpu)
            && within(wanted.pids, self.pids)
            && (egress == Egress::None || self.egress == Egress::Internet)
    }
}

/// Of what is wanted, 0 is without bound.
const fn within(wanted: u64, most: Option<u64>) -> bool {
    match most {
        Some(most) => wanted != 0 && wanted <= most,
        None => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_word_there_is_no_bound_and_with_one_none_is_too_much() {
        let unlimited = Resources {
            memory_limit: 0,
            cpu_limit: 0,
            pids: 0,
            ..Resources::default()
        };
        assert!(Ceiling::default().allows(&unlimited, Egress::Internet));
        let offline = Ceiling {
            egress: Egress::None,
            ..Ceiling::default()
        };
        assert!(offline.allows(&unlimited, Egress::None));
        assert!(!offline.allows(&unlimited, Egress::Internet));
        let bounded = Ceiling {
            memory: Some(3 << 30),
            ..Ceiling::default()
        };
        assert!(bounded.allows(&Resources::default(), Egress::None));
        assert!(!bounded.allows(&unlimited, Egress::None));
    }
}
