//! What to send of a changing screen, and in which form.
//!
//! One [`Encoder`] serves one viewer. It knows what the viewer shows (the *shadow*) and which
//! pixels may have changed since (the *dirty region*); asked for a frame, it looks at the screen as
//! it is at that moment, so nothing stale is ever sent. The stages, in files of these names; the
//! folder `encoder` puts them in their order:
//!
//! 1. `recall`: what of the dirty region the viewer has seen before and kept; `copies`: what is
//!    pixels that moved.
//! 2. `compare`: which `cells` of the rest really differ; the shadow catches up.
//! 3. `classify`: how many colours each of them has; `sections`: how that is written, within the
//!    piece that the link has room for. `text` turns letters into stamps.
//! 4. When nothing of that is left: `video`, what moves so much that it is sent as H.264 instead;
//!    `still`, what is too large for the link; `refresh`, making exact what these blurred; `recall`
//!    again, saving what stands still.
//! 5. [`cost`]: which compressor takes the least time in all.
//!
//! [`outgoing`] keeps the account of what is on its way: when a frame is made, and what it waits for.
//!
//! Nothing here reads a clock, starts a thread or touches a socket.
#![forbid(unsafe_code)]

mod cells;
mod classify;
mod compare;
mod copies;
pub mod cost;
mod encoder;
mod error;
mod frame;
pub mod outgoing;
mod recall;
mod refresh;
mod sections;
mod still;
mod text;
mod video;

pub use encoder::{Encoder, EncoderConfig, Link};
pub use error::EncodeError;
pub use frame::Frame;
