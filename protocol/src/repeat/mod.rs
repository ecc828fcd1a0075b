//! Small things sent twice where packets get lost.
//!
//! A lost packet is sent again a round trip later at best: nothing before tells that it is missing.
//! A key and its echo are two small packets with nothing behind them, so on a link that loses one in
//! fifty every twenty-fifth key would take twice as long. Where losses are seen, both are repeated a
//! moment later in a QUIC datagram, and whichever comes first counts.
//!
//! * [`loss_share`](LossShare): whether packets get lost, lately.
//! * `budget`: what repeating may cost.
//! * [`policy`](RepeatPolicy): whether and when to repeat.
//! * [`tail`](InputTail): the viewer's last events, which a datagram repeats.
//!
//! What comes twice is taken once by [`InputOrder`] and by [`Sequencer`].
//!
//! [`InputOrder`]: crate::session::input_order::InputOrder
//! [`Sequencer`]: crate::session::sequencer::Sequencer

mod budget;
mod loss_share;
mod policy;
mod tail;

pub use loss_share::LossShare;
pub use policy::{PathFacts, RepeatPolicy};
pub use tail::{InputTail, is_worth_repeating};
