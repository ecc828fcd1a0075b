//! What this process costs in memory.

/// The proportional set size of this process in bytes: its own pages, and its share of those it has
/// in common with others. `None` where the kernel does not tell. Takes a millisecond or so.
pub(super) fn proportional_bytes() -> Option<u64> {
    let rollup = std::fs::read_to_string("/proc/self/smaps_rollup").ok()?;
    parse(&rollup)
}

fn parse(rollup: &str) -> Option<u64> {
    let line = rollup.lines().find_map(|line| line.strip_prefix("Pss:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kibibytes.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernels_words_are_understood() {
        let rollup = "55d0-7ffe ---p 00000000 00:00 0    [rollup]\n\
                      Rss:               12345 kB\nPss:                6789 kB\nPss_Dirty: 1 kB\n";
        assert_eq!(parse(rollup), Some(6789 * 1024));
        assert_eq!(parse("Rss: 1 kB\n"), None);
        assert!(proportional_bytes().is_some_and(|bytes| bytes > 100_000));
    }
}
