//! Firefox with a page of the test, at known places on the screen.

use std::path::{Path, PathBuf};

use hackstream_protocol::geometry::Size;

use crate::compare::{Picture, Screen};
use crate::folder::Folder;
use crate::wait_until;

/// Size of the screen that the places below are for.
pub const SIZE: Size = Size::new(1024, 768);

/// What else than the demo's preferences makes pictures come to rest: no blinking caret.
const STILL: &str = "user_pref(\"ui.caretBlinkTime\", 0);\n";

/// A page that asks for the microphone gets it.
const CONSENT: &str = "user_pref(\"media.navigator.permission.disabled\", true);\n";

/// Places on the screen: the pages' footers are at its bottom.
pub mod place {
    /// The text field.
    pub const FIELD: (i32, i32) = (150, 738);
    /// The link to the second page.
    pub const LINK: (i32, i32) = (400, 738);
    /// The button that starts and stops the animation.
    pub const TOGGLE: (i32, i32) = (600, 738);
    /// The photograph.
    pub const PHOTOGRAPH: (i32, i32) = (480, 400);
    /// Text, away from anything that reacts.
    pub const TEXT: (i32, i32) = (300, 500);
}

/// Colours that say how far a page is, and where they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    /// The first page is there.
    FirstPage,
    /// The second page is there.
    SecondPage,
    /// The page with the photograph is there.
    Photograph,
    /// The field holds what was typed.
    Typed(bool),
    /// The page is not at its top.
    Scrolled(bool),
    /// The animation runs.
    Running(bool),
    /// Pages are asked for less motion.
    Calm(bool),
    /// The page about the microphone is given that of the session.
    Microphone(bool),
}

impl Sign {
    fn is_in(self, picture: &Picture) -> bool {
        let lamp = |on| if on { 0x0000_c000 } else { 0x0080_0000 };
        let (x, colour) = match self {
            Self::FirstPage => (5, 0x0020_5080),
            Self::SecondPage => (5, 0x0080_5020),
            Self::Photograph => (5, 0x0050_8020),
            Self::Typed(on) => (735, lamp(on)),
            Self::Scrolled(on) => (775, lamp(on)),
            Self::Running(on) => (815, lamp(on)),
            Self::Calm(on) => (855, lamp(on)),
            Self::Microphone(on) => (500, lamp(on)),
        };
        picture.at(x, SIZE.height - 30) == Some(colour)
    }

    /// Waits until it is on the screen.
    ///
    /// # Panics
    /// If it never is.
    pub fn wait(self, screen: &impl Screen) {
        wait_until(&format!("{self:?}"), || {
            self.is_in(&screen.picture()).then_some(())
        });
    }
}

/// The command of a Firefox that shows a page of the test, its profile inside `folder`.
///
/// # Panics
/// If Firefox is not installed.
#[must_use]
pub fn command(folder: &Folder, page: &str) -> Vec<String> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let installed = std::env::split_paths(&path).any(|dir| dir.join("firefox-esr").is_file());
    assert!(
        installed,
        "this test needs Firefox: install the package firefox-esr, or run `cargo xtask setup --for test`"
    );
    let profile = folder.path("profile");
    std::fs::create_dir(&profile).expect("a profile");
    let preferences = format!(
        "{}{STILL}{CONSENT}",
        include_str!("../../docs/demo/user.js")
    );
    std::fs::write(profile.join("user.js"), preferences).expect("preferences");
    let words = ["firefox-esr", "--no-remote", "--new-instance", "--profile"];
    let mut words: Vec<String> = words.map(str::to_owned).to_vec();
    words.push(text(&profile));
    words.push(format!("file://{}", text(&path_of(page))));
    words
}

fn path_of(page: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("pages")
        .join(page)
}

fn text(path: &Path) -> String {
    path.to_str().expect("UTF-8").to_owned()
}
