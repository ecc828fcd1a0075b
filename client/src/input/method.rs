//! Input methods: programs that make characters of several keys.

/// Whether the person uses one. Without one the window system's is no more than a detour for each
/// key. On Wayland it costs nothing to ask.
pub(crate) fn has_input_method() -> bool {
    let named = std::env::var("XMODIFIERS").unwrap_or_default();
    std::env::var_os("WAYLAND_DISPLAY").is_some() || names_one(&named)
}

/// Whether the modifiers of X name one, such as `@im=ibus`.
fn names_one(modifiers: &str) -> bool {
    let mut parts = modifiers.split('@');
    let method = parts.find_map(|part| part.strip_prefix("im="));
    method.is_some_and(|method| !["", "none", "local"].contains(&method))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modifiers_name_a_method_or_none() {
        for (modifiers, named) in [
            ("", false),
            ("@im=ibus", true),
            ("@im=none", false),
            ("@im=", false),
            ("@x=y@im=fcitx", true),
        ] {
            assert_eq!(names_one(modifiers), named, "{modifiers}");
        }
    }
}
