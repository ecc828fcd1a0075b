//! What the contents of a clipboard must be, and how a text that changed a little is sent.

mod contents;
mod difference;

pub use contents::{ContentsError, Guard};
pub use difference::difference;
