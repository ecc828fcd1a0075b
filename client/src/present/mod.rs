//! How the picture gets to the person.

mod acts;
mod bell;
mod blit;
mod buffers;
#[cfg(feature = "console")]
pub(crate) mod console;
mod damage;
mod deeds;
mod fitting;
mod focus;
mod fullscreen;
mod label;
mod menu;
mod notice;
mod overlay;
mod placement;
mod sizing;
mod steering;
mod surface;
mod view;
mod viewport;
pub(crate) mod window;
mod x11;

pub(crate) use placement::Placement;
