//! What a session asks of the viewer's desktop: to show notifications, to open links. Programs may
//! write anything into either; what may be shown and opened is decided here, for both ends.

mod link;
mod markup;
mod quota;
mod text;

pub use link::Link;
pub use markup::without_markup;
pub use quota::Quota;
pub use text::{Lines, harmless};
