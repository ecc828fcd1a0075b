//! Lists that come in pages.

use hackstream_control_api::limits::MAX_PAGE;
use serde::de::DeserializeOwned;

use super::request::Request;
use crate::error::CliError;
use crate::hub::Hub;

/// Pages that are asked for, at most: a hub that never ends a list is not taken seriously.
const MOST_PAGES: usize = 10_000;

/// Goes through a list whose first page starts behind `cursor`, until `row` says that it is enough.
///
/// # Errors
/// Those of asking.
pub fn each<T: DeserializeOwned>(
    hub: &Hub<'_>,
    path: &str,
    cursor: Option<String>,
    mut row: impl FnMut(T) -> Go,
) -> Result<(), CliError> {
    let mut next = Some(match cursor {
        Some(cursor) => format!("{path}?limit={MAX_PAGE}&cursor={cursor}"),
        None => format!("{path}?limit={MAX_PAGE}"),
    });
    for _ in 0..MOST_PAGES {
        let Some(path) = next.take() else {
            break;
        };
        let answer = hub.send(&Request::get(path))?;
        let link = answer
            .headers()
            .get("link")
            .and_then(|link| link.to_str().ok());
        next = link.and_then(next_of).map(str::to_owned);
        for item in hub.api().understand::<Vec<T>>(answer)? {
            if row(item) == Go::Enough {
                return Ok(());
            }
        }
    }
    Ok(())
}

/// A whole list.
///
/// # Errors
/// Those of asking.
pub fn all<T: DeserializeOwned>(hub: &Hub<'_>, path: &str) -> Result<Vec<T>, CliError> {
    let mut rows = Vec::new();
    each(hub, path, None, |row| {
        rows.push(row);
        Go::On
    })?;
    Ok(rows)
}

/// Whether to go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Go {
    /// Give me the next one.
    On,
    /// No more.
    Enough,
}

/// The path of the next page in a header `Link`. Only a path of the same hub: a token goes with it.
fn next_of(link: &str) -> Option<&str> {
    let links = link.split(',').map(str::trim);
    let mut next = links.filter_map(|link| {
        let (target, parameters) = link.strip_prefix('<')?.split_once('>')?;
        let is_next = parameters
            .split(';')
            .any(|one| one.trim() == "rel=\"next\"");
        (is_next && target.starts_with("/v1/")).then_some(target)
    });
    next.next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_page_is_found_and_only_here() {
        let path = "/v1/users?limit=2&cursor=01A";
        assert_eq!(next_of(&format!("<{path}>; rel=\"next\"")), Some(path));
        assert_eq!(
            next_of(&format!("</v1/x>; rel=\"prev\", <{path}>; rel=\"next\"")),
            Some(path)
        );
        for none in [
            "",
            "<",
            "</v1/x>",
            "<https://evil.example/v1/x>; rel=\"next\"",
            "<//evil>; rel=\"next\"",
        ] {
            assert_eq!(next_of(none), None, "{none}");
        }
    }
}
