//! Messages about the clipboards: what they hold, and their contents.
//!
//! Both peers say the same things. What a clipboard holds is announced on one stream
//! ([`ClipboardMessage`]); contents travel only when somebody pastes, each on a stream of its own
//! that whoever pastes opens ([`ClipboardDemand`] there, [`ClipboardSupply`] back).

mod contents;
mod offer;
mod values;

pub use contents::{ClipboardDemand, ClipboardSupply, Request, Start};
pub use offer::{ClipboardMessage, Offer};
pub use values::{Format, Formats, Selection};
