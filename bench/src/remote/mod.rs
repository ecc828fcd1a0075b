//! HackStream between two machines: `serve` on one shows the stimulus, `measure` on the other
//! plays the person.
//!
//! Nothing here needs root or clocks that agree: times are taken on the viewer's machine only, and
//! what happened elsewhere is told by the viewer (`hackstream-view --stats-json`).

mod arguments;
mod failure;
mod json;
mod measure;
mod outcome;
mod seat;
mod serve;
mod session;
mod table;
mod viewer;
mod window;

pub(crate) use arguments::{MeasureArguments, ServeArguments};
pub(crate) use failure::EXIT_CODES;
pub(crate) use measure::run as measure;
pub(crate) use serve::{HELP as SERVE_HELP, run as serve};
