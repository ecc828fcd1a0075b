//! The markup that bodies of notifications may have, after the specification of desktop notifications.

/// The tags that there are; everything else that begins with `<` is text.
const TAGS: [&str; 6] = ["b", "i", "u", "a", "img", "br"];

/// Characters that are written as entities.
const ENTITIES: [(&str, char); 6] = [
    ("&lt;", '<'),
    ("&gt;", '>'),
    ("&amp;", '&'),
    ("&quot;", '"'),
    ("&apos;", '\''),
    ("&#39;", '\''),
];

/// The text of a body: its tags left out, its entities read.
#[must_use]
pub fn without_markup(body: &str) -> String {
    let mut text = String::with_capacity(body.len());
    let mut rest = body;
    while let Some(at) = rest.find(['<', '&']) {
        let (before, special) = rest.split_at(at);
        text.push_str(before);
        rest = if let Some((name, after)) = tag(special) {
            if name == "br" {
                text.push('\n');
            }
            after
        } else if let Some((letter, after)) = entity(special) {
            text.push(letter);
            after
        } else {
            let (letter, after) = special.split_at(1);
            text.push_str(letter);
            after
        };
    }
    text.push_str(rest);
    text
}

/// The name of the tag that the text begins with, and what is after the tag.
fn tag(text: &str) -> Option<(&'static str, &str)> {
    let inner = text.strip_prefix('<')?;
    let inner = inner.strip_prefix('/').unwrap_or(inner);
    let name = TAGS.into_iter().find(|name| {
        let after = inner.get(name.len()..).unwrap_or_default();
        let named = inner.get(..name.len());
        named.is_some_and(|named| named.eq_ignore_ascii_case(name))
            && after.starts_with(|c: char| c == '>' || c == '/' || c.is_ascii_whitespace())
    })?;
    let (_, after) = inner.split_once('>')?;
    Some((name, after))
}

fn entity(text: &str) -> Option<(char, &str)> {
    ENTITIES
        .into_iter()
        .find_map(|(entity, letter)| Some((letter, text.strip_prefix(entity)?)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn tags_are_left_out_and_entities_are_read_once() {
        let marked =
            "<b>Ada</b>: <a href=\"https://x/?a>b\">1 &lt; 2</a><br/>&amp;lt; <IMG src='x'/>";
        assert_eq!(without_markup(marked), "Ada: b\">1 < 2\n&lt; ");
        assert_eq!(without_markup("a < b && c <d> <3"), "a < b && c <d> <3");
        assert_eq!(without_markup("<b unfinished"), "<b unfinished");
        assert_eq!(without_markup("<big>é</i>"), "<big>é");
    }

    proptest! {
        #[test]
        fn it_never_grows(body in "(<|>|&|;|b|/|lt|é| ){0,40}") {
            prop_assert!(without_markup(&body).len() <= body.len());
        }
    }
}
