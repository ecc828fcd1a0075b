//! Spans of time as people write and read them.

use hackstream_control_api::time::Seconds;

/// Reads `90`, `90s`, `30m`, `12h`, `1h30m`, `7d`; `never` is 0.
///
/// # Errors
/// If it is something else.
pub fn parse(text: &str) -> Result<Seconds, String> {
    let wrong = || format!("{text:?} is no span of time: 90s, 30m, 12h, 1h30m and 7d are");
    if text == "never" {
        return Ok(Seconds(0));
    }
    let mut total: u64 = 0;
    let mut rest = text;
    while !rest.is_empty() {
        let end = rest
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(rest.len());
        let number: u64 = rest[..end].parse().map_err(|_| wrong())?;
        let mut unit = rest[end..].chars();
        let factor = match unit.next() {
            None if end == text.len() => 1,
            Some('s') => 1,
            Some('m') => 60,
            Some('h') => 3600,
            Some('d') => 86_400,
            _ => return Err(wrong()),
        };
        let more = number.checked_mul(factor).ok_or_else(wrong)?;
        total = total.checked_add(more).ok_or_else(wrong)?;
        rest = unit.as_str();
    }
    if text.is_empty() {
        return Err(wrong());
    }
    Ok(Seconds(total))
}

/// The two largest units: `3 d 4 h`, `2 h 5 min`, `41 s`.
#[must_use]
pub fn show(span: Seconds) -> String {
    let units = [("d", 86_400), ("h", 3600), ("min", 60), ("s", 1)];
    let mut rest = span.0;
    let mut parts = Vec::new();
    for (name, seconds) in units {
        let count = rest / seconds;
        rest %= seconds;
        if count > 0 {
            parts.push(format!("{count} {name}"));
        } else if !parts.is_empty() {
            break;
        }
        if parts.len() == 2 {
            break;
        }
    }
    match parts.is_empty() {
        true => "0 s".to_owned(),
        false => parts.join(" "),
    }
}

/// A timer of a session: 0 is never.
#[must_use]
pub fn show_timer(span: Seconds) -> String {
    match span.0 {
        0 => "never".to_owned(),
        _ => show(span),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_read_as_people_write_them() {
        for (text, seconds) in [
            ("90", 90),
            ("30m", 1800),
            ("1h30m", 5400),
            ("7d", 604_800),
            ("never", 0),
            ("0", 0),
        ] {
            assert_eq!(parse(text), Ok(Seconds(seconds)), "{text}");
        }
        for wrong in [
            "",
            "m",
            "1x",
            "1h30",
            "-5m",
            "1.5h",
            "99999999999999999999d",
            "1 h",
            "300000000000000d",
        ] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn two_units_are_enough() {
        let show = |seconds| show(Seconds(seconds));
        assert_eq!(show(0), "0 s");
        assert_eq!(show(41), "41 s");
        assert_eq!(show(7500), "2 h 5 min");
        assert_eq!(show(86_400 + 59), "1 d");
        assert_eq!(show_timer(Seconds(0)), "never");
    }
}
