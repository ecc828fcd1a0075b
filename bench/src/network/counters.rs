//! Counters of a network device.

use std::ops::Sub;

use anyhow::{Context, Result};

/// Destination, source, type.
pub(super) const ETHERNET_HEADER: u64 = 14;

/// Bytes and packets that went one way; bytes with all headers from Ethernet's upwards.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Flow {
    pub(crate) bytes: u64,
    pub(crate) packets: u64,
}

/// What went over a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Traffic {
    /// From server to viewer, and back.
    Apart { down: Flow, up: Flow },
    /// Both ways, where they cannot be told apart.
    Together(Flow),
}

impl Flow {
    const fn as_on_ethernet(self) -> Self {
        Self {
            bytes: self.bytes + ETHERNET_HEADER * self.packets,
            ..self
        }
    }
}

impl Sub for Flow {
    type Output = Self;

    fn sub(self, earlier: Self) -> Self {
        Self {
            bytes: self.bytes.saturating_sub(earlier.bytes),
            packets: self.packets.saturating_sub(earlier.packets),
        }
    }
}

impl Default for Traffic {
    fn default() -> Self {
        Self::Apart {
            down: Flow::default(),
            up: Flow::default(),
        }
    }
}

impl Traffic {
    /// The flow to the viewer; both where they cannot be told apart.
    pub(crate) const fn to_viewer(self) -> Flow {
        match self {
            Self::Apart { down, .. } => down,
            Self::Together(flow) => flow,
        }
    }

    /// Reads the device of the namespace in which `process` lives (`self`, or its id): what it
    /// receives is down.
    pub(super) fn read(process: &str, device: &str) -> Result<Self> {
        let text = std::fs::read_to_string(format!("/proc/{process}/net/dev"))
            .context("the network namespace is gone")?;
        Self::parse(&text, device).with_context(|| format!("no counters for device {device}"))
    }

    /// Adds the header that each packet would have on Ethernet, where the device counts from IP's
    /// upwards: so bytes can be compared between links.
    pub(super) const fn as_on_ethernet(self) -> Self {
        match self {
            Self::Apart { down, up } => Self::Apart {
                down: down.as_on_ethernet(),
                up: up.as_on_ethernet(),
            },
            Self::Together(flow) => Self::Together(flow.as_on_ethernet()),
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
        let flow = |first: usize| {
            Some(Flow {
                bytes: *numbers.get(first)?,
                packets: *numbers.get(first + 1)?,
            })
        };
        Some(Self::Apart {
            down: flow(0)?,
            up: flow(8)?,
        })
    }
}

impl Sub for Traffic {
    type Output = Self;

    fn sub(self, earlier: Self) -> Self {
        match (self, earlier) {
            (
                Self::Apart { down, up },
                Self::Apart {
                    down: earlier_down,
                    up: earlier_up,
                },
            ) => Self::Apart {
                down: down - earlier_down,
                up: up - earlier_up,
            },
            // A link's counters are always of one kind.
            (now, earlier) => Self::Together(now.to_viewer() - earlier.to_viewer()),
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
        let flow = |bytes, packets| Flow { bytes, packets };
        let traffic = Traffic::parse(TEXT, "bench0").unwrap();
        let (down, up) = (flow(100, 3), flow(50, 4));
        assert_eq!(traffic, Traffic::Apart { down, up });
        assert_eq!(Traffic::parse(TEXT, "bench"), None);
        let (down, up) = (flow(142, 3), flow(106, 4));
        assert_eq!(traffic.as_on_ethernet(), Traffic::Apart { down, up });
    }

    #[test]
    fn differences_keep_the_directions_that_there_are() {
        let flow = |bytes, packets| Flow { bytes, packets };
        let apart = |down, up| Traffic::Apart { down, up };
        let spent = apart(flow(9, 3), flow(7, 2)) - apart(flow(4, 1), flow(7, 2));
        assert_eq!(spent, apart(flow(5, 2), flow(0, 0)));
        let spent = Traffic::Together(flow(9, 3)) - Traffic::Together(flow(4, 1));
        assert_eq!(spent, Traffic::Together(flow(5, 2)));
    }
}
