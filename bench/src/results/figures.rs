//! The figures of one cell.

use serde::Deserialize;

use super::LinkLosses;
use crate::measure::percentile;
use crate::split::Split;

const MEBIBYTE: f64 = 1_048_576.0;

/// What a cell's figures are about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Single actions: times from key to pixel, costs per action.
    Actions,
    /// A film: ages of frames, costs per second.
    Film,
    /// Actions in an application: times from its last change to the exact picture, costs per
    /// action.
    Settling,
    /// Nothing: costs per second.
    Idle,
}

/// Samples and costs.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Detail {
    /// Times of actions, ages of frames, or times to the exact picture.
    #[serde(default)]
    pub(crate) samples_ms: Vec<f64>,
    /// Actions in an application; more than samples where some never became exact.
    pub(crate) actions: Option<u64>,
    /// Times from an application's last change to the close picture.
    #[serde(default)]
    close_samples_ms: Vec<f64>,
    /// Times from the key to the close picture, the application's own included.
    #[serde(default)]
    whole_samples_ms: Vec<f64>,
    /// Likeness of a film to its source: 1 is equal.
    pub(crate) ssim: Option<f64>,
    pub(crate) psnr_db: Option<f64>,
    /// When the frames were seen, one for each sample, since the watch began.
    #[serde(default)]
    pub(crate) seen_at_seconds: Vec<f64>,
    pub(crate) frames_per_second: Option<f64>,
    frames_shown_by_stimulus: Option<u64>,
    /// Where the time went; absent for systems that do not tell.
    pub(crate) split: Option<Split>,
    usage: Cost,
}

/// The costs of all of it; those of processes are absent for the floor.
#[derive(Debug, Clone, Deserialize)]
struct Cost {
    seconds: f64,
    /// Absent, with `bytes_up`, where the directions could not be told apart.
    bytes_down: Option<u64>,
    bytes_up: Option<u64>,
    bytes_both_ways: Option<u64>,
    link_losses: Option<LinkLosses>,
    server_cpu_seconds: Option<f64>,
    viewer_cpu_seconds: Option<f64>,
    server_pss_bytes: Option<u64>,
    viewer_pss_bytes: Option<u64>,
    server_peak_bytes: Option<u64>,
    viewer_peak_bytes: Option<u64>,
}

impl Detail {
    pub(crate) fn kind(&self) -> Kind {
        match (self.frames_per_second, self.actions) {
            (Some(_), _) => Kind::Film,
            (None, Some(_)) => Kind::Settling,
            (None, None) if self.samples_ms.is_empty() => Kind::Idle,
            (None, None) => Kind::Actions,
        }
    }

    /// The samples in ascending order.
    pub(crate) fn sorted_ms(&self) -> Vec<f64> {
        sorted(&self.samples_ms)
    }

    /// As [`Self::percentile_ms`], to the close picture of an application.
    pub(crate) fn close_ms(&self, percent: usize) -> Option<f64> {
        percentile(&sorted(&self.close_samples_ms), percent)
    }

    /// As [`Self::percentile_ms`], from the key to the close picture of an application.
    pub(crate) fn whole_ms(&self, percent: usize) -> Option<f64> {
        percentile(&self.sorted_whole_ms(), percent)
    }

    /// All of them, in ascending order.
    pub(crate) fn sorted_whole_ms(&self) -> Vec<f64> {
        sorted(&self.whole_samples_ms)
    }

    /// Milliseconds that `percent` of 100 samples do not exceed.
    pub(crate) fn percentile_ms(&self, percent: usize) -> Option<f64> {
        percentile(&self.sorted_ms(), percent)
    }

    /// Bytes per action or second; absent where there is no link, or one that does not tell.
    pub(crate) fn bytes_down(&self) -> Option<f64> {
        self.remote_share(self.usage.bytes_down)
    }

    /// As [`Self::bytes_down`], from the viewer to the server.
    pub(crate) fn bytes_up(&self) -> Option<f64> {
        self.remote_share(self.usage.bytes_up)
    }

    /// As [`Self::bytes_down`], there and back; only where the directions could not be told apart.
    pub(crate) fn bytes_both_ways(&self) -> Option<f64> {
        self.remote_share(self.usage.bytes_both_ways)
    }

    /// What the link did to packets; absent where none was emulated, and in older results.
    pub(crate) const fn losses(&self) -> Option<&LinkLosses> {
        self.usage.link_losses.as_ref()
    }

    /// CPU milliseconds of server and viewer per action or second.
    pub(crate) fn cpu_ms(&self) -> Option<[f64; 2]> {
        let (server, viewer) = (
            self.usage.server_cpu_seconds?,
            self.usage.viewer_cpu_seconds?,
        );
        Some([server, viewer].map(|seconds| self.share(seconds * 1000.0)))
    }

    /// MiB of server and viewer at the end, shared pages divided among their users.
    pub(crate) fn pss_mib(&self) -> Option<[f64; 2]> {
        mebibytes(self.usage.server_pss_bytes, self.usage.viewer_pss_bytes)
    }

    /// MiB of server and viewer at most, shared pages in full.
    pub(crate) fn peak_mib(&self) -> Option<[f64; 2]> {
        mebibytes(self.usage.server_peak_bytes, self.usage.viewer_peak_bytes)
    }

    /// Frames per second that the stimulus showed.
    pub(crate) fn frames_shown_per_second(&self) -> Option<f64> {
        Some(self.frames_shown_by_stimulus? as f64 / self.usage.seconds.max(1e-9))
    }

    fn remote_share(&self, bytes: Option<u64>) -> Option<f64> {
        // The floor has no link, so its zeros mean nothing.
        self.usage.server_cpu_seconds?;
        Some(self.share(bytes? as f64))
    }

    fn share(&self, amount: f64) -> f64 {
        match self.kind() {
            Kind::Actions => amount / self.samples_ms.len() as f64,
            Kind::Settling => amount / self.actions.unwrap_or(0).max(1) as f64,
            Kind::Film | Kind::Idle => amount / self.usage.seconds.max(1e-9),
        }
    }
}

fn sorted(samples: &[f64]) -> Vec<f64> {
    let mut sorted = samples.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted
}

fn mebibytes(server: Option<u64>, viewer: Option<u64>) -> Option<[f64; 2]> {
    Some([server?, viewer?].map(|bytes| bytes as f64 / MEBIBYTE))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn detail(text: &str) -> Detail {
        let usage = r#""usage": {"seconds": 4.0, "bytes_down": 400, "bytes_up": 8,
            "server_cpu_seconds": 0.02, "viewer_cpu_seconds": 0.01}"#;
        serde_json::from_str(&format!("{{{text} {usage}}}")).unwrap()
    }

    #[test]
    fn costs_are_per_action_or_second() {
        let actions = detail(r#""samples_ms": [3, 1],"#);
        assert_eq!(actions.kind(), Kind::Actions);
        assert_eq!(
            (actions.bytes_down(), actions.bytes_up()),
            (Some(200.0), Some(4.0))
        );
        assert_eq!(actions.percentile_ms(50), Some(1.0));
        let idle = detail("");
        assert_eq!((idle.kind(), idle.bytes_down()), (Kind::Idle, Some(100.0)));
        assert_eq!(idle.cpu_ms(), Some([5.0, 2.5]));
        assert_eq!((idle.pss_mib(), idle.percentile_ms(50)), (None, None));
    }

    #[test]
    fn bytes_of_both_directions_are_not_those_of_one() {
        let text = r#"{"samples_ms": [3, 1], "usage": {"seconds": 4.0, "bytes_both_ways": 600,
            "server_cpu_seconds": 0.02, "viewer_cpu_seconds": 0.01}}"#;
        let loopback: Detail = serde_json::from_str(text).unwrap();
        assert_eq!((loopback.bytes_down(), loopback.bytes_up()), (None, None));
        assert_eq!(loopback.bytes_both_ways(), Some(300.0));
    }
}
