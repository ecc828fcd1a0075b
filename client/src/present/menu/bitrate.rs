//! The most that the person wants to get, as the menu offers it.

use hackstream_protocol::units::Bitrate;

use super::entry::Step;

/// What the menu offers besides no limit.
const OFFERED: [Bitrate; 7] = [
    Bitrate::kbps(500),
    Bitrate::mbps(1),
    Bitrate::mbps(2),
    Bitrate::mbps(5),
    Bitrate::mbps(10),
    Bitrate::mbps(20),
    Bitrate::mbps(50),
];

/// What comes after or before `limit`, which may be between those on offer; no limit is the most.
pub(super) fn next(limit: Option<Bitrate>, step: Step) -> Option<Bitrate> {
    let [least, ..] = OFFERED;
    match (limit, step) {
        (None, Step::Around) => Some(least),
        (None, Step::On) => None,
        (Some(limit), Step::On | Step::Around) => OFFERED.into_iter().find(|&rate| rate > limit),
        (limit, Step::Back) => {
            let is_less = |rate: &Bitrate| limit.is_none_or(|limit| *rate < limit);
            let less = OFFERED.into_iter().rfind(is_less);
            less.or(limit)
        }
    }
}

/// What the menu calls it.
pub(super) fn shown(limit: Option<Bitrate>) -> String {
    match limit {
        None => "no limit".to_owned(),
        Some(rate) if rate < Bitrate::mbps(1) => format!("{} kbit/s", rate.0 / 1000),
        Some(rate) => {
            let tenths = rate.0 / 100_000;
            match tenths % 10 {
                0 => format!("{} Mbit/s", tenths / 10),
                tenth => format!("{}.{tenth} Mbit/s", tenths / 10),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_lead_through_all_and_stop_at_the_ends() {
        let mut limit = None;
        for expected in OFFERED.into_iter().rev() {
            limit = next(limit, Step::Back);
            assert_eq!(limit, Some(expected));
        }
        assert_eq!(next(limit, Step::Back), limit);
        for expected in OFFERED.into_iter().skip(1) {
            limit = next(limit, Step::On);
            assert_eq!(limit, Some(expected));
        }
        assert_eq!(next(limit, Step::On), None);
        assert_eq!(next(None, Step::On), None);
        assert_eq!(next(None, Step::Around), Some(OFFERED[0]));
        assert_eq!(next(limit, Step::Around), None);
    }

    #[test]
    fn a_limit_of_the_command_line_has_neighbours() {
        let own = Some(Bitrate::kbps(2_500));
        assert_eq!(shown(own), "2.5 Mbit/s");
        assert_eq!(next(own, Step::On), Some(Bitrate::mbps(5)));
        assert_eq!(next(own, Step::Back), Some(Bitrate::mbps(2)));
        let tiny = Some(Bitrate::kbps(100));
        assert_eq!(shown(tiny), "100 kbit/s");
        assert_eq!(next(tiny, Step::Back), tiny);
        assert_eq!(shown(Some(Bitrate::mbps(50))), "50 Mbit/s");
        assert_eq!(shown(None), "no limit");
    }
}
