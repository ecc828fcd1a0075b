//! xterm, flooded by a program's output.

use std::ffi::OsString;
use std::path::Path;

use anyhow::Result;

use crate::random::Random;

pub(super) const PROGRAM: &str = "xterm";

/// A place inside the two green cells at the start of the first line.
pub(super) const SIGN_AT: u32 = 8;

const LINES: u32 = 2_000;
const LONGEST_LINE: u32 = 140;

/// Shows the sign, then prints the file for each line typed.
const SCRIPT: &str = "printf '\\033[42m  \\033[0m\\n'; while read -r _; do cat \"$0\"; done";

/// Makes the file in `folder`; the command that prints it on demand.
pub(super) fn prepare(folder: &Path, seed: u64) -> Result<Vec<OsString>> {
    let file = folder.join("flood.txt");
    std::fs::write(&file, flood(Random::new(seed)))?;
    let words = [
        PROGRAM,
        "-maximized",
        "-fa",
        "DejaVu Sans Mono",
        "-fs",
        "11",
    ];
    let mut command: Vec<OsString> = words.map(OsString::from).to_vec();
    let green = format!("xterm*color2: #{:06x}", super::SIGN);
    let words = ["-xrm", &green, "-xrm", "xterm*cursorBlink: false"];
    command.extend(words.map(OsString::from));
    command.extend(["-e", "sh", "-c", SCRIPT].map(OsString::from));
    command.push(file.into_os_string());
    Ok(command)
}

/// Lines as a build prints them: words, paths and numbers of very different lengths.
fn flood(mut random: Random) -> String {
    const WORDS: [&str; 8] = [
        "Compiling",
        "warning:",
        "src/main.c",
        "ok",
        "linking",
        "0x7f3a",
        "--release",
        "note",
    ];
    let mut text = String::new();
    for line in 0..LINES {
        let start = text.len();
        let length = 10 + random.below(LONGEST_LINE - 30) as usize;
        text.push_str(&format!("{line:5} "));
        while text.len() - start < length {
            text.push_str(WORDS[random.below(WORDS.len() as u32) as usize]);
            text.push_str(&format!(" {} ", random.below(10_000)));
        }
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_flood_is_long_and_the_same_for_a_seed() {
        let text = flood(Random::new(3));
        assert_eq!(text.lines().count(), LINES as usize);
        assert!(text.lines().all(|line| line.len() < LONGEST_LINE as usize));
        assert_eq!(text, flood(Random::new(3)));
        assert_ne!(text, flood(Random::new(4)));
    }
}
