//! What a command says: what it was asked for on standard output, everything else beside it.

use std::io::{self, Write as _};

use serde::Serialize;

use crate::error::CliError;

/// What the command was asked for.
///
/// # Errors
/// If nobody reads it.
pub fn print(text: &str) -> Result<(), CliError> {
    Ok(writeln!(io::stdout(), "{text}")?)
}

/// The same for programs: one JSON text.
///
/// # Errors
/// If nobody reads it.
pub fn print_json(value: &impl Serialize) -> Result<(), CliError> {
    let text = serde_json::to_string_pretty(value);
    print(&text.map_err(|error| CliError::Failed(error.to_string()))?)
}

/// Something beside it, on standard error.
///
/// # Errors
/// If nobody reads it.
pub fn tell(text: &str) -> Result<(), CliError> {
    Ok(writeln!(io::stderr(), "{text}")?)
}

/// A text of somebody else, without what could move the cursor or change colours.
#[must_use]
pub fn harmless(text: &str) -> String {
    let shown = |c: char| if c.is_control() { '\u{fffd}' } else { c };
    text.chars().map(shown).collect()
}
