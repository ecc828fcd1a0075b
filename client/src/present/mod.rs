//! How the picture gets to the person.

mod blit;
mod damage;
mod focus;
mod notice;
mod overlay;
mod placement;
mod surface;
pub(crate) mod window;

pub(crate) use placement::Placement;
