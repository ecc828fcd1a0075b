//! Amounts of memory and of processors as people write and read them.

/// Reads `512M`, `4G`, `2048` (bytes); units are powers of 1024.
///
/// # Errors
/// If it is something else.
pub fn parse_bytes(text: &str) -> Result<u64, String> {
    let wrong = || format!("{text:?} is no amount of memory: 512M and 4G are");
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let shift = match text[digits.len()..].to_ascii_uppercase().as_str() {
        "" | "B" => 0,
        "K" | "KIB" => 10,
        "M" | "MIB" => 20,
        "G" | "GIB" => 30,
        "T" | "TIB" => 40,
        _ => return Err(wrong()),
    };
    let number: u64 = digits.parse().map_err(|_| wrong())?;
    number.checked_mul(1 << shift).ok_or_else(wrong)
}

/// In the largest unit of which there is one, with a tenth where it says something.
#[must_use]
pub fn show_bytes(bytes: u64) -> String {
    let units = [("TiB", 40), ("GiB", 30), ("MiB", 20), ("KiB", 10)];
    let Some((name, shift)) = units.into_iter().find(|(_, shift)| bytes >> shift > 0) else {
        return format!("{bytes} B");
    };
    let tenths = ((bytes >> (shift - 10)) * 10) >> 10;
    match tenths % 10 {
        0 => format!("{} {name}", tenths / 10),
        tenth => format!("{}.{tenth} {name}", tenths / 10),
    }
}

/// Reads `2` or `0.5`: processors, as thousandths of one.
///
/// # Errors
/// If it is something else.
pub fn parse_cpus(text: &str) -> Result<u64, String> {
    let number: f64 = text.parse().unwrap_or(f64::NAN);
    if (0.0..=10_000.0).contains(&number) {
        return Ok((number * 1000.0).round() as u64);
    }
    Err(format!(
        "{text:?} is no number of processors: 2 and 0.5 are"
    ))
}

/// Thousandths of a processor.
#[must_use]
pub fn show_cpus(millis: u64) -> String {
    match millis % 1000 {
        0 => format!("{}", millis / 1000),
        _ => format!("{:.2}", millis as f64 / 1000.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_and_processors_are_read_and_shown() {
        assert_eq!(parse_bytes("4G"), Ok(4 << 30));
        assert_eq!(parse_bytes("512MiB"), Ok(512 << 20));
        assert_eq!(parse_bytes("7"), Ok(7));
        for wrong in ["", "G", "4X", "-1", "1.5G", "99999999999999T"] {
            assert!(parse_bytes(wrong).is_err(), "{wrong}");
        }
        assert_eq!(show_bytes(4 << 30), "4 GiB");
        assert_eq!(show_bytes(1536 << 20), "1.5 GiB");
        assert_eq!(show_bytes(7), "7 B");
        assert_eq!((parse_cpus("0.5"), parse_cpus("2")), (Ok(500), Ok(2000)));
        assert!(parse_cpus("-1").is_err() && parse_cpus("many").is_err());
        assert_eq!(
            (show_cpus(500), show_cpus(2000)),
            ("0.50".to_owned(), "2".to_owned())
        );
    }
}
