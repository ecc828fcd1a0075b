//! What a piece of work cost: bytes, packets, CPU time, memory.

use std::time::Duration;

use anyhow::Result;

use crate::clock::Instant;
use crate::network::{Losses, Traffic};
use crate::rig::Rig;

/// CPU time and memory of a remoting system; the stimulus is not in it, the remote X server is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ProcessUsage {
    pub(crate) server_cpu: Duration,
    pub(crate) viewer_cpu: Duration,
    /// Of the main processes, at the end.
    pub(crate) server_pss_bytes: Option<u64>,
    pub(crate) viewer_pss_bytes: Option<u64>,
    /// Of the main processes since their start: resident, with shared pages in full.
    pub(crate) server_peak_bytes: Option<u64>,
    pub(crate) viewer_peak_bytes: Option<u64>,
}

/// The cost between two moments.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Usage {
    pub(crate) elapsed: Duration,
    pub(crate) traffic: Traffic,
    /// Absent where no link is emulated.
    pub(crate) losses: Option<Losses>,
    /// Absent for the floor.
    pub(crate) processes: Option<ProcessUsage>,
}

/// The counters at the start of a piece of work.
#[derive(Debug, Clone, Copy)]
pub(super) struct Meter {
    start: Instant,
    traffic: Traffic,
    cpu: Option<(Duration, Duration)>,
}

impl Meter {
    pub(super) fn start(rig: &Rig) -> Result<Self> {
        let cpu = rig
            .trees()
            .map(|(server, viewer)| (server.cpu_time(), viewer.cpu_time()));
        // Those of before do not count.
        rig.take_losses();
        Ok(Self {
            start: Instant::now(),
            traffic: rig.traffic()?,
            cpu,
        })
    }

    pub(super) fn stop(self, rig: &Rig) -> Result<Usage> {
        let elapsed = Instant::now().since(self.start);
        let traffic = rig.traffic()? - self.traffic;
        let losses = rig.take_losses();
        let processes = self
            .cpu
            .zip(rig.trees())
            .map(|((server_before, viewer_before), trees)| {
                let (server, viewer) = trees;
                ProcessUsage {
                    server_cpu: server.cpu_time().saturating_sub(server_before),
                    viewer_cpu: viewer.cpu_time().saturating_sub(viewer_before),
                    server_pss_bytes: server.root_pss_bytes(),
                    viewer_pss_bytes: viewer.root_pss_bytes(),
                    server_peak_bytes: server.root_peak_bytes(),
                    viewer_peak_bytes: viewer.root_peak_bytes(),
                }
            });
        Ok(Usage {
            elapsed,
            traffic,
            losses,
            processes,
        })
    }
}
