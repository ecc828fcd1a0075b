//! What to send of a changing screen, and in which form.
//!
//! One [`Encoder`] serves one viewer. It knows what the viewer shows (the *shadow*) and which
//! pixels may have changed since (the *dirty region*); asked for a frame, it looks at the screen as
//! it is at that moment, so nothing stale is ever sent. The stages, each a file:
//!
//! 1. `recall`: which of them the viewer has seen before and kept; [`copies`]: which are others
//!    that moved.
//! 2. [`compare`]: which cells of the dirty region really differ; the shadow catches up.
//! 3. [`classify`]: how many colours each of them has.
//! 4. [`frame`]: sections for each class, within the piece that the link has room for.
//!    [`text`] turns letters into stamps.
//! 5. [`video`]: what moves so much that it is sent as H.264 instead; `still`: what is too large for
//!    a thin link; `refresh`: making exact what these blurred; `recall` again: saving what is calm.
//! 6. [`cost`]: which compressor takes the least time in all.
//!
//! Nothing here reads a clock, starts a thread or touches a socket.
#![forbid(unsafe_code)]

pub mod cells;
pub mod classify;
pub mod compare;
pub mod copies;
pub mod cost;
mod encoder;
pub mod error;
pub mod frame;
mod recall;
mod refresh;
pub mod sections;
mod still;
pub mod text;
pub mod video;

pub use encoder::{Encoder, EncoderConfig, Link};
pub use error::EncodeError;
pub use frame::Frame;
