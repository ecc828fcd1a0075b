//! A network namespace without a name: it lives exactly as long as the process that holds it.
//!
//! The holder is a `cat` on a pipe from the bench. However the bench ends, the pipe closes, `cat`
//! ends, and the kernel removes the namespace with its devices: nothing is left to clean up.

use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, bail, ensure};

/// Whose X displays programs in the namespace see under /tmp/.X11-unix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Displays {
    /// The machine's.
    Shared,
    /// Their own. Two X servers with `-displayfd` in different network namespaces would else both
    /// find display 0 free, and the second take the first one's socket away.
    Private,
}

/// A network namespace with its loopback device up.
#[derive(Debug)]
pub(crate) struct Namespace {
    holder: Child,
    displays: Displays,
}

/// Hides the machine's displays, then holds the namespace open.
const HOLD_WITH_PRIVATE_DISPLAYS: &str = "mkdir -p -m 1777 /tmp/.X11-unix && \
    mount -t tmpfs -o mode=1777 tmpfs /tmp/.X11-unix && \
    mkdir -p /var/lib/xkb && mount -t tmpfs tmpfs /var/lib/xkb && exec cat";

impl Namespace {
    pub(crate) fn create(displays: Displays) -> Result<Self> {
        let mut command = Command::new("unshare");
        command.arg("--net").process_group(0);
        match displays {
            Displays::Shared => command.args(["--", "cat"]),
            Displays::Private => command.args(["--mount", "--propagation", "private"]).args([
                "--",
                "sh",
                "-c",
                HOLD_WITH_PRIVATE_DISPLAYS,
            ]),
        };
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let holder = command
            .spawn()
            .context("cannot start unshare (package util-linux)")?;
        let mut namespace = Self { holder, displays };
        namespace.wait_for_holder()?;
        namespace.ip(&["link", "set", "lo", "up"])?;
        Ok(namespace)
    }

    /// An echo proves that `cat` runs, hence that the namespace exists.
    fn wait_for_holder(&mut self) -> Result<()> {
        let (Some(input), Some(output)) = (&mut self.holder.stdin, &mut self.holder.stdout) else {
            bail!("the namespace's holder has no pipes");
        };
        let mut echo = String::new();
        let sent = input.write_all(b"here\n");
        BufReader::new(output).read_line(&mut echo)?;
        if sent.is_ok() && echo == "here\n" {
            return Ok(());
        }
        bail!(
            "cannot create a network namespace, which takes root ({})",
            self.last_words().trim()
        );
    }

    /// What a holder that has ended said on standard error.
    fn last_words(&mut self) -> String {
        let mut words = String::new();
        if let Some(errors) = &mut self.holder.stderr {
            // A part is better than nothing.
            let _ = errors.read_to_string(&mut words);
        }
        words
    }

    /// The process that holds the namespace open.
    pub(crate) fn holder(&self) -> u32 {
        self.holder.id()
    }

    /// The words to put before a command that is to run inside.
    pub(crate) fn entrance(&self) -> Vec<String> {
        let path = |kind: &str| format!("/proc/{}/ns/{kind}", self.holder());
        let mut words = vec!["nsenter".to_owned(), format!("--net={}", path("net"))];
        if self.displays == Displays::Private {
            words.push(format!("--mount={}", path("mnt")));
        }
        words.push("--".to_owned());
        words
    }

    /// Runs `ip ARGUMENTS…` inside.
    pub(crate) fn ip(&self, arguments: &[&str]) -> Result<()> {
        let entrance = self.entrance();
        let mut command = Command::new(&entrance[0]);
        run_ip(command.args(&entrance[1..]).arg("ip"), arguments)
            .context("cannot run ip inside a network namespace (packages util-linux, iproute2)")
    }

    /// Moves the bench's own network device `device` inside, where it is called `name`.
    pub(super) fn adopt(&self, device: &str, name: &str) -> Result<()> {
        let holder = self.holder().to_string();
        let away = ["link", "set", device, "netns", &holder];
        run_ip(&mut Command::new("ip"), &away)
            .context("cannot move a device into a network namespace (package iproute2)")?;
        self.ip(&["link", "set", device, "name", name])
    }
}

fn run_ip(command: &mut Command, arguments: &[&str]) -> Result<()> {
    let output = command.args(arguments).output()?;
    let message = String::from_utf8_lossy(&output.stderr);
    ensure!(
        output.status.success(),
        "ip {}: {}",
        arguments.join(" "),
        message.trim()
    );
    Ok(())
}

impl Drop for Namespace {
    fn drop(&mut self) {
        drop(self.holder.stdin.take());
        if let Err(error) = self.holder.wait() {
            eprintln!("cannot end a network namespace's holder: {error}");
        }
    }
}
