//! The keyboard of a session's display gets the layout of the person's.
//!
//! `setxkbmap` finds the parts of a layout by the rules of the X keyboard data, and has the X
//! server compile and load them. Programs learn of the new map as of any other.

use std::ffi::OsString;
use std::io;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use hackstream_protocol::wire::control::{KeyboardLayout, KeyboardNames};
use tokio::sync::watch;
use tokio::task::spawn_blocking;
use tokio::time::{sleep, timeout};
use tracing::{debug, info, warn};

use super::programs::{SETXKBMAP, XAUTHORITY};
use crate::log_quota::LogQuota;

/// Far more than compiling a map takes.
const PATIENCE: Duration = Duration::from_secs(10);

/// An option that lets a combination of keys end the X server, and the session with it.
const DEADLY_OPTION: &str = "terminate:";

/// Least time between two changes of the layout: the X server stands still for the tenth of a second
/// that each may take, and viewers must not keep it at that.
const PAUSE: Duration = Duration::from_millis(500);

/// The keyboard of a display.
#[derive(Debug)]
pub struct Keyboard {
    /// `None` if the display is not ours to change.
    wishes: Option<watch::Sender<Option<KeyboardLayout>>>,
}

#[derive(Clone, Debug)]
struct Target {
    name: String,
    /// The session's directory.
    directory: PathBuf,
}

impl Keyboard {
    /// The keyboard of somebody else's display, which keeps its layout.
    #[must_use]
    pub const fn untouchable() -> Self {
        Self { wishes: None }
    }

    /// The keyboard of a session. Needs a runtime to run in.
    #[must_use]
    pub(super) fn of_session(name: &str, directory: PathBuf) -> Self {
        let (wishes, wished) = watch::channel(None);
        let name = name.to_owned();
        tokio::spawn(follow(Target { name, directory }, wished));
        Self {
            wishes: Some(wishes),
        }
    }

    /// A person's keyboard has this layout: the display gets the one wished for last.
    pub fn wish(&self, layout: KeyboardLayout) {
        match &self.wishes {
            Some(wishes) => {
                wishes.send_replace(Some(layout));
            }
            None => debug!("the layout of this display's keyboard is left alone"),
        }
    }
}

/// Fulfils the newest wish until nobody can have one any more.
async fn follow(display: Target, mut wished: watch::Receiver<Option<KeyboardLayout>>) {
    let mut asked = None;
    let mut quota = LogQuota::new(Instant::now());
    while wished.changed().await.is_ok() {
        let wish = wished.borrow_and_update().clone();
        if let Some(layout) = wish.as_ref().filter(|_| wish != asked) {
            let applied = apply(&display, layout.names()).await;
            if quota.allows(Instant::now()) {
                tell(layout.names(), applied);
            }
            asked = wish;
            sleep(PAUSE).await;
        }
    }
}

/// What became of a layout.
enum Applied {
    /// It would end the display.
    Deadly,
    /// The program that sets it ended, or could not be run.
    Ran(io::Result<Output>),
    /// The program took too long.
    TooLate,
}

/// Gives the display this layout. If that fails the old one stays; keys that mean characters give
/// them all the same.
async fn apply(display: &Target, names: &KeyboardNames) -> Applied {
    if is_deadly(names) {
        return Applied::Deadly;
    }
    let running = spawn_blocking({
        let mut command = command(display, names);
        move || command.output()
    });
    match timeout(PATIENCE, running).await {
        Ok(Ok(ended)) => Applied::Ran(ended),
        Ok(Err(_)) | Err(_) => Applied::TooLate,
    }
}

/// Whether a layout is none, but what [`DEADLY_OPTION`] stands for: the rules take both from the
/// same folder.
fn is_deadly(names: &KeyboardNames) -> bool {
    let mut layouts = names.layout.split(',');
    layouts.any(|layout| layout.split(['(', ':']).next() == DEADLY_OPTION.strip_suffix(':'))
}

/// The names are not options, nor anything else but names: [`KeyboardLayout`] has checked them.
fn command(display: &Target, names: &KeyboardNames) -> Command {
    let mut command = Command::new(SETXKBMAP.name);
    command
        .args(arguments(&display.name, names))
        .env("XAUTHORITY", display.directory.join(XAUTHORITY))
        // It looks for rules in the working directory first.
        .current_dir(&display.directory)
        .stdin(Stdio::null());
    command
}

fn arguments(display: &str, names: &KeyboardNames) -> Vec<OsString> {
    let model = match names.model.as_str() {
        "" => "pc105",
        model => model,
    };
    let options = names.options.split(',');
    let options: Vec<_> = options.filter(|o| !o.starts_with(DEADLY_OPTION)).collect();
    // The first, empty, option forgets those of the map before.
    [
        ("-display", display),
        ("-rules", "evdev"),
        ("-model", model),
        ("-layout", &names.layout),
        ("-variant", &names.variant),
        ("-option", ""),
        ("-option", &options.join(",")),
    ]
    .into_iter()
    .flat_map(|(option, value)| [option.into(), value.into()])
    .collect()
}

fn tell(names: &KeyboardNames, applied: Applied) {
    let KeyboardNames {
        layout, variant, ..
    } = names;
    match applied {
        Applied::Deadly => warn!(?names, "a layout that ends the display is refused"),
        Applied::TooLate => warn!(?names, "the keyboard's layout was not set in time"),
        Applied::Ran(Ok(output)) if output.status.success() => {
            info!(layout, variant, "the keyboard has the viewer's layout");
        }
        Applied::Ran(Ok(output)) => {
            let said = String::from_utf8_lossy(&output.stderr);
            let reason = said.lines().next().unwrap_or("no reason given");
            warn!(
                layout,
                variant, reason, "this server does not know the viewer's keyboard layout"
            );
        }
        Applied::Ran(Err(error)) => warn!(
            %error,
            "cannot run {} (Debian package {}): the keyboard keeps its layout",
            SETXKBMAP.name,
            SETXKBMAP.package
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_layout_becomes_arguments_without_what_ends_sessions() {
        let names = KeyboardNames {
            model: String::new(),
            layout: "us,ru".to_owned(),
            variant: ",phonetic".to_owned(),
            options: "terminate:ctrl_alt_bksp,grp:caps_toggle".to_owned(),
        };
        let expected = "-display :7 -rules evdev -model pc105 -layout us,ru -variant ,phonetic \
                        -option  -option grp:caps_toggle";
        let arguments = arguments(":7", &names).join(" ".as_ref());
        assert_eq!(arguments, expected);
    }

    #[test]
    fn what_ends_sessions_is_no_layout() {
        for (layout, deadly) in [
            ("us", false),
            ("us,terminate", true),
            ("terminate(ctrl_alt_bksp)", true),
            ("de(neo)", false),
        ] {
            let names = KeyboardNames {
                layout: layout.to_owned(),
                ..KeyboardNames::default()
            };
            assert_eq!(is_deadly(&names), deadly, "{layout}");
        }
    }
}
