//! What counts of several quotas, and what a session gets.

use hackstream_control_api::launch::Resources;
use hackstream_control_api::policy::Timers;
use hackstream_control_api::quota::{EffectiveQuota, Quota};
use hackstream_control_api::time::Seconds;

/// What counts where no quota says anything.
pub const DEFAULT: EffectiveQuota = EffectiveQuota {
    max_sessions: 3,
    cpu_limit: 4000,
    mem_limit: 4 << 30,
    pids: 2048,
    timers: Timers {
        idle: Seconds::minutes(30),
        disconnect: Seconds::minutes(15),
        max_duration: Seconds::hours(12),
    },
};

/// What counts: of each limit, the first of `quotas` that has it. The most specific stands first.
#[must_use]
pub fn effective(quotas: &[Quota]) -> EffectiveQuota {
    fn first<T>(quotas: &[Quota], of: impl Fn(&Quota) -> Option<T>, otherwise: T) -> T {
        quotas.iter().find_map(of).unwrap_or(otherwise)
    }
    EffectiveQuota {
        max_sessions: first(quotas, |quota| quota.max_sessions, DEFAULT.max_sessions),
        cpu_limit: first(quotas, |quota| quota.cpu_limit, DEFAULT.cpu_limit),
        mem_limit: first(quotas, |quota| quota.mem_limit, DEFAULT.mem_limit),
        pids: first(quotas, |quota| quota.pids, DEFAULT.pids),
        timers: first(quotas, |quota| quota.timers, DEFAULT.timers),
    }
}

/// What a session of an application gets: no more than the quota allows. 0 is no limit.
#[must_use]
pub fn within(wanted: Resources, quota: &EffectiveQuota) -> Resources {
    let least = |wanted: u64, limit: u64| match (wanted, limit) {
        (wanted, 0) => wanted,
        (0, limit) => limit,
        (wanted, limit) => wanted.min(limit),
    };
    let memory_limit = least(wanted.memory_limit, quota.mem_limit);
    let cpu_limit = least(wanted.cpu_limit, quota.cpu_limit);
    Resources {
        memory_request: least(wanted.memory_request, memory_limit),
        memory_limit,
        cpu_request: least(wanted.cpu_request, cpu_limit),
        cpu_limit,
        pids: least(wanted.pids, quota.pids),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_specific_counts_for_each_limit() {
        let user = Quota {
            max_sessions: Some(7),
            ..Quota::default()
        };
        let role = Quota {
            max_sessions: Some(1),
            mem_limit: Some(1 << 30),
            ..Quota::default()
        };
        let effective = effective(&[user, role]);
        assert_eq!((effective.max_sessions, effective.mem_limit), (7, 1 << 30));
        assert_eq!(effective.timers, DEFAULT.timers);
    }

    #[test]
    fn a_quota_lowers_and_never_raises() {
        let quota = EffectiveQuota {
            mem_limit: 512 << 20,
            cpu_limit: 0,
            pids: 100,
            ..DEFAULT
        };
        let given = within(
            Resources {
                pids: 0,
                ..Resources::default()
            },
            &quota,
        );
        assert_eq!(given.memory_limit, 512 << 20);
        assert_eq!(given.memory_request, 512 << 20);
        assert_eq!(given.cpu_limit, Resources::default().cpu_limit);
        assert_eq!(given.pids, 100);
    }
}
