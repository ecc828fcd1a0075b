//! The addresses that were opened last, on this machine only.

use std::path::Path;

use crate::config::private_file::{self, Lock};
use crate::error::CliError;

/// So many are remembered.
const MOST: usize = 10;

/// The addresses, the last one first.
///
/// # Errors
/// If the file cannot be read.
pub fn load(path: &Path) -> Result<Vec<String>, CliError> {
    let text = private_file::read(path)?.unwrap_or_default();
    // Nothing is lost with a damaged one.
    Ok(serde_json::from_str(&text).unwrap_or_default())
}

/// Puts one in front.
///
/// # Errors
/// If the file cannot be read or written.
pub fn add(path: &Path, url: &str) -> Result<(), CliError> {
    let _lock = Lock::of(path)?;
    let before = load(path)?;
    let text = serde_json::to_string_pretty(&with(before, url));
    private_file::write(path, &text.unwrap_or_default())
}

fn with(mut urls: Vec<String>, url: &str) -> Vec<String> {
    urls.retain(|known| known != url);
    urls.insert(0, url.to_owned());
    urls.truncate(MOST);
    urls
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_ten_are_remembered_each_once() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("state/recent.json");
        for number in (0..12).chain([5]) {
            add(&path, &format!("https://{number}.example")).unwrap();
        }
        let urls = load(&path).unwrap();
        assert_eq!(urls.len(), MOST);
        assert_eq!(urls[..2], ["https://5.example", "https://11.example"]);
        assert_eq!(urls.last().map(String::as_str), Some("https://2.example"));
    }
}
