//! The program that the demo shows when none is named: Firefox with a page of ours.

use std::path::Path;

use anyhow::{Context, Result};

use crate::command;

/// No questions, no reports, no updates: the page is the first and only thing to see.
const PREFERENCES: &str = r#"
user_pref("browser.aboutwelcome.enabled", false);
user_pref("browser.shell.checkDefaultBrowser", false);
user_pref("browser.startup.homepage_override.mstone", "ignore");
user_pref("browser.newtabpage.activity-stream.feeds.telemetry", false);
user_pref("datareporting.policy.dataSubmissionEnabled", false);
user_pref("datareporting.healthreport.uploadEnabled", false);
user_pref("toolkit.telemetry.enabled", false);
user_pref("toolkit.telemetry.unified", false);
user_pref("toolkit.telemetry.reportingpolicy.firstRun", false);
user_pref("termsofuse.bypassNotification", true);
user_pref("app.update.auto", false);
user_pref("app.normandy.enabled", false);
user_pref("extensions.update.enabled", false);
user_pref("network.captive-portal-service.enabled", false);
user_pref("network.connectivity-service.enabled", false);
user_pref("browser.sessionstore.resume_from_crash", false);
"#;

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
