//! The system packages (Debian's names) and what each is needed for.

use std::str::FromStr;

use anyhow::{Result, bail};

/// What a developer wants to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Goal {
    /// Compile.
    Build,
    /// Compile, and show a program through HackStream.
    Demo,
    /// Run all tests.
    Test,
    /// Run tests and checks.
    Ci,
    /// Measure beside other systems.
    Bench,
    /// Build for machines with an ARM processor.
    Cross,
    /// Build and test the container image.
    Image,
    /// The same where no container engine is installed.
    Engine,
}

impl FromStr for Goal {
    type Err = anyhow::Error;

    fn from_str(name: &str) -> Result<Self> {
        Ok(match name {
            "build" => Self::Build,
            "demo" => Self::Demo,
            "test" => Self::Test,
            "ci" => Self::Ci,
            "bench" => Self::Bench,
            "cross" => Self::Cross,
            "image" => Self::Image,
            "engine" => Self::Engine,
            other => bail!(
                "unknown goal {other}: build, demo, test, ci, bench, cross, image and engine are known"
            ),
        })
    }
}

impl Goal {
    /// Whether somebody with this goal needs what serves `usage`.
    const fn includes(self, usage: Usage) -> bool {
        match usage {
            Usage::Build => true,
            Usage::Session | Usage::Window | Usage::Browser => {
                !matches!(self, Self::Build | Self::Cross)
            }
            Usage::Test => matches!(
                self,
                Self::Test | Self::Ci | Self::Bench | Self::Image | Self::Engine
            ),
            Usage::Check => matches!(self, Self::Ci | Self::Bench),
            Usage::Peer => matches!(self, Self::Bench),
            Usage::Image => matches!(self, Self::Image | Self::Engine),
            Usage::Engine => matches!(self, Self::Engine),
            Usage::Cross => matches!(self, Self::Cross),
        }
    }
}

/// What a package is there for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Usage {
    /// Compiling.
    Build,
    /// The server's sessions.
    Session,
    /// The viewer's window.
    Window,
    /// The program that the demo shows and the tests use.
    Browser,
    /// Tests that drive real programs.
    Test,
    /// Checks that are no tests.
    Check,
    /// The systems that the bench measures beside ours.
    Peer,
    /// Building for other machines, and running it here.
    Cross,
    /// Building the container image.
    Image,
    /// Running containers.
    Engine,
}

/// One row of the table.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Package {
    /// Its name.
    pub(crate) name: &'static str,
    /// What it is there for.
    usage: Usage,
    /// The same for a person.
    pub(crate) reason: &'static str,
}

impl Package {
    /// Whether the goal can be reached, worse, without it. Ubuntu has no such Firefox package.
    pub(crate) fn is_optional(&self) -> bool {
        self.usage == Usage::Browser
    }
}

const fn package(name: &'static str, usage: Usage, reason: &'static str) -> Package {
    Package {
        name,
        usage,
        reason,
    }
}

const TABLE: &[Package] = &[
    package(
        "build-essential",
        Usage::Build,
        "compiles the C and C++ libraries we contain",
    ),
    package(
        "nasm",
        Usage::Build,
        "the H.264 encoder's assembly: three times slower without",
    ),
    package("pkg-config", Usage::Build, "finds system libraries"),
    package("xvfb", Usage::Session, "the display of a session"),
    package(
        "openbox",
        Usage::Session,
        "manages the windows of a session",
    ),
    package(
        "bubblewrap",
        Usage::Session,
        "the namespaces of a node's sessions",
    ),
    package(
        "slirp4netns",
        Usage::Session,
        "the internet in a node's sessions",
    ),
    package(
        "x11-xkb-utils",
        Usage::Session,
        "loads the keyboard maps of sessions",
    ),
    package(
        "dbus-daemon",
        Usage::Session,
        "the notifications of a session",
    ),
    package("pulseaudio", Usage::Session, "the sound of a session"),
    package("libopus0", Usage::Session, "compresses sound, on both ends"),
    package(
        "xterm",
        Usage::Session,
        "the smallest program worth showing",
    ),
    package(
        "fonts-dejavu-core",
        Usage::Session,
        "letters for the programs of a session",
    ),
    package("libx11-6", Usage::Window, "the viewer's window"),
    package("libx11-xcb1", Usage::Window, "the viewer's window"),
    package("libxcursor1", Usage::Window, "the viewer's pointer"),
    package("libxi6", Usage::Window, "the viewer's input"),
    package("libxkbcommon0", Usage::Window, "the viewer's keyboard"),
    package("libxkbcommon-x11-0", Usage::Window, "the viewer's keyboard"),
    package(
        "firefox-esr",
        Usage::Browser,
        "the program that the demo shows and the tests use",
    ),
    package("pulseaudio-utils", Usage::Test, "plays and looks at sound"),
    package(
        "libasound2-plugins",
        Usage::Test,
        "a microphone for ALSA that is none",
    ),
    package("iproute2", Usage::Test, "slow and lossy networks"),
    package("x11-utils", Usage::Test, "looks at windows from outside"),
    package("xdotool", Usage::Test, "presses keys from outside"),
    package("xclip", Usage::Test, "copies and pastes"),
    package("weston", Usage::Test, "a Wayland compositor"),
    package("curl", Usage::Test, "asks for metrics as the runbook does"),
    package("openssl", Usage::Test, "asks for TLS as others do"),
    package("nabi", Usage::Test, "an input method"),
    package("faketime", Usage::Test, "clocks that are far off"),
    package("gnome-keyring", Usage::Test, "keeps the tokens of a login"),
    package("libnotify-bin", Usage::Test, "shows notifications"),
    package(
        "libglib2.0-bin",
        Usage::Test,
        "calls programs by a bus, opens links",
    ),
    package("xdg-utils", Usage::Test, "opens links"),
    package(
        "postgresql",
        Usage::Test,
        "the control plane's other database",
    ),
    package("valgrind", Usage::Check, "counts instructions"),
    package(
        "tigervnc-standalone-server",
        Usage::Peer,
        "measured beside ours",
    ),
    package("tigervnc-viewer", Usage::Peer, "measured beside ours"),
    package("xpra", Usage::Peer, "measured beside ours"),
    package("python3-pil", Usage::Peer, "xpra's pictures"),
    package("python3-gi-cairo", Usage::Peer, "xpra's viewer"),
    package("python3-lz4", Usage::Peer, "xpra's usual compressor"),
    package("xrdp", Usage::Peer, "measured beside ours"),
    package("xorgxrdp", Usage::Peer, "xrdp's X server"),
    package("freerdp2-x11", Usage::Peer, "xrdp's viewer"),
    package(
        "g++-arm-linux-gnueabihf",
        Usage::Cross,
        "compiles the C and C++ libraries for ARM with 32 bits",
    ),
    package(
        "g++-aarch64-linux-gnu",
        Usage::Cross,
        "compiles the C and C++ libraries for ARM with 64 bits",
    ),
    package(
        "g++-arm-linux-gnueabi",
        Usage::Cross,
        "libraries that are linked into programs for ARMv6",
    ),
    package("qemu-user", Usage::Cross, "runs programs for ARM"),
    package("docker.io", Usage::Engine, "builds and runs containers"),
    package(
        "debootstrap",
        Usage::Image,
        "the image's Debian, from its packages",
    ),
];

/// The packages that `goal` needs.
pub(crate) fn needed_for(goal: Goal) -> impl Iterator<Item = &'static Package> {
    TABLE
        .iter()
        .filter(move |package| goal.includes(package.usage))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn names(goal: Goal) -> BTreeSet<&'static str> {
        needed_for(goal).map(|package| package.name).collect()
    }

    #[test]
    fn each_goal_has_what_it_takes_and_no_more() {
        assert_eq!(names(Goal::Build).len(), 3);
        assert!(names(Goal::Demo).contains("firefox-esr"));
        assert!(names(Goal::Test).contains("firefox-esr"));
        assert!(names(Goal::Ci).is_superset(&names(Goal::Test)));
        assert!(names(Goal::Bench).is_superset(&names(Goal::Ci)));
        assert!(names(Goal::Cross).is_superset(&names(Goal::Build)));
        assert!(names(Goal::Cross).contains("qemu-user"));
    }

    #[test]
    fn no_package_is_listed_twice() {
        let unique: BTreeSet<_> = TABLE.iter().map(|package| package.name).collect();
        assert_eq!(unique.len(), TABLE.len());
    }
}
