//! The layout of the keyboard, which no window system tells: from where Debian keeps it.

use hackstream_protocol::wire::control::{KeyboardLayout, KeyboardNames};

/// Settings of the console's keyboard, in the form of a shell's.
const FILE: &str = "/etc/default/keyboard";

/// The layout; `None` if the machine does not say, or says what no server would take.
pub(super) fn layout() -> Option<KeyboardLayout> {
    let settings = std::fs::read_to_string(FILE).unwrap_or_default();
    KeyboardLayout::new(names(&settings, |name| std::env::var(name).ok())).ok()
}

/// The names in variables, where the layout is set there, else in `settings`.
fn names(settings: &str, variable: impl Fn(&str) -> Option<String>) -> KeyboardNames {
    let all = |of: &dyn Fn(&str) -> String| KeyboardNames {
        model: of("MODEL"),
        layout: of("LAYOUT"),
        variant: of("VARIANT"),
        options: of("OPTIONS"),
    };
    if variable("XKB_DEFAULT_LAYOUT").is_some() {
        return all(&|what| variable(&format!("XKB_DEFAULT_{what}")).unwrap_or_default());
    }
    all(&|what| {
        let mut lines = settings.lines().filter_map(|line| line.split_once('='));
        let found = lines.find(|(name, _)| name.trim() == format!("XKB{what}"));
        found.map_or_else(String::new, |(_, value)| {
            value.trim().trim_matches('"').to_owned()
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_read_and_variables_come_first() {
        let settings = "# comment\nXKBMODEL=\"pc105\"\nXKBLAYOUT=\"de,us\"\nXKBVARIANT=\"\"\n";
        let found = names(settings, |_| None);
        assert_eq!(
            (found.model.as_str(), found.layout.as_str()),
            ("pc105", "de,us")
        );
        let found = names(settings, |name| {
            (name == "XKB_DEFAULT_LAYOUT").then(|| "fr".to_owned())
        });
        assert_eq!((found.model.as_str(), found.layout.as_str()), ("", "fr"));
        assert_eq!(names("", |_| None), KeyboardNames::default());
    }
}
