//! What is started and what is ended, so that as many wait as are wanted.

use hackstream_control_api::id::{NodeId, SessionId};
use hackstream_control_api::time::{Seconds, UnixMillis};

/// Members that a node starts at once: people's own starts come first.
pub const STARTS_PER_NODE: usize = 2;

/// A member that has waited for so long is replaced: what it runs has aged.
pub const OLDEST: Seconds = Seconds::hours(24);

/// A warm session, or one that becomes one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Which.
    pub session: SessionId,
    /// Where.
    pub node: NodeId,
    /// Since when it has waited; `None` while it starts.
    pub ready_at: Option<UnixMillis>,
    /// Whether it is what a member would be that is started now.
    pub is_current: bool,
    /// Whether its node reports and is in service.
    pub is_reachable: bool,
}

/// What is to be done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// So many are to be started, as far as nodes have room.
    pub start: usize,
    /// These are to be ended.
    pub end: Vec<SessionId>,
    /// When this changes by itself; `None` if only by what happens.
    pub look_again: Option<UnixMillis>,
}

/// What is to be done with `members`, of which `wanted` are wanted. Nothing is started before
/// `held_until`.
#[must_use]
pub fn plan(
    members: &[Member],
    wanted: usize,
    held_until: Option<UnixMillis>,
    now: UnixMillis,
) -> Plan {
    let is_over = |member: &Member| {
        let too_old = member.ready_at.is_some_and(|at| at.plus(OLDEST) <= now);
        too_old || !member.is_current
    };
    let (over, good): (Vec<_>, Vec<_>) = members.iter().partition(|member| is_over(member));
    // A node that is silent or out of service keeps its members, and they serve nobody.
    let mut serving: Vec<&Member> = good
        .iter()
        .copied()
        .filter(|each| each.is_reachable)
        .collect();
    // Those that start first, then the newest: what has waited longest is the surest.
    let waits_since = |member: &&Member| member.ready_at.unwrap_or(UnixMillis(u64::MAX));
    serving.sort_by_key(|member| std::cmp::Reverse(waits_since(member)));
    let surplus = serving.len().saturating_sub(wanted);
    let surplus = serving.iter().take(surplus).map(|member| member.session);
    let end = over
        .iter()
        .map(|member| member.session)
        .chain(surplus)
        .collect();
    let missing = wanted.saturating_sub(serving.len());
    let start = if held_until.is_some() { 0 } else { missing };
    let ages = good.iter().filter_map(|member| member.ready_at);
    let ages = ages.map(|at| at.plus(OLDEST));
    let held = held_until.filter(|_| missing > 0);
    Plan {
        start,
        end,
        look_again: ages.chain(held).min(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NOW: UnixMillis = UnixMillis(1_000_000_000);

    fn member(number: u8, ready_at: Option<u64>) -> Member {
        Member {
            session: SessionId::new(UnixMillis(0), [number; 10]),
            node: NodeId::new(UnixMillis(0), [1; 10]),
            ready_at: ready_at.map(UnixMillis),
            is_current: true,
            is_reachable: true,
        }
    }

    #[test]
    fn those_that_start_count() {
        let members = [member(1, None), member(2, Some(NOW.0))];
        assert_eq!(plan(&members, 3, None, NOW).start, 1);
        assert_eq!(plan(&members, 2, None, NOW).start, 0);
    }

    #[test]
    fn of_too_many_those_that_start_end_first_and_then_the_newest() {
        let members = [
            member(1, Some(NOW.0 - 3000)),
            member(2, None),
            member(3, Some(NOW.0 - 1000)),
        ];
        let end = plan(&members, 1, None, NOW).end;
        assert_eq!(end, [members[1].session, members[2].session]);
    }

    #[test]
    fn what_has_aged_or_changed_is_replaced() {
        let mut members = [
            member(1, Some(NOW.0 - OLDEST.0 * 1000)),
            member(2, Some(NOW.0)),
            member(3, Some(NOW.0)),
        ];
        members[1].is_current = false;
        let plan = plan(&members, 3, None, NOW);
        assert_eq!(plan.end, [members[0].session, members[1].session]);
        assert_eq!(plan.start, 2);
        assert_eq!(plan.look_again, Some(NOW.plus(OLDEST)));
    }

    #[test]
    fn members_of_a_silent_node_are_kept_and_replaced() {
        let mut gone = member(1, Some(NOW.0));
        gone.is_reachable = false;
        let plan = plan(&[gone], 1, None, NOW);
        assert_eq!((plan.start, plan.end), (1, vec![]));
    }

    #[test]
    fn a_hold_is_waited_for() {
        let until = Some(NOW.plus(Seconds(30)));
        let held = plan(&[], 2, until, NOW);
        assert_eq!((held.start, held.look_again), (0, until));
        assert_eq!(plan(&[], 0, until, NOW).look_again, None);
    }

    fn any_member() -> impl Strategy<Value = Member> {
        let flags = (any::<bool>(), any::<bool>());
        (prop::option::of(0..NOW.0), flags).prop_map(|(ready_at, (is_current, is_reachable))| {
            Member {
                is_current,
                is_reachable,
                ..member(0, ready_at)
            }
        })
    }

    fn named(number: usize, member: Member) -> Member {
        let session = SessionId::new(UnixMillis(number as u64), [0; 10]);
        Member { session, ..member }
    }

    proptest! {
        /// Carried out, the plan leaves as many as are wanted, and the next one changes nothing.
        #[test]
        fn a_plan_reaches_what_is_wanted_at_once(
            members in prop::collection::vec(any_member(), 0..20), wanted in 0_usize..30,
        ) {
            let members = members.into_iter().enumerate();
            let members: Vec<_> = members.map(|(number, each)| named(number, each)).collect();
            let first = plan(&members, wanted, None, NOW);
            let mut then = members;
            then.retain(|each| !first.end.contains(&each.session));
            then.extend((0..first.start).map(|number| named(100 + number, member(0, None))));
            let serving = then.iter().filter(|each| each.is_reachable).count();
            prop_assert_eq!(serving, wanted);
            let second = plan(&then, wanted, None, NOW);
            prop_assert_eq!((second.start, second.end.len()), (0, 0));
        }
    }
}
