//! Firefox with local pages, filling the screen.

use std::ffi::OsString;
use std::path::Path;

use anyhow::{Context, Result};

use super::pictures;

pub(super) const PROGRAM: &str = "firefox-esr";

/// Where the pages show the sign.
pub(super) const SIGN_AT: u32 = 4;

/// The demo's preferences, and no caret that blinks and no scroll bar that fades by itself: the
/// last change is to be the scroll's. It glides whatever the session says, with each peer.
const PREFERENCES: &str = concat!(
    include_str!("../../../docs/demo/user.js"),
    "user_pref(\"ui.caretBlinkTime\", 0);\n",
    "user_pref(\"general.smoothScroll\", true);\n",
    "user_pref(\"ui.prefersReducedMotion\", 0);\n",
    "user_pref(\"widget.gtk.overlay-scrollbars.enabled\", false);\n",
);

/// A page of the bench.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Page {
    Text,
    Pictures,
    Article,
    Canvas,
}

impl Page {
    const fn name(self) -> &'static str {
        match self {
            Self::Text => "text.html",
            Self::Pictures => "pictures.html",
            Self::Article => "article.html",
            Self::Canvas => "canvas.html",
        }
    }

    const fn content(self) -> &'static str {
        match self {
            Self::Text => include_str!("pages/text.html"),
            Self::Pictures => include_str!("pages/pictures.html"),
            Self::Article => include_str!("pages/article.html"),
            Self::Canvas => include_str!("pages/canvas.html"),
        }
    }

    const fn shows_pictures(self) -> bool {
        matches!(self, Self::Pictures | Self::Article)
    }
}

/// Makes profile and pages in `folder`; the command that shows each page in a tab of its own.
pub(super) fn prepare(folder: &Path, seed: u64, pages: &[Page]) -> Result<Vec<OsString>> {
    let (profile, site) = (folder.join("profile"), folder.join("site"));
    for made in [&profile, &site] {
        std::fs::create_dir_all(made)
            .with_context(|| format!("cannot create {}", made.display()))?;
    }
    std::fs::write(profile.join("user.js"), PREFERENCES)?;
    std::fs::write(site.join("common.js"), include_str!("pages/common.js"))?;
    std::fs::write(site.join("common.css"), include_str!("pages/common.css"))?;
    let mut command = vec![
        PROGRAM.into(),
        "--no-remote".into(),
        "--new-instance".into(),
    ];
    command.extend([
        "--profile".into(),
        profile.into_os_string(),
        "--kiosk".into(),
    ]);
    for page in pages {
        let file = site.join(page.name());
        std::fs::write(&file, page.content())?;
        command.push(OsString::from(format!(
            "file://{}?seed={seed}",
            file.display()
        )));
    }
    if pages.iter().any(|page| page.shows_pictures()) {
        pictures::write(&site, seed)?;
    }
    Ok(command)
}
