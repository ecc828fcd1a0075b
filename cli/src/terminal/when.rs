//! Points in time for people and for sorting: `2026-11-23 03:51:32Z`.

use hackstream_control_api::time::{Seconds, UnixMillis};

use super::span;

const DAY: u64 = 86_400;

/// In UTC, to the second.
#[must_use]
pub fn show(time: UnixMillis) -> String {
    let seconds = time.0 / 1000;
    let (year, month, day) = date(seconds / DAY);
    let (hour, minute, second) = (seconds % DAY / 3600, seconds % 3600 / 60, seconds % 60);
    format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}Z")
}

/// How long ago; a time to come counts as now, since clocks differ.
#[must_use]
pub fn ago(time: UnixMillis, now: UnixMillis) -> String {
    span::show(Seconds(now.millis_since(time) / 1000))
}

/// Year, month and day of a day after 1970-01-01.
///
/// Years begin in March, so that the day that is sometimes there is their last: Hinnant's
/// [`civil_from_days`](https://howardhinnant.github.io/date_algorithms.html#civil_from_days).
const fn date(day: u64) -> (u64, u64, u64) {
    let since_0000_03_01 = day + 719_468;
    let era = since_0000_03_01 / 146_097;
    let day_of_era = since_0000_03_01 % 146_097;
    let leaps = day_of_era / 1460 - day_of_era / 36_524 + day_of_era / 146_096;
    let year_of_era = (day_of_era - leaps) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let (month, next) = if month < 10 {
        (month + 3, 0)
    } else {
        (month - 9, 1)
    };
    (year_of_era + era * 400 + next, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_those_of_the_calendar() {
        for (seconds, text) in [
            (0, "1970-01-01 00:00:00Z"),
            (951_782_400, "2000-02-29 00:00:00Z"),
            (951_868_799, "2000-02-29 23:59:59Z"),
            (1_795_405_892, "2026-11-23 03:51:32Z"),
            (4_107_542_400, "2100-03-01 00:00:00Z"),
        ] {
            assert_eq!(show(UnixMillis(seconds * 1000)), text);
        }
        assert_eq!(ago(UnixMillis(5000), UnixMillis(1000)), "0 s");
    }
}
