//! A network namespace without a name: it lives exactly as long as the process that holds it.
//!
//! The holder is a `cat` on a pipe from the bench. However the bench ends, the pipe closes, `cat`
//! ends, and the kernel removes the namespace with its devices: nothing is left to clean up.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, bail, ensure};

/// A network namespace with its loopback device up.
#[derive(Debug)]
pub(crate) struct Namespace {
    holder: Child,
}

impl Namespace {
    pub(crate) fn create() -> Result<Self> {
        let mut command = Command::new("unshare");
        command.args(["--net", "--", "cat"]).process_group(0);
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let holder = command
            .spawn()
            .context("cannot start unshare (package util-linux)")?;
        let mut namespace = Self { holder };
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
        let exists = sent.is_ok() && echo == "here\n";
        ensure!(
            exists,
            "cannot create a network namespace: the bench must run as root"
        );
        Ok(())
    }

    /// The process that holds the namespace open.
    pub(crate) fn holder(&self) -> u32 {
        self.holder.id()
    }

    /// For nsenter.
    pub(crate) fn path(&self) -> PathBuf {
        format!("/proc/{}/ns/net", self.holder()).into()
    }

    /// Runs `ip ARGUMENTS…` inside.
    pub(crate) fn ip(&self, arguments: &[&str]) -> Result<()> {
        let namespace = format!("--net={}", self.path().display());
        let output = Command::new("nsenter")
            .args([&namespace, "--", "ip"])
            .args(arguments)
            .output()
            .context("cannot start nsenter (package util-linux)")?;
        let message = String::from_utf8_lossy(&output.stderr);
        ensure!(
            output.status.success(),
            "ip {}: {}",
            arguments.join(" "),
            message.trim()
        );
        Ok(())
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        drop(self.holder.stdin.take());
        if let Err(error) = self.holder.wait() {
            eprintln!("cannot end a network namespace's holder: {error}");
        }
    }
}
