//! `cargo xtask setup`: the system packages, through apt, and a device that tests need open.

use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Command, Stdio};

use anyhow::{Context, Result};

use crate::command;
use crate::packages::{Goal, Package, needed_for};

/// Installs what `goal` needs and is missing. Does nothing, quickly, when all is there.
pub(crate) fn run(goal: Goal) -> Result<()> {
    if matches!(goal, Goal::Test | Goal::Ci) {
        open_tunnels()?;
    }
    install_missing(goal)
}

/// Has all users open the device of network tunnels, as they may where udev runs: sessions of a node run
/// as users of no rights.
fn open_tunnels() -> Result<()> {
    const DEVICE: &str = "/dev/net/tun";
    const ALL: u32 = 0o006;
    let Ok(found) = std::fs::metadata(DEVICE) else {
        return Ok(());
    };
    if found.permissions().mode() & ALL == ALL {
        return Ok(());
    }
    eprintln!("Only root may open {DEVICE}; making it open to all users, as udev does");
    command::run(as_root("chmod").args(["a+rw", DEVICE]))
}

fn install_missing(goal: Goal) -> Result<()> {
    let needed: Vec<&Package> = needed_for(goal).collect();
    if !command::is_there("dpkg-query", "--version")? || !command::is_there("apt-get", "--version")?
    {
        eprintln!("This is neither Debian nor Ubuntu; please make sure that you have what these");
        eprintln!("Debian packages contain:");
        describe(&needed);
        return Ok(());
    }
    let present = installed(&needed)?;
    let missing: Vec<&Package> = needed
        .into_iter()
        .filter(|package| !present.contains(package.name))
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    eprintln!("These system packages are missing and will be installed:");
    describe(&missing);
    install(&missing)
}

fn describe(packages: &[&Package]) {
    for package in packages {
        eprintln!("  {:<28} {}", package.name, package.reason);
    }
}

/// Which of `packages` are installed.
fn installed(packages: &[&Package]) -> Result<BTreeSet<String>> {
    let names = packages.iter().map(|package| package.name);
    // Fails when one of them is unknown, and still prints the others.
    let output = Command::new("dpkg-query")
        .args(["--show", "--showformat", "${Package} ${db:Status-Abbrev}\n"])
        .args(names)
        .stderr(Stdio::null())
        .output()
        .context("cannot start dpkg-query")?;
    Ok(installed_in(&String::from_utf8_lossy(&output.stdout)))
}

/// The names in dpkg-query's lines `NAME STATUS` whose status is "installed".
fn installed_in(listing: &str) -> BTreeSet<String> {
    let words = listing.lines().filter_map(|line| line.split_once(' '));
    words
        .filter(|(_, status)| status.trim_end() == "ii")
        .map(|(name, _)| name.to_owned())
        .collect()
}

fn install(missing: &[&Package]) -> Result<()> {
    let (optional, required): (Vec<&Package>, Vec<&Package>) =
        missing.iter().partition(|package| package.is_optional());
    let advice = || {
        let names: Vec<&str> = missing.iter().map(|package| package.name).collect();
        format!(
            "apt could not install the packages (is the machine online?); install them by hand: \
             apt-get install {}",
            names.join(" ")
        )
    };
    command::run(&mut apt(&["update"])).with_context(advice)?;
    if !required.is_empty() {
        command::run(apt(INSTALL).args(names_of(&required))).with_context(advice)?;
    }
    for package in optional {
        if let Err(error) = command::run(apt(INSTALL).arg(package.name)) {
            eprintln!("Going on without {}: {error:#}", package.name);
        }
    }
    Ok(())
}

const INSTALL: &[&str] = &["install", "--yes", "--no-install-recommends"];

fn names_of<'a>(packages: &'a [&Package]) -> impl Iterator<Item = &'static str> + 'a {
    packages.iter().map(|package| package.name)
}

/// apt-get as root, asking nothing.
fn apt(arguments: &[&str]) -> Command {
    let mut command = as_root("env");
    command
        .args([
            "DEBIAN_FRONTEND=noninteractive",
            "apt-get",
            "-o",
            "Acquire::Retries=3",
        ])
        .args(arguments);
    command
}

/// `program` as root, which may ask for a password.
fn as_root(program: &str) -> Command {
    if rustix::process::geteuid().is_root() {
        return Command::new(program);
    }
    let mut sudo = Command::new("sudo");
    sudo.arg(program);
    sudo
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_fully_installed_packages_count() {
        let listing = "xvfb ii \nxterm rc \nnasm un \nopenbox ii \n";
        let expected = ["openbox", "xvfb"].map(str::to_owned);
        assert_eq!(installed_in(listing), BTreeSet::from(expected));
    }
}
