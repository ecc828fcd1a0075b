//! The network of a cell: a server namespace, a client namespace, one link between them.

#[cfg(test)]
mod accuracy;
mod counters;
mod emulator;
mod link;
mod namespace;

pub(crate) use counters::Traffic;
pub(crate) use link::{Link, Network};
pub(crate) use namespace::Namespace;
