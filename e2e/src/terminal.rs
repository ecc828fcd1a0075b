//! Programs in a terminal.

use std::path::PathBuf;

use crate::folder::Folder;

/// A file that a program in a session shows as it grows, without anyone typing.
pub struct Board(PathBuf);

impl Board {
    /// An empty one in `folder`.
    ///
    /// # Panics
    /// If it cannot be written.
    #[must_use]
    pub fn new(folder: &Folder) -> Self {
        let path = folder.path("board");
        std::fs::write(&path, "ready to be written on\n").expect("a file");
        Self(path)
    }

    /// The command of a session that shows it.
    ///
    /// # Panics
    /// Never.
    #[must_use]
    pub fn command(&self) -> Vec<String> {
        let path = self.0.to_str().expect("UTF-8").to_owned();
        let mut words = terminal(&["tail", "-n", "+1", "-f"]);
        words.push(path);
        words
    }

    /// Writes on it.
    ///
    /// # Panics
    /// If it cannot be written.
    pub fn write(&self, text: &str) {
        use std::io::Write;
        let mut file = std::fs::OpenOptions::new()
            .append(true)
            .open(&self.0)
            .expect("the board");
        file.write_all(text.as_bytes()).expect("the board");
    }

    /// Writes many different lines on it.
    ///
    /// # Panics
    /// If it cannot be written.
    pub fn fill(&self, seed: u32, lines: u32) {
        let mut text = String::new();
        for line in 0..lines {
            let words = (0..9u32).map(|word| {
                let number = (seed + line * 9 + word).wrapping_mul(2_654_435_761);
                format!("{number:08x}")
            });
            text.push_str(&words.collect::<Vec<_>>().join(" "));
            text.push('\n');
        }
        self.write(&text);
    }
}

/// An xterm with antialiased letters that runs a command.
#[must_use]
pub fn terminal(command: &[&str]) -> Vec<String> {
    let xterm = [
        "xterm",
        "-fa",
        "DejaVu Sans Mono",
        "-fs",
        "11",
        "-sl",
        "2000",
        "-e",
    ];
    let words = xterm.iter().chain(command);
    words.map(|word| (*word).to_owned()).collect()
}
