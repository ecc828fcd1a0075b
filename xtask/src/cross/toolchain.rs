//! Debian's Rust and its standard libraries for other machines, in a folder of their own.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::Machine;
use crate::{command, metadata};

/// The release whose packages are taken. Its Rust is the oldest that the workspace promises to be
/// content with (`rust-version`), so a cross build also checks that promise.
const RELEASE: &str = "bookworm";
const MIRROR: &str = "http://deb.debian.org/debian";
const KEYS: &str = "/usr/share/keyrings/debian-archive-keyring.gpg";

/// Where Debian puts a compiler's own libraries on x86-64.
const HOST_LIBRARIES: &str = "usr/lib/x86_64-linux-gnu";

/// The Rust compiler that builds for `machine`: a program to be given to cargo as `RUSTC`.
/// Fetched through apt when it is not there.
pub(super) fn compiler(machine: Machine) -> Result<PathBuf> {
    let folder = metadata::target_directory()?.join("cross/toolchain");
    let compiler = folder.join("rustc");
    let standard_library = folder.join("usr/lib/rustlib").join(machine.target());
    if standard_library.join("complete").exists() {
        return Ok(compiler);
    }
    if std::env::consts::ARCH != "x86_64" {
        bail!("cross building is prepared for x86-64 only; on ARM, build natively");
    }
    fetch(machine, &folder)?;
    write_wrapper(&compiler, &folder)?;
    fs::write(standard_library.join("complete"), "")?;
    Ok(compiler)
}

fn fetch(machine: Machine, folder: &Path) -> Result<()> {
    let packages = folder.join("packages");
    fs::create_dir_all(folder.join("lists/partial"))?;
    fs::create_dir_all(&packages)?;
    let configuration = folder.join("apt.conf");
    fs::write(&configuration, apt_configuration(machine, folder))?;
    fs::write(
        folder.join("sources.list"),
        format!("deb [signed-by={KEYS}] {MIRROR} {RELEASE} main\n"),
    )?;
    let apt = |program: &str, arguments: &[&str]| {
        let mut apt = Command::new(program);
        apt.env("APT_CONFIG", &configuration)
            .current_dir(&packages)
            .args(arguments);
        apt
    };
    let advice = "Debian's Rust cannot be fetched; is the machine online, and is the package \
                  debian-archive-keyring installed?";
    command::run(&mut apt("apt-get", &["--quiet", "update"])).context(advice)?;
    let wanted = wanted(machine, &library_of_compiler(&mut apt("apt-cache", &[]))?);
    let mut download = apt("apt-get", &["--quiet", "download"]);
    command::run(download.args(&wanted)).context(advice)?;
    for package in fs::read_dir(&packages)? {
        let mut unpack = Command::new("dpkg");
        unpack.arg("-x").arg(package?.path()).arg(folder);
        command::run(&mut unpack)?;
    }
    fs::remove_dir_all(&packages)?;
    Ok(())
}

/// Settings that keep apt away from those of this machine: no architecture is added to it, nothing
/// is installed, and it need not be root's.
fn apt_configuration(machine: Machine, folder: &Path) -> String {
    let folder = folder.display();
    let architecture = machine.debian();
    format!(
        "Dir::State::lists \"{folder}/lists\";\n\
         Dir::Cache \"{folder}/cache\";\n\
         Dir::Etc::sourcelist \"{folder}/sources.list\";\n\
         Dir::Etc::sourceparts \"-\";\n\
         APT::Architecture \"amd64\";\n\
         APT::Architectures {{ \"amd64\"; \"{architecture}\"; }};\n\
         APT::Sandbox::User \"root\";\n\
         Acquire::Languages \"none\";\n\
         Acquire::Retries \"3\";\n"
    )
}

/// The package with the compiler's own library, whose name has the version in it.
fn library_of_compiler(apt_cache: &mut Command) -> Result<String> {
    apt_cache.args(["depends", "libstd-rust-web-dev:amd64"]);
    let told = command::output(apt_cache)?;
    let found = told
        .lines()
        .find_map(|line| line.trim().strip_prefix("Depends: libstd-rust-web-"));
    let version = found.context("libstd-rust-web-dev depends on no library")?;
    Ok(format!("libstd-rust-web-{version}"))
}

fn wanted(machine: Machine, library: &str) -> Vec<String> {
    vec![
        "rustc-web:amd64".to_owned(),
        format!("{library}:amd64"),
        // For build scripts and procedural macros.
        "libstd-rust-web-dev:amd64".to_owned(),
        format!("libstd-rust-web-dev:{}", machine.debian()),
    ]
}

/// Writes the program that starts the compiler where it was unpacked.
///
/// pulseaudio 0.3 has chains of `let`, which are stable since Rust 1.88: this one has them, and is told
/// to let that crate use them. Every other crate is held to what is stable.
fn write_wrapper(program: &Path, folder: &Path) -> Result<()> {
    let folder = folder.display();
    let script = format!(
        "#!/bin/sh\n\
         case \" $* \" in\n\
         *' --crate-name pulseaudio '*)\n\
         export RUSTC_BOOTSTRAP=1\n\
         set -- \"$@\" '-Zcrate-attr=feature(let_chains)';;\n\
         esac\n\
         LD_LIBRARY_PATH='{folder}/{HOST_LIBRARIES}' exec '{folder}/usr/bin/rustc' \
         --sysroot '{folder}/usr' \"$@\"\n"
    );
    fs::write(program, script)?;
    fs::set_permissions(program, fs::Permissions::from_mode(0o755))?;
    Ok(())
}
