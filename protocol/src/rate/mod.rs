//! How much may be in flight to a viewer.
//!
//! A loss-based controller fills the queue in front of the slowest link until something overflows,
//! and every key's echo then waits behind that queue. [`WindowController`] watches the delay
//! instead: it lets in flight what the path holds, plus a queue of a few milliseconds that keeps
//! the slowest link busy.
//!
//! * `window`: the controller; slow start, steps up, cuts, draining.
//! * `round`: what was observed during one round trip.
//! * `delivery`: the rate at which the path delivers.
//! * `thresholds`: the delays and losses that decide.
//! * `base`: the round-trip time of the path when its queues are empty.
//!
//! Everything takes the time as an argument, so the tests run a simulated link.

mod base;
mod delivery;
mod round;
mod thresholds;
mod window;

pub use base::BaseRtt;
pub use delivery::DeliveryEstimator;
pub use round::{Round, Sample};
pub use window::{LossPattern, WindowController};
