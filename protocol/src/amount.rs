//! Amounts as people write them: 800k, 2.5M, 1G.

/// The largest amount that anybody means.
const MOST: f64 = 1e15;

/// The amount that `text` says, in thousands, millions or billions where it ends in k, M or G.
/// `None` if it says none, or one below `least`.
#[must_use]
pub fn parse(text: &str, least: u64) -> Option<u64> {
    let (digits, factor) = match text.char_indices().next_back()? {
        (end, 'k' | 'K') => (&text[..end], 1e3),
        (end, 'M') => (&text[..end], 1e6),
        (end, 'G') => (&text[..end], 1e9),
        _ => (text, 1.0),
    };
    // What else Rust takes for a number: signs, exponents, infinities.
    let plain = digits.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    let amount: f64 = digits.parse().ok().filter(|_| plain)?;
    let amount = (amount * factor).round();
    (amount >= least as f64 && amount <= MOST).then_some(amount as u64)
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn units_and_bounds() {
        for (text, amount) in [
            ("5M", Some(5_000_000)),
            ("0.8M", Some(800_000)),
            ("100k", Some(100_000)),
            ("100000", Some(100_000)),
            ("99999", None),
            ("+5M", None),
            ("5m", None),
            ("M", None),
            ("5Mb", None),
            ("9999999G", None),
        ] {
            assert_eq!(parse(text, 100_000), amount, "{text}");
        }
    }
}
