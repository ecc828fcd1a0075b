//! A network with a virtual clock, in which the real rate control sends.
//!
//! Nothing here waits or measures time: a minute of stream takes a fraction of a second, and the
//! same seed gives the same minute. What is real is all of `hackstream_protocol::rate`; what is
//! modelled is the link, QUIC between it and the window (as quinn does it: packets,
//! acknowledgements, pacing, loss detection, probes), and what there is to show; but the tests in
//! `tests/planning` send what the real encoder makes of a screen to a real decoder.
//!
//! * [`link`]: one direction of a link: queue, rate, delay, jitter, loss, reordering.
//! * [`cellular`]: the rate of a telephone network; [`clockwork`]: a direction that works at it.
//! * [`flow`]: a sender and its receiver; [`sender`] decides when packets leave, [`recovery`]
//!   which are lost, [`receiver`] what is acknowledged.
//! * [`congestion`]: what a window controller is to a sender; [`cubic`]: the one of the others.
//! * [`load`]: what there is to send: keys, video, or always more.
//! * [`world`]: the clock, the link and the flows on it.
//! * [`outcome`]: what was observed; [`random`]: numbers from a seed.

pub mod cellular;
pub mod clockwork;
pub mod congestion;
pub mod cubic;
pub mod flow;
pub mod link;
pub mod load;
pub mod outcome;
mod pacer;
pub mod random;
pub mod receiver;
pub mod recovery;
pub mod sender;
pub mod world;
