//! What the machine has.

use hackstream_control_api::node::Capacity;

/// Bytes that are left to the system, at least; of larger machines a tenth.
const RESERVE: u64 = 512 << 20;

/// What this machine has and what of it sessions may use. `cpu_overcommit` is how many times its
/// processors are promised.
#[must_use]
pub fn of_this_machine(max_sessions: u32, cpu_overcommit: u32) -> Capacity {
    let meminfo = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let cpus = std::thread::available_parallelism().map_or(1, usize::from);
    of(&meminfo, cpus as u64, max_sessions, cpu_overcommit)
}

fn of(meminfo: &str, cpus: u64, max_sessions: u32, cpu_overcommit: u32) -> Capacity {
    let total = meminfo.lines().find_map(|line| {
        let kilobytes = line.strip_prefix("MemTotal:")?.split_whitespace().next()?;
        kilobytes.parse::<u64>().ok()
    });
    let memory_bytes = total.unwrap_or(0) * 1024;
    let reserve = RESERVE.max(memory_bytes / 10);
    Capacity {
        memory_bytes,
        memory_allocatable: memory_bytes.saturating_sub(reserve),
        cpu_millis: cpus * 1000,
        cpu_allocatable: cpus * 1000 * u64::from(cpu_overcommit),
        max_sessions,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_system_keeps_something() {
        let small = of("MemTotal:  1048576 kB\n", 2, 4, 1);
        assert_eq!(small.memory_allocatable, 512 << 20);
        assert_eq!(small.cpu_allocatable, 2000);
        let large = of("MemTotal: 104857600 kB\n", 2, 4, 3);
        assert_eq!((large.cpu_millis, large.cpu_allocatable), (2000, 6000));
        assert_eq!(large.memory_allocatable, 90 << 30);
        assert_eq!(of("", 1, 1, 1).memory_allocatable, 0);
    }
}
