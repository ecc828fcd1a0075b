//! Text of a program's that is shown outside its own window.

/// How many lines a text may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lines {
    /// One: breaks become spaces.
    One,
    /// As many as it has, but no empty ones.
    Many,
}

/// The text without what could make it look like something else: control characters, marks that turn
/// the direction of text, white space that only moves it. At most `max` bytes; three dots stand for
/// what is cut off.
#[must_use]
pub fn harmless(text: &str, lines: Lines, max: usize) -> String {
    let breaks = |letter: char| lines == Lines::Many && matches!(letter, '\n' | '\u{2028}');
    let kept = text.split(breaks).map(one_line);
    let kept: Vec<String> = kept.filter(|line| !line.is_empty()).collect();
    cut(kept.join("\n"), max)
}

fn one_line(line: &str) -> String {
    let words = line
        .split(|letter: char| letter.is_whitespace() || letter.is_control())
        .map(|word| word.chars().filter(|&letter| !turns_direction(letter)));
    let words = words.map(Iterator::collect::<String>);
    let words: Vec<String> = words.filter(|word| !word.is_empty()).collect();
    words.join(" ")
}

/// Unicode's marks, embeddings, overrides and isolates.
const fn turns_direction(letter: char) -> bool {
    matches!(
        letter,
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
    )
}

fn cut(mut text: String, max: usize) -> String {
    const DOTS: &str = "…";
    if text.len() > max {
        let mut end = max.saturating_sub(DOTS.len());
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        text.truncate(end);
        if end + DOTS.len() <= max {
            text.push_str(DOTS);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn nothing_is_left_that_moves_or_hides_text() {
        let evil = "a\u{202e}b\u{7}\u{1b}[31m\r\n\n\t c\u{2028}d";
        assert_eq!(harmless(evil, Lines::One, 100), "ab [31m c d");
        assert_eq!(harmless(evil, Lines::Many, 100), "ab [31m\nc\nd");
        assert_eq!(harmless("日本 é 👩‍👩‍👧", Lines::One, 100), "日本 é 👩‍👩‍👧");
        assert_eq!(harmless(" \u{2066}\n ", Lines::Many, 100), "");
    }

    #[test]
    fn what_is_too_long_is_cut_between_letters() {
        assert_eq!(harmless("éééé", Lines::One, 8), "éééé");
        assert_eq!(harmless("ééééé", Lines::One, 8), "éé…");
        assert_eq!(harmless("abc", Lines::One, 2), "");
    }

    proptest! {
        #[test]
        fn it_is_harmless_and_short_and_stays_as_it_is(text: String, max in 0_usize..50) {
            let once = harmless(&text, Lines::Many, max);
            prop_assert!(once.len() <= max);
            prop_assert!(once.chars().all(|c| c == '\n' || !(c.is_control() || turns_direction(c))));
            prop_assert_eq!(harmless(&once, Lines::Many, max), once.clone());
            prop_assert!(!harmless(&text, Lines::One, max).contains('\n'));
        }
    }
}
