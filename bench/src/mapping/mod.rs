//! Memory shared with an X server (its framebuffer, our pictures) and with the witness.

mod framebuffer;
mod picture;
mod raw;
mod record;

pub(crate) use framebuffer::Framebuffer;
pub(crate) use picture::SharedPicture;
pub(crate) use record::{LastChange, Record, RecordWriter};
