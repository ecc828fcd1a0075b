//! Which one of several is meant by the beginning or the end of its id.

use super::out::harmless;
use crate::error::CliError;

/// Characters that are needed to mean one: with fewer it would be meant by accident.
const LEAST: usize = 4;

/// The id that is meant. `shows` is the command that shows them all.
///
/// # Errors
/// If there is none, or more than one.
pub fn one(ids: impl Iterator<Item = String>, name: &str, shows: &str) -> Result<String, CliError> {
    let wanted = name.to_ascii_uppercase();
    let mut found = ids
        .filter(|id| wanted.len() >= LEAST && (id.starts_with(&wanted) || id.ends_with(&wanted)));
    match (found.next(), found.next()) {
        (Some(one), None) => Ok(one),
        (None, _) => Err(CliError::Failed(format!(
            "there is no {}: `{shows}` shows what there is; {LEAST} characters are the least",
            harmless(name)
        ))),
        _ => Err(CliError::Usage(format!(
            "{} is more than one: give more of the id",
            harmless(name)
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_beginning_or_the_end_is_enough() {
        let ids = || ["01AAAA1111", "01AAAB2222"].map(str::to_owned).into_iter();
        let of = |name| one(ids(), name, "x list");
        assert_eq!(of("01aaab").unwrap(), "01AAAB2222");
        assert_eq!(of("1111").unwrap(), "01AAAA1111");
        assert_eq!(of("01AAA").unwrap_err().exit_code(), 2);
        for nothing in ["", "111", "0000"] {
            assert_eq!(of(nothing).unwrap_err().exit_code(), 1, "{nothing}");
        }
    }
}
