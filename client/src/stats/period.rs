//! The measurements of one period.

use std::time::Duration;

use hackstream_protocol::geometry::Size;
use hackstream_protocol::units::{Bitrate, ByteCount};

use super::histogram::Distribution;
use super::path::{Path, Traffic};
use super::stage::{STAGES, Stage};
use super::verdict::Burden;
use crate::sound::SoundReport;

/// What happened in a period.
#[derive(Clone, Debug)]
pub(super) struct Period {
    /// How long it was.
    pub(super) time: Duration,
    /// Size of the session's screen at its end; empty before the first frame.
    pub(super) screen: Size,
    /// Bytes of the payloads of frames.
    pub(super) frame_bytes: u64,
    /// Frames that arrived after one that had left after them: a packet of theirs was lost, or the
    /// network changed the order.
    pub(super) overtaken: u64,
    /// The network at its end, and what it carried.
    pub(super) path: Path,
    /// Times of the stages, by [`Stage`].
    pub(super) stages: [Distribution; STAGES],
    /// The session's sound.
    pub(super) sound: SoundReport,
}

impl Period {
    /// The times of one stage.
    pub(super) const fn stage(&self, stage: Stage) -> &Distribution {
        &self.stages[stage as usize]
    }

    /// The same network while nothing happens.
    pub(super) fn quiet(&self) -> Self {
        Self {
            frame_bytes: 0,
            overtaken: 0,
            path: Path {
                traffic: Traffic::default(),
                ..self.path
            },
            stages: [const { Distribution::none() }; STAGES],
            ..*self
        }
    }

    /// Frames that were decoded.
    pub(super) fn frames(&self) -> u64 {
        self.stage(Stage::Decode).count()
    }

    /// Frames per second.
    pub(super) fn frame_rate(&self) -> f64 {
        self.frames() as f64 / self.time.as_secs_f64().max(1e-9)
    }

    /// What came from the server, all of QUIC's own included.
    pub(super) fn bitrate(&self) -> Bitrate {
        Bitrate::of(ByteCount(self.path.traffic.received), self.time)
    }

    /// How much longer the round trip is now than at the least: the queues that are filled on the
    /// way, by us or by others.
    pub(super) const fn delay(&self) -> Duration {
        self.path.rtt.saturating_sub(self.path.least_rtt)
    }

    /// What a picture had to bear, for the verdict.
    pub(super) fn burden(&self) -> Burden {
        let mean = |stage| self.stage(stage).mean();
        let answers = self.stage(Stage::InputToFrame);
        let traffic = self.path.traffic;
        Burden {
            capture_wait: mean(Stage::CaptureWait),
            encode: mean(Stage::Encode),
            queue: mean(Stage::Queue),
            order: mean(Stage::Order),
            least_rtt: self.path.least_rtt,
            rtt: self.path.rtt,
            decode: mean(Stage::DecodeWait) + mean(Stage::Decode),
            present: mean(Stage::ShowWait) + mean(Stage::Present),
            answer: (answers.count() > 0).then(|| answers.percentile(50)),
            lost: self.overtaken + traffic.lost,
            chances: self.frames() + traffic.packets,
        }
    }
}
