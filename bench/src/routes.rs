//! Which of the links that were asked for this machine can make.

use anyhow::Result;

use crate::interrupt::Interrupt;
use crate::network::{Link, Network, notes};
use crate::report::{LinkFacts, progress, wrapped};

/// A link to measure on.
#[derive(Debug, Clone)]
pub(crate) struct Route {
    pub(crate) link: Link,
    /// Why there is none.
    pub(crate) barrier: Option<String>,
}

impl Route {
    const fn open(link: Link) -> Self {
        let barrier = None;
        Self { link, barrier }
    }
}

/// The links that were asked for. Without a wish it is the plain link, or loopback where that
/// cannot be made.
pub(crate) fn find(asked: Option<&[Link]>) -> Vec<Route> {
    match asked {
        Some(links) => links.iter().map(|link| explore(*link)).collect(),
        None => vec![default_route()],
    }
}

/// A link that cannot be made has a barrier that says what to do.
fn explore(link: Link) -> Route {
    let barrier = try_once(link).map(|reason| {
        let loopback = Link::Loopback.name();
        format!("{reason}; run as root, or measure over --links {loopback}")
    });
    Route { link, barrier }
}

fn default_route() -> Route {
    let (wanted, instead) = (Link::Lan, Link::Loopback);
    let Some(reason) = try_once(wanted) else {
        return Route::open(wanted);
    };
    let line = format!(
        "{reason}: measuring over {}, not {}",
        instead.name(),
        wanted.name()
    );
    progress(&wrapped(&line, "    "));
    Route::open(instead)
}

/// Why the link cannot be made.
fn try_once(link: Link) -> Option<String> {
    // What such a link loses, and when, does not matter.
    let error = Network::create(link, 0).err()?;
    Some(format!("{error:#}"))
}

/// What there is to know of the links, told to the person at the terminal as well.
pub(crate) fn describe(routes: &[Route], interrupt: &Interrupt) -> Result<Vec<LinkFacts>> {
    let mut facts = Vec::new();
    for Route { link, barrier } in routes {
        let line = format!("link {}: {}", link.name(), link.figures());
        progress(&wrapped(&line, "    "));
        let notes = match barrier {
            None => notes(*link, interrupt)?,
            Some(_) => Vec::new(),
        };
        for note in &notes {
            progress(&format!("  * {}", wrapped(note, "    ")));
        }
        facts.push(LinkFacts {
            name: link.name(),
            figures: link.figures(),
            notes,
        });
    }
    Ok(facts)
}
