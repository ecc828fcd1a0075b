//! One man page.
//!
//! What the program says after its options is laid out by hand, so it stays as it is; its examples
//! and its exit codes get sections of their own, where readers of man pages look for them.

use std::io::Write as _;

use anyhow::Result;
use clap::Command;
use clap_mangen::Man;

/// Headings in the help that become sections, and what these are called.
const SECTIONS: [(&str, &str); 2] = [("Examples:", "EXAMPLES"), ("Exit codes:", "EXIT STATUS")];

/// The section of all other text.
const NOTES: &str = "NOTES";

/// The page of `command`, called `name`.
pub(crate) fn render(command: &Command, name: &str) -> Result<Vec<u8>> {
    let text = command
        .get_after_long_help()
        .or(command.get_after_help())
        .map(ToString::to_string);
    // Its full name is what it is called in its own page. The library keeps names for ever, or would
    // have all programs of the workspace carry code for those that it does not.
    let named = command.clone().name(name.to_owned().leak() as &'static str);
    let named = named.version(env!("CARGO_PKG_VERSION"));
    let man = Man::new(named).manual("HackStream");
    let mut page = Vec::new();
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    man.render_description_section(&mut page)?;
    man.render_options_section(&mut page)?;
    let has_tasks = command.get_subcommands().any(|task| !task.is_hide_set());
    if has_tasks {
        man.render_subcommands_section(&mut page)?;
    }
    for (section, lines) in sections(&text.unwrap_or_default()) {
        writeln!(page, ".SH {section}\n.nf")?;
        for line in lines {
            writeln!(page, "{}", escaped(line))?;
        }
        writeln!(page, ".fi")?;
    }
    Ok(page)
}

/// The text by sections, those in the order in which they begin.
fn sections(text: &str) -> Vec<(&'static str, Vec<&str>)> {
    let mut sections: Vec<(&str, Vec<&str>)> = Vec::new();
    let mut current = NOTES;
    for line in text.lines() {
        let heading = SECTIONS.iter().find(|(heading, _)| line == *heading);
        if let Some((_, section)) = heading {
            current = section;
            continue;
        }
        // An unindented line after an indented one is not part of the list any more.
        if !line.is_empty() && !line.starts_with(' ') {
            current = NOTES;
        }
        match sections.iter_mut().find(|(name, _)| *name == current) {
            Some((_, lines)) => lines.push(line),
            None if line.is_empty() => {}
            None => sections.push((current, vec![line])),
        }
    }
    for (_, lines) in &mut sections {
        while lines.last().is_some_and(|line| line.is_empty()) {
            lines.pop();
        }
    }
    sections
}

/// The line as roff shows it unchanged.
fn escaped(line: &str) -> String {
    let line = line.replace('\\', "\\e").replace('-', "\\-");
    match line.starts_with(['.', '\'']) {
        true => format!("\\&{line}"),
        false => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn examples_and_exit_codes_have_their_sections() {
        let text = "Examples:\n  a\n\nA note\nof two lines.\n\nExit codes:\n  0  well\n\nEnd";
        let expected = [
            ("EXAMPLES", vec!["  a"]),
            ("NOTES", vec!["A note", "of two lines.", "", "End"]),
            ("EXIT STATUS", vec!["  0  well"]),
        ];
        assert_eq!(sections(text), expected);
        assert!(sections("").is_empty());
    }

    #[test]
    fn nothing_is_taken_for_a_request_of_roff() {
        assert_eq!(escaped(".SH x"), "\\&.SH x");
        assert_eq!(escaped("--a \\"), "\\-\\-a \\e");
    }
}
