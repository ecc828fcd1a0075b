//! What is measured in a cell, and the numbers that come out.

mod film;
mod latency;
mod statistics;
mod usage;
mod work;

pub(crate) use film::FilmFigures;
pub(crate) use latency::LatencyFigures;
pub(crate) use statistics::{Summary, percentile};
pub(crate) use usage::Usage;
pub(crate) use work::{Findings, Plan, Work, measure};
