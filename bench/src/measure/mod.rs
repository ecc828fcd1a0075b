//! What is measured in a cell, and the numbers that come out.

mod choice;
mod film;
mod latency;
mod likeness;
mod settling;
mod statistics;
mod usage;
mod work;

pub(crate) use choice::WorkChoice;
pub(crate) use film::{FilmFigures, start_film};
pub(crate) use latency::{LatencyFigures, Subject, act_repeatedly, random_pause};
pub(crate) use settling::SettlingFigures;
pub(crate) use statistics::{Summary, percentile};
pub(crate) use usage::Usage;
pub(crate) use work::{Deed, Findings, Plan, WARM_UP, Work, measure};
