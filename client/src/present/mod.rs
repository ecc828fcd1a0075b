//! How the picture gets to the person.

mod bell;
mod blit;
mod buffers;
mod damage;
mod focus;
mod notice;
mod overlay;
mod placement;
mod sizing;
mod surface;
mod view;
mod viewport;
pub(crate) mod window;
mod x11;

pub(crate) use placement::Placement;
