//! What the machine has.

use hackstream_control_api::node::Capacity;

/// Bytes that are left to the system, at least; of larger machines a tenth.
const RESERVE: u64 = 512 << 20;

/// What this machine has and what of it sessions may use.
#[must_use]
pub fn of_this_machine(max_sessions: u32) -> Capacity {
    let meminfo = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let cpus = std::thread::available_parallelism().map_or(1, usize::from);
    of(&meminfo, cpus as u64, max_sessions)
}

fn of(meminfo: &str, cpus: u64, max_sessions: u32) -> Capacity {
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
        cpu_allocatable: cpus * 1000,
        max_sessions,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_system_keeps_something() {
        let small = of("MemTotal:  1048576 kB\n", 2, 4);
        assert_eq!(small.memory_allocatable, 512 << 20);
        let large = of("MemTotal: 104857600 kB\n", 2, 4);
        assert_eq!(large.memory_allocatable, 90 << 30);
        assert_eq!(of("", 1, 1).memory_allocatable, 0);
    }
}
