//! Programs that the bench starts, and that end with it.

mod child;
mod raw;
mod tree;

pub(crate) use child::{Launch, Process, Said, find_program, first_line_of};
pub(crate) use tree::Tree;
