//! Names under which a peer's files may be stored.

use core::fmt;

use crate::limits::MAX_FILE_NAME_BYTES;

/// For a file whose name has nothing that could be kept.
const NAMELESS: &str = "file";

/// An ending is kept when a name is cut, if it is no longer than this with its dot, in bytes.
const LONGEST_ENDING: usize = 20;

/// Characters that some system gives a meaning in names.
const SPECIAL: &[char] = &['<', '>', ':', '"', '|', '?', '*'];

/// The name of a file that may be stored in a folder without doing anything else: it names a place
/// in that folder, is not hidden, looks like what it is, does not begin like an option, and can be
/// stored on Windows as well. At least one byte, at most [`MAX_FILE_NAME_BYTES`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct FileName(String);

impl FileName {
    /// What is left of any name.
    #[must_use]
    pub fn of(name: &str) -> Self {
        let last = name.rsplit(['/', '\\']).find(|part| !part.is_empty());
        let kept: String = last
            .unwrap_or_default()
            .chars()
            .filter(|&c| !is_invisible(c))
            .map(|c| if SPECIAL.contains(&c) { '_' } else { c })
            .collect();
        let kept = kept.trim_start_matches(|c: char| c == '.' || c.is_whitespace());
        let kept = trimmed(kept);
        if kept.is_empty() {
            return Self(NAMELESS.to_owned());
        }
        let cut = joined(kept, "");
        if cut.starts_with('-') || is_device(&cut) {
            return Self(joined(&format!("_{cut}"), ""));
        }
        Self(cut)
    }

    /// The same with a number, for a folder that has a file of this name: `letter (1).txt`. The
    /// name itself for 0.
    #[must_use]
    pub fn numbered(&self, number: u32) -> Self {
        if number == 0 {
            return self.clone();
        }
        Self(joined(&self.0, &format!(" ({number})")))
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for FileName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Windows drops what this takes away, and then means another file.
fn trimmed(name: &str) -> &str {
    name.trim_end_matches(|c: char| c == '.' || c.is_whitespace())
}

/// Characters that are not seen, or change how others are seen: `exe.txt` may be `txt.exe`.
fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}'
            | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// Whether Windows takes it for a device, whatever its ending.
fn is_device(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default();
    let stem = trimmed(stem).to_ascii_uppercase();
    if matches!(
        stem.as_str(),
        "CON" | "PRN" | "AUX" | "NUL" | "CONIN$" | "CONOUT$"
    ) {
        return true;
    }
    let port = stem
        .strip_prefix("COM")
        .or_else(|| stem.strip_prefix("LPT"));
    port.is_some_and(|number| {
        let mut digits = number.chars();
        matches!(
            (digits.next(), digits.next()),
            (Some('0'..='9' | '¹' | '²' | '³'), None)
        )
    })
}

/// The name with `addition` before its ending, cut where it is too long.
fn joined(name: &str, addition: &str) -> String {
    let ending = name
        .rfind('.')
        .filter(|&at| at > 0 && name.len() - at <= LONGEST_ENDING);
    let (stem, ending) = name.split_at(ending.unwrap_or(name.len()));
    let mut room = MAX_FILE_NAME_BYTES.saturating_sub(addition.len() + ending.len());
    while !stem.is_char_boundary(room.min(stem.len())) {
        room -= 1;
    }
    let stem = &stem[..room.min(stem.len())];
    let stem = if ending.is_empty() && addition.is_empty() {
        trimmed(stem)
    } else {
        stem
    };
    format!("{stem}{addition}{ending}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_lead_nowhere_else() {
        for (name, kept) in [
            ("letter.txt", "letter.txt"),
            ("naïve ж 🎉.txt", "naïve ж 🎉.txt"),
            ("../../x", "x"),
            ("/etc/passwd", "passwd"),
            ("C:\\Windows\\x.ini", "x.ini"),
            ("..\\..\\x", "x"),
            ("folder/", "folder"),
            ("..", "file"),
            (".", "file"),
            ("", "file"),
            ("///", "file"),
            (".bashrc", "bashrc"),
            ("...hidden", "hidden"),
            (" . x", "x"),
            ("a\0b\nc\u{1b}[31m", "abc[31m"),
            ("invoice\u{202e}fdp.exe", "invoicefdp.exe"),
            ("a\u{200b}\u{feff}b", "ab"),
            ("\u{2066}\u{2069}", "file"),
            ("con", "_con"),
            ("NUL.txt", "_NUL.txt"),
            ("com7.tar.gz", "_com7.tar.gz"),
            ("LPT²", "_LPT²"),
            ("com10", "com10"),
            ("console", "console"),
            ("name. . ", "name"),
            ("a:b*c?.txt", "a_b_c_.txt"),
            ("-rf", "_-rf"),
        ] {
            assert_eq!(FileName::of(name).as_str(), kept, "{name:?}");
        }
    }

    #[test]
    fn numbers_go_before_the_ending() {
        let numbered = |name: &str| FileName::of(name).numbered(1).0;
        assert_eq!(numbered("letter.txt"), "letter (1).txt");
        assert_eq!(numbered("letter"), "letter (1)");
        let sentence = "it ended. and then something else came";
        assert_eq!(numbered(sentence), format!("{sentence} (1)"));
        assert_eq!(FileName::of("x").numbered(0).as_str(), "x");
    }

    #[test]
    fn long_names_are_cut_and_keep_their_ending() {
        let long = FileName::of(&format!("{}.pdf", "ж".repeat(300)));
        assert!(long.as_str().ends_with("ж.pdf"));
        assert!((250..=255).contains(&long.as_str().len()));
        let numbered = long.numbered(1000);
        assert!(numbered.as_str().ends_with("ж (1000).pdf"));
        assert!((250..=255).contains(&numbered.as_str().len()));
    }

    #[test]
    fn what_is_cut_off_hides_no_device() {
        let spaces = " ".repeat(300);
        for (name, kept) in [
            (format!("con{spaces}x"), "_con".to_owned()),
            (
                format!("nul{spaces}x.txt"),
                format!("_nul{}.txt", &spaces[..247]),
            ),
        ] {
            assert_eq!(FileName::of(&name).as_str(), kept);
            assert_eq!(FileName::of(&kept).as_str(), kept);
        }
    }

    /// Any text, and text made of what has a meaning in names, about as long as a name may be.
    fn names() -> impl Strategy<Value = String> {
        let meant = proptest::sample::select(vec![
            "con", "NUL", "com1", ".txt", ".", "..", "-", "/", "\\", ":", "x", "ж", "\u{200b}",
        ]);
        let spaces = (1..260_usize).prop_map(|count| " ".repeat(count));
        let part = prop_oneof![4 => meant.prop_map(str::to_owned), 1 => spaces];
        let parts = proptest::collection::vec(part, 0..8).prop_map(|parts| parts.concat());
        prop_oneof!["\\PC{0,80}|.{0,400}", parts]
    }

    proptest! {
        #[test]
        fn any_name_becomes_one_that_is_safe(name in names(), number: u32) {
            for name in [FileName::of(&name), FileName::of(&name).numbered(number)] {
                let text = name.as_str();
                prop_assert!(!text.is_empty() && text.len() <= MAX_FILE_NAME_BYTES);
                prop_assert!(!text.starts_with(['.', '-', ' ']));
                prop_assert!(!text.ends_with(['.', ' ']));
                let leads_away = text.contains(['/', '\\', '\0', '\u{202e}']);
                prop_assert!(!leads_away);
                prop_assert!(!text.chars().any(char::is_control));
                prop_assert!(!is_device(text));
            }
            prop_assert_eq!(FileName::of(FileName::of(&name).as_str()), FileName::of(&name));
        }
    }
}
