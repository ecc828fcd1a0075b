//! Which quality a viewer gets.

use hackstream_protocol::wire::control::Quality;

/// What a viewer gets that wishes for `wish`, where the operator allows no more than `bound`. Each
/// quality may cost more bytes than the one before it: low, auto, high.
#[must_use]
pub const fn granted(wish: Quality, bound: Quality) -> Quality {
    match (wish, bound) {
        (Quality::Low, _) | (_, Quality::Low) => Quality::Low,
        (Quality::Auto, _) | (_, Quality::Auto) => Quality::Auto,
        (Quality::High, Quality::High) => Quality::High,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Quality; 3] = [Quality::Low, Quality::Auto, Quality::High];

    #[test]
    fn the_bound_cuts_wishes_and_never_lifts_them() {
        let under = |bound| ALL.map(|wish| granted(wish, bound));
        assert_eq!(under(Quality::Low), [Quality::Low; 3]);
        assert_eq!(
            under(Quality::Auto),
            [Quality::Low, Quality::Auto, Quality::Auto]
        );
        assert_eq!(under(Quality::High), ALL);
    }
}
