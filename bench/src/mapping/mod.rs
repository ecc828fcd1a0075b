//! Memory shared with an X server: its framebuffer (read), our pictures (written).

mod framebuffer;
mod picture;
mod raw;

pub(crate) use framebuffer::Framebuffer;
pub(crate) use picture::SharedPicture;
