//! How much may be in flight to a viewer.
//!
//! A loss-based controller fills the queue in front of the slowest link until something overflows,
//! and every key's echo then waits behind that queue. [`WindowController`] watches the delay
//! instead: it lets in flight what the path holds, plus a queue of a few milliseconds that keeps
//! the slowest link busy.
//!
//! * `window`: the controller; its steps up, cuts and draining in `window/steps`.
//! * `round`: what was observed during one round trip.
//! * `queue`: what of the delay is a queue that stands.
//! * `streak`: for how long every sample has shown a queue.
//! * `delivery`: the rate at which the path delivers.
//! * `capacity`: the path's capacity, as far as it is known.
//! * `train`: what a burst shows of the capacity before the path was full.
//! * `losses`: which share of what is sent gets lost.
//! * `thresholds`: the delays and losses that decide.
//! * `room`: what of the window is left for the next frame.
//! * `revival`: a peer that is heard again after an outage.
//! * `pace`: how fast a large frame is handed to the connection.
//! * `unanswered`: cuts after which the delay stayed, so that it is not our queue.
//! * [`cap`]: hard limits, whatever the path could carry.
//! * `base`: the round-trip time of the path when its queues are empty.
//!
//! Everything takes the time as an argument, so the tests run a simulated link.

mod base;
pub mod cap;
mod capacity;
mod delivery;
mod losses;
mod pace;
mod queue;
mod revival;
mod room;
mod round;
mod streak;
mod thresholds;
mod train;
mod unanswered;
mod window;

pub use base::BaseRtt;
pub use delivery::DeliveryEstimator;
pub use pace::{Pace, Slice};
pub use revival::Revival;
pub use room::{Allowance, PathView, Room};
pub use round::{Round, Sample};
pub use window::{LossPattern, WindowController};
