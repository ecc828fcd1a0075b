//! The Debian that the image is built upon, made from Debian's packages: no registry is needed, and
//! none has to be trusted.

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use super::engine::Engine;
use crate::command;

/// Its name.
const NAME: &str = "hackstream-base:bookworm";

const RELEASE: &str = "bookworm";

/// Fixes of security holes come from a server of their own, which debootstrap does not know.
const SOURCES: &str = "\
deb http://deb.debian.org/debian bookworm main
deb http://deb.debian.org/debian bookworm-updates main
deb http://deb.debian.org/debian-security bookworm-security main
";

/// What the image's own packages bring anew.
const LEFTOVERS: [&str; 3] = [
    "var/cache/apt",
    "var/lib/apt/lists",
    "var/log/bootstrap.log",
];

/// Its name; made if it is not there.
pub(super) fn ensure(engine: &Engine) -> Result<&'static str> {
    let mut inspect = engine.docker();
    inspect
        .args(["image", "inspect", NAME])
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    if inspect.status().context("cannot start docker")?.success() {
        return Ok(NAME);
    }
    let folder = super::store()?.with_file_name("image-base");
    super::remove(&folder)?;
    let made = command::run(
        Command::new("debootstrap")
            .args(["--variant=minbase", RELEASE])
            .arg(&folder),
    );
    let imported = made.and_then(|()| import(engine, &folder));
    super::remove(&folder)?;
    imported?;
    Ok(NAME)
}

fn import(engine: &Engine, folder: &Path) -> Result<()> {
    std::fs::write(folder.join("etc/apt/sources.list"), SOURCES).context("the list of sources")?;
    let mut pack = Command::new("tar");
    pack.arg("--directory").arg(folder);
    for leftover in LEFTOVERS {
        pack.arg(format!("--exclude=./{leftover}/*"));
    }
    pack.args(["--exclude=./dev/*", "--create", "--file=-", "."]);
    let mut packing = pack
        .stdout(Stdio::piped())
        .spawn()
        .context("cannot start tar")?;
    let packed = packing.stdout.take().context("tar has no output")?;
    let mut import = engine.docker();
    let imported = command::run(import.args(["import", "-", NAME]).stdin(packed));
    if !packing.wait().context("tar")?.success() {
        bail!("tar could not pack {}", folder.display());
    }
    imported
}
