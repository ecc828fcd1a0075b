//! The machine's clock, where it is read.

use std::time::{SystemTime, UNIX_EPOCH};

use hackstream_control_api::time::UnixMillis;

/// The time now. A clock that stands before 1970 says 1970.
#[must_use]
pub fn now() -> UnixMillis {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    UnixMillis(since.map_or(0, |since| since.as_millis() as u64))
}
