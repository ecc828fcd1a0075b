//! The program that the demo shows when none is named: Firefox with a page of ours.

use std::path::Path;

use anyhow::{Context, Result};

use crate::command;

/// No questions, no reports, no updates: the page is the first and only thing to see.
const PREFERENCES: &str = include_str!("../../docs/demo/user.js");

/// The command line of a browser that shows the welcome page, its profile inside `folder`; of a
/// terminal where Firefox is not installed.
pub(crate) fn prepare(folder: &Path) -> Result<Vec<String>> {
    if !command::is_there("firefox-esr", "--version")? {
        eprintln!("There is no firefox-esr here; showing xterm instead.");
        return Ok(vec!["xterm".to_owned()]);
    }
    let profile = folder.join("profile");
    std::fs::create_dir(&profile).context("cannot create a browser profile")?;
    std::fs::write(profile.join("user.js"), PREFERENCES).context("cannot write user.js")?;
    let page = command::root()?.join("docs/demo/welcome.html");
    Ok(vec![
        "firefox-esr".to_owned(),
        "--no-remote".to_owned(),
        "--new-instance".to_owned(),
        "--profile".to_owned(),
        text(&profile)?,
        format!("file://{}", text(&page)?),
    ])
}

fn text(path: &Path) -> Result<String> {
    let text = path
        .to_str()
        .with_context(|| format!("{} is not UTF-8", path.display()))?;
    Ok(text.to_owned())
}
