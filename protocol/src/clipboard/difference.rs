//! A text relative to an earlier one.

use crate::wire::clipboard::Start;

/// What of `base` the beginning and the end of `text` can be made from. The bytes between them,
/// `text[prefix..text.len() - suffix]`, have to be sent.
#[must_use]
pub fn difference(base: &[u8], text: &[u8]) -> Start {
    let same = |(a, b): &(&u8, &u8)| a == b;
    let prefix = base.iter().zip(text).take_while(same).count();
    let (base, text) = (&base[prefix..], &text[prefix..]);
    let pairs = base.iter().rev().zip(text.iter().rev());
    let suffix = pairs.take_while(same).count();
    Start { prefix, suffix }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn rebuilt(base: &[u8], text: &[u8]) -> (Vec<u8>, usize) {
        let Start { prefix, suffix } = difference(base, text);
        let middle = &text[prefix..text.len() - suffix];
        let end = &base[base.len() - suffix..];
        ([&base[..prefix], middle, end].concat(), middle.len())
    }

    #[test]
    fn a_changed_word_is_all_that_is_sent() {
        let text = |word: &str| format!("{}{word}{}", "a".repeat(5000), "b".repeat(5000));
        let (old, new) = (text("one"), text("two"));
        assert_eq!(
            rebuilt(old.as_bytes(), new.as_bytes()),
            (new.into_bytes(), 3)
        );
        assert_eq!(rebuilt(b"abab", b"ab"), (b"ab".to_vec(), 0));
    }

    proptest! {
        #[test]
        fn the_text_is_rebuilt(
            base in prop::collection::vec(0..3u8, 0..20),
            text in prop::collection::vec(0..3u8, 0..20),
        ) {
            prop_assert_eq!(rebuilt(&base, &text).0, text);
        }
    }
}
