//! What Debian lacks for ARMv6 with floating point in registers, and where it is taken from.
//!
//! Debian's `armhf` is for ARMv7: its start files, its `libgcc.a` and the static part of its C library
//! have Thumb-2 instructions, which the ARM1176 of the first Raspberry Pi Zero has not. Those of Debian's
//! `armel` are for ARMv5 and do the same; they only lack the note that numbers pass in registers of
//! the floating point unit, and none of them passes such numbers. So they are linked in, without
//! their notes. Shared libraries are the device's own.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::{command, metadata};

/// Debian's C library for ARMv5.
const LIBRARIES: &str = "/usr/arm-linux-gnueabi/lib";
/// What is only linked against, for ARMv7.
const SHARED: &str = "/usr/arm-linux-gnueabihf/lib";
const PREFIX: &str = "arm-linux-gnueabi";

/// What the C compiler is told, whose own choice is ARMv7.
pub(super) const C_OPTIONS: &str = "-march=armv6 -mfpu=vfp -marm";

/// What begins and ends every program, and what the compiler and the C library add to it.
const PARTS: [&str; 10] = [
    "crt1.o",
    "Scrt1.o",
    "crti.o",
    "crtn.o",
    "crtbegin.o",
    "crtbeginS.o",
    "crtend.o",
    "crtendS.o",
    "libgcc.a",
    "libc_nonshared.a",
];

/// A folder with these parts, in which the linker is to look first.
pub(super) fn parts() -> Result<PathBuf> {
    let folder = metadata::target_directory()?.join("cross/armv6/parts");
    fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    for part in PARTS {
        let mut compiler = Command::new(format!("{PREFIX}-gcc"));
        let found = command::output(compiler.arg(format!("-print-file-name={part}")))?;
        let mut copy = Command::new(format!("{PREFIX}-objcopy"));
        copy.args(["--remove-section", ".ARM.attributes"])
            .arg(found.trim())
            .arg(folder.join(part));
        command::run(&mut copy)?;
    }
    let nonshared = folder.join("libc_nonshared.a");
    let script = format!(
        "OUTPUT_FORMAT(elf32-littlearm)\n\
         GROUP({SHARED}/libc.so.6 {} AS_NEEDED({SHARED}/ld-linux-armhf.so.3))\n",
        nonshared.display()
    );
    fs::write(folder.join("libc.so"), script).context("cannot write what the linker reads")?;
    Ok(folder)
}

/// A folder with shared libraries that an ARM1176 can run, as a program for `armhf` looks for them.
///
/// They are those of `armel` too. They differ from the device's in how they take and give floating
/// point numbers, so what the viewer computes through the C library (logarithms, rounding) is not
/// to be trusted in the emulator: it shows pictures without.
pub(super) fn root() -> Result<PathBuf> {
    let folder = metadata::target_directory()?.join("cross/armv6/root");
    let lib = folder.join("lib");
    // Searched before `lib`.
    let first = lib.join(PREFIX);
    fs::create_dir_all(&first).with_context(|| format!("cannot make {}", first.display()))?;
    for entry in fs::read_dir(LIBRARIES).context("the package libc6-dev-armel-cross")? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default();
        if name.to_string_lossy().contains(".so") {
            link(&path, &lib.join(name))?;
        }
    }
    let loader = Path::new(LIBRARIES).join("ld-linux.so.3");
    link(&loader, &lib.join("ld-linux-armhf.so.3"))?;
    // The viewer names its loader as a library. Loaded a second time, it would not be set up.
    let empty = first.join("ld-linux-armhf.so.3");
    let mut compiler = Command::new(format!("{PREFIX}-gcc"));
    compiler
        .args(["-shared", "-nostdlib", "-Wl,-soname,ld-linux-armhf.so.3"])
        .args(["-x", "c", "/dev/null", "-o"])
        .arg(empty);
    command::run(&mut compiler)?;
    Ok(folder)
}

fn link(file: &Path, name: &Path) -> Result<()> {
    if name.is_symlink() {
        fs::remove_file(name)?;
    }
    symlink(file, name).with_context(|| format!("cannot make {}", name.display()))
}

/// Fails if a function of `program`, which has its symbols, is of Thumb instructions: all that is built
/// here is not, so it came from Debian's libraries for ARMv7.
pub(super) fn check(program: &Path) -> Result<()> {
    let mut names = Command::new(format!("{PREFIX}-nm"));
    let listing = command::output(names.args(["--special-syms"]).arg(program))?;
    let thumb = listing.lines().filter(|line| is_thumb(line)).count();
    if thumb > 0 {
        bail!(
            "{thumb} pieces of the viewer are for ARMv7: some library was linked in from `armhf`"
        );
    }
    Ok(())
}

/// Whether a line of nm is the mark before Thumb instructions, `$t` or `$t.NUMBER`.
fn is_thumb(line: &str) -> bool {
    let name = line.rsplit(' ').next().unwrap_or_default();
    name == "$t" || name.starts_with("$t.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_of_thumb_are_told_from_others() {
        assert!(is_thumb("00674ef0 t $t"));
        assert!(is_thumb("00674ef0 t $t.7"));
        for other in ["00674ef0 t $a", "00674ef0 t $d.1", "00674ef0 T $table", ""] {
            assert!(!is_thumb(other), "{other}");
        }
    }
}
