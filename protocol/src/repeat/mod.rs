//! Small things sent twice where packets get lost.
//!
//! A lost packet is sent again a round trip later at best: nothing before tells that it is missing.
//! A key and its echo are two small packets with nothing behind them, so on a link that loses one in
//! fifty every twenty-fifth key would take twice as long. Where losses are seen, both are repeated a
//! moment later in a QUIC datagram, and whichever comes first counts.
//!
//! A picture of a video holds up all after it, and in ten packets every fifth of them is hit. Of larger
//! frames parities are sent, which rebuild a packet; long known as forward error correction.
//!
//! Long-term references of the video encoder do not replace this. They need the same news of a loss,
//! and on a stream QUIC then sends the lost packet itself, which is smaller and arrives as soon as a
//! picture coded from an older one would.
//!
//! * [`loss_share`](LossShare): whether packets get lost, lately.
//! * `budget`: what repeating may cost.
//! * [`policy`](RepeatPolicy): whether and when to repeat.
//! * `blocks`: what of a frame is sent again; [`assembly`](FrameAssembly): the frame from what arrived,
//!   and `ranges`: what of it is there.
//! * [`tail`](InputTail): the viewer's last events, which a datagram repeats.
//!
//! What comes twice is taken once by [`InputOrder`] and by [`Sequencer`].
//!
//! [`InputOrder`]: crate::session::input_order::InputOrder
//! [`Sequencer`]: crate::session::sequencer::Sequencer

mod assembly;
mod blocks;
mod budget;
mod loss_share;
mod policy;
mod ranges;
mod tail;

pub use assembly::FrameAssembly;
pub use blocks::{frame_parities, parity_cost};
pub use loss_share::LossShare;
pub use policy::{PathFacts, RepeatPolicy};
pub use tail::{InputTail, is_worth_repeating};
