//! Counters of a network device.

use std::ops::Sub;

use anyhow::{Context, Result};

/// Destination, source, type.
const ETHERNET_HEADER: u64 = 14;

/// Bytes and packets over a link; bytes with all headers from Ethernet's upwards.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Traffic {
    pub(crate) bytes_down: u64,
    pub(crate) bytes_up: u64,
    pub(crate) packets_down: u64,
    pub(crate) packets_up: u64,
}

impl Traffic {
    /// Reads the device of the namespace in which process `pid` lives, the client's.
    pub(super) fn read(pid: u32, device: &str) -> Result<Self> {
        let text = std::fs::read_to_string(format!("/proc/{pid}/net/dev"))
            .context("the network namespace is gone")?;
        Self::parse(&text, device).with_context(|| format!("no counters for device {device}"))
    }

    /// Adds the header that each packet would have on Ethernet, where the device counts from IP's
    /// upwards: so bytes can be compared between links.
    pub(super) const fn as_on_ethernet(self) -> Self {
        Self {
            bytes_down: self.bytes_down + ETHERNET_HEADER * self.packets_down,
            bytes_up: self.bytes_up + ETHERNET_HEADER * self.packets_up,
            ..self
        }
    }

    fn parse(text: &str, device: &str) -> Option<Self> {
        let counters = text
            .lines()
            .find_map(|line| line.trim_start().strip_prefix(device)?.strip_prefix(':'))?;
        let numbers: Vec<u64> = counters
            .split_whitespace()
            .map(str::parse)
            .collect::<Result<_, _>>()
            .ok()?;
        Some(Self {
            bytes_down: *numbers.first()?,
            packets_down: *numbers.get(1)?,
            bytes_up: *numbers.get(8)?,
            packets_up: *numbers.get(9)?,
        })
    }
}

impl Sub for Traffic {
    type Output = Self;

    fn sub(self, earlier: Self) -> Self {
        Self {
            bytes_down: self.bytes_down.saturating_sub(earlier.bytes_down),
            bytes_up: self.bytes_up.saturating_sub(earlier.bytes_up),
            packets_down: self.packets_down.saturating_sub(earlier.packets_down),
            packets_up: self.packets_up.saturating_sub(earlier.packets_up),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "Inter-|   Receive  |  Transmit\n face |bytes packets|bytes packets\n\
        \x20   lo:  1 2 0 0 0 0 0 0 1 2 0 0 0 0 0 0\n\
        bench0: 100 3 0 0 0 0 0 0 50 4 0 0 0 0 0 0\n";

    #[test]
    fn finds_the_device() {
        let traffic = Traffic::parse(TEXT, "bench0").unwrap();
        assert_eq!((traffic.bytes_down, traffic.packets_down), (100, 3));
        assert_eq!((traffic.bytes_up, traffic.packets_up), (50, 4));
        assert_eq!(Traffic::parse(TEXT, "bench"), None);
        let framed = traffic.as_on_ethernet();
        assert_eq!((framed.bytes_down, framed.bytes_up), (142, 106));
        assert_eq!((framed.packets_down, framed.packets_up), (3, 4));
    }
}
