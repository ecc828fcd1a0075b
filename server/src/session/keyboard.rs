//! The keyboard of a session's display gets the layout of the person's.
//!
//! `setxkbmap` finds the parts of a layout by the rules of the X keyboard data, and has the X
//! server compile and load them. Programs learn of the new map as of any other.

use std::ffi::OsString;
use std::io;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use hackstream_protocol::wire::control::{KeyboardLayout, KeyboardNames};
use tokio::sync::Mutex;
use tokio::task::spawn_blocking;
use tokio::time::timeout;
use tracing::{debug, info, warn};

use super::programs::{SETXKBMAP, XAUTHORITY};

/// Far more than compiling a map takes.
const PATIENCE: Duration = Duration::from_secs(10);

/// An option that lets a combination of keys end the X server, and the session with it.
const DEADLY_OPTION: &str = "terminate:";

/// The keyboard of a display.
#[derive(Debug)]
pub struct Keyboard {
    /// `None` if the display is not ours to change.
    display: Option<Target>,
    /// What was last asked for, whether or not it could be had.
    asked: Mutex<Option<KeyboardLayout>>,
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
    pub fn untouchable() -> Self {
        Self {
            display: None,
            asked: Mutex::default(),
        }
    }

    /// The keyboard of a session.
    #[must_use]
    pub(super) fn of_session(name: &str, directory: PathBuf) -> Self {
        let name = name.to_owned();
        Self {
            display: Some(Target { name, directory }),
            asked: Mutex::default(),
        }
    }

    /// Gives the display this layout. If that fails the old one stays; keys that mean characters
    /// give them all the same.
    ///
    /// One at a time: the X server stands still for the tenth of a second that it may take.
    pub async fn apply(&self, layout: KeyboardLayout) {
        let Some(display) = self.display.clone() else {
            debug!("the layout of this display's keyboard is left alone");
            return;
        };
        let mut asked = self.asked.lock().await;
        if asked.as_ref() == Some(&layout) {
            return;
        }
        let names = layout.names().clone();
        *asked = Some(layout);
        let running = spawn_blocking({
            let mut command = command(&display, &names);
            move || command.output()
        });
        match timeout(PATIENCE, running).await {
            Ok(Ok(ended)) => tell(&names, ended),
            Ok(Err(_)) | Err(_) => warn!(?names, "the keyboard's layout was not set in time"),
        }
    }
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

fn tell(names: &KeyboardNames, ended: io::Result<Output>) {
    let KeyboardNames {
        layout, variant, ..
    } = names;
    match ended {
        Ok(output) if output.status.success() => {
            info!(layout, variant, "the keyboard has the viewer's layout");
        }
        Ok(output) => {
            let said = String::from_utf8_lossy(&output.stderr);
            let reason = said.lines().next().unwrap_or("no reason given");
            warn!(
                layout,
                variant, reason, "this server does not know the viewer's keyboard layout"
            );
        }
        Err(error) => warn!(
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

    #[tokio::test]
    async fn a_display_of_others_is_left_alone() {
        let names = KeyboardNames {
            layout: "de".to_owned(),
            ..KeyboardNames::default()
        };
        let keyboard = Keyboard::untouchable();
        keyboard.apply(KeyboardLayout::new(names).unwrap()).await;
        assert_eq!(*keyboard.asked.lock().await, None);
    }
}
