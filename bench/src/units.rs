//! Amounts as people read them.

/// Bytes in decimal units; one digit after the point where the number is small.
pub(crate) fn bytes_text(bytes: f64) -> String {
    match bytes {
        small if small < 1000.0 => format!("{small:.0} B"),
        medium if medium < 1e6 => format!("{} KB", short(medium / 1e3)),
        large => format!("{} MB", short(large / 1e6)),
    }
}

fn short(number: f64) -> String {
    if number >= 100.0 {
        return format!("{number:.0}");
    }
    let text = format!("{number:.1}");
    text.strip_suffix(".0").map_or(text.clone(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_read_well() {
        assert_eq!(bytes_text(360.0), "360 B");
        assert_eq!(bytes_text(54_900.0), "54.9 KB");
        assert_eq!(bytes_text(1_200_000.0), "1.2 MB");
        assert_eq!(bytes_text(10_000.0), "10 KB");
        assert_eq!(bytes_text(406_400.0), "406 KB");
    }
}
