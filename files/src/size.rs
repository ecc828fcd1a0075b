//! Sizes of files, as people write and read them.

use std::fmt;

/// The size that `text` says in bytes: a number, or one that ends in k, M, G or T (thousands,
/// millions and so on). `None` if it says none.
#[must_use]
pub fn parse(text: &str) -> Option<u64> {
    let (digits, factor) = match text.char_indices().next_back()? {
        (end, 'k' | 'K') => (&text[..end], 1e3),
        (end, 'M') => (&text[..end], 1e6),
        (end, 'G') => (&text[..end], 1e9),
        (end, 'T') => (&text[..end], 1e12),
        _ => (text, 1.0),
    };
    // What else Rust takes for a number: signs, exponents, infinities.
    let is_plain = digits.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    let number: f64 = digits.parse().ok().filter(|_| is_plain)?;
    let size = (number * factor).round();
    (size < 1e18).then_some(size as u64)
}

/// A size for people: `2.1 MB`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shown(pub u64);

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const UNITS: [&str; 4] = ["kB", "MB", "GB", "TB"];
        if self.0 < 1000 {
            return write!(f, "{} bytes", self.0);
        }
        let mut value = self.0 as f64 / 1e3;
        let mut unit = 0;
        // What would be rounded to 1000 belongs to the next unit.
        while value >= 999.5 && unit + 1 < UNITS.len() {
            value /= 1e3;
            unit += 1;
        }
        let digits = usize::from(value < 9.95);
        write!(f, "{value:.digits$} {}", UNITS[unit])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read() {
        for (text, size) in [
            ("0", Some(0)),
            ("1500", Some(1500)),
            ("2.5k", Some(2500)),
            ("1G", Some(1_000_000_000)),
            ("3T", Some(3_000_000_000_000)),
            ("", None),
            ("G", None),
            ("-1", None),
            ("1e9", None),
            ("inf", None),
            ("1GB", None),
            ("99999999T", None),
        ] {
            assert_eq!(parse(text), size, "{text}");
        }
    }

    #[test]
    fn sizes_are_shown() {
        for (size, shown) in [
            (0, "0 bytes"),
            (999, "999 bytes"),
            (1000, "1.0 kB"),
            (9_960, "10 kB"),
            (999_499, "999 kB"),
            (999_500, "1.0 MB"),
            (2_140_000, "2.1 MB"),
            (5_000_000_000_000_000, "5000 TB"),
        ] {
            assert_eq!(Shown(size).to_string(), shown);
        }
    }
}
