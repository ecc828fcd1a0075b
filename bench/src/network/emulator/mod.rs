//! A long or poor link in this process: packets are read from a TUN device in one namespace, held
//! back or dropped as the link would, and written to a TUN device in the other.

mod conditions;
mod direction;
mod forward;
mod in_flight;
mod loss;
mod raw;
mod sending;
mod tally;
mod tun;

pub(super) use conditions::{
    BAD, Conditions, DSL, LOSSY, LTE, LTE_TRACE, THIN, TRANSATLANTIC, WIFI,
};
pub(super) use forward::Emulator;
pub(crate) use tally::{Losses, OneWayLosses};
pub(super) use tun::Tun;
