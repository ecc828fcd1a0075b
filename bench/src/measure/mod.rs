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
pub(crate) use film::FilmFigures;
pub(crate) use latency::LatencyFigures;
pub(crate) use settling::SettlingFigures;
pub(crate) use statistics::{Summary, percentile};
pub(crate) use usage::Usage;
pub(crate) use work::{Findings, Plan, Work, measure};
