//! The viewer's window: which program it is, and what it gets to know.

use std::ffi::OsString;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};

use hackstream_control_api::launch::Quality;
use hackstream_control_api::session::Connect;
use hackstream_ticket::ClientKey;
use ring::rand::{SecureRandom as _, SystemRandom};
use rustix::process::Pid;
use serde_json::json;

use crate::context::Context;
use crate::error::CliError;

/// What the program is called.
const NAME: &str = "hackstream-view";

/// How the session is to be shown.
#[derive(Clone, Debug, Default)]
pub struct Wish {
    /// What to prefer where quality costs time.
    pub quality: Quality,
    /// What else the viewer is told, as it stands in its own help.
    pub arguments: Vec<OsString>,
}

/// A key for one launch.
///
/// # Errors
/// If the system has no randomness.
pub fn new_key() -> Result<ClientKey, CliError> {
    let key = ClientKey::from_seed(&random()?);
    key.map_err(|error| CliError::Failed(error.to_string()))
}

/// So many random bytes.
///
/// # Errors
/// If the system has none.
pub fn random<const N: usize>() -> Result<[u8; N], CliError> {
    let mut bytes = [0; N];
    let filled = SystemRandom::new().fill(&mut bytes);
    let none = |_| CliError::Failed("the system gives no random numbers".to_owned());
    filled.map(|()| bytes).map_err(none)
}

/// The viewer's program: the named one, or the one beside this program, or in the path.
///
/// # Errors
/// If there is none.
pub fn find(named: Option<PathBuf>) -> Result<PathBuf, CliError> {
    if let Some(named) = named {
        return match is_program(&named) {
            true => Ok(named),
            false => Err(CliError::Viewer(format!(
                "there is no program {}: mend HACKSTREAM_VIEWER, or `hackstream config set viewer`",
                named.display()
            ))),
        };
    }
    let own = std::env::current_exe().ok();
    let beside = own.and_then(|own| Some(own.parent()?.join(NAME)));
    let path = std::env::var_os("PATH").unwrap_or_default();
    let in_path = std::env::split_paths(&path).map(|folder| folder.join(NAME));
    let mut candidates = beside.into_iter().chain(in_path);
    candidates.find(|path| is_program(path)).ok_or_else(|| {
        let text = "there is no hackstream-view beside this program or in PATH: install it, or name \
                    it with `hackstream config set viewer FILE`";
        CliError::Viewer(text.to_owned())
    })
}

fn is_program(path: &Path) -> bool {
    let metadata = path.metadata();
    metadata.is_ok_and(|file| file.is_file() && file.permissions().mode() & 0o111 != 0)
}

/// Shows the session until the person or the session closes the window. The ticket goes through a pipe,
/// where nobody else sees it.
///
/// # Errors
/// If the viewer cannot be started. What it says itself stands on standard error by then.
pub fn show(
    context: &Context,
    program: &Path,
    connect: &Connect,
    key: &ClientKey,
    wish: &Wish,
) -> Result<ExitStatus, CliError> {
    let mut command = Command::new(program);
    command
        .args(["--ticket-file", "-", "--quality", quality(wish.quality)])
        .args(&wish.arguments)
        .stdin(Stdio::piped());
    let failed = |what: &str, error: &dyn std::fmt::Display| {
        CliError::Viewer(format!("cannot {what} {}: {error}", program.display()))
    };
    let mut child = command.spawn().map_err(|error| failed("start", &error))?;
    // A terminal sends Ctrl-C to both; the viewer decides, and this program then tells the rest.
    let _reset = context.interrupts.pass_on(Pid::from_child(&child));
    let told = tell(&mut child, &descriptor(connect, key));
    let status = child.wait().map_err(|error| failed("wait for", &error))?;
    match told {
        // It did not want to hear; then its own words say why.
        Err(error) if status.success() => Err(failed("talk to", &error)),
        _ => Ok(status),
    }
}

fn tell(child: &mut Child, descriptor: &str) -> std::io::Result<()> {
    let Some(mut input) = child.stdin.take() else {
        return Ok(());
    };
    input.write_all(descriptor.as_bytes())
}

/// What the viewer reads: see its `--ticket-file`.
#[must_use]
pub fn descriptor(connect: &Connect, key: &ClientKey) -> String {
    let descriptor = json!({
        "host": connect.host,
        "port": connect.port,
        "sni": connect.sni,
        "alpn": connect.alpn,
        "server_spki": connect.server_spki,
        "ticket": connect.token,
        "key": key.secret_text(),
    });
    descriptor.to_string()
}

const fn quality(quality: Quality) -> &'static str {
    match quality {
        Quality::Low => "low",
        Quality::Auto => "auto",
        Quality::High => "high",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_named_viewer_is_taken_or_complained_about() {
        assert_eq!(
            find(Some("/bin/sh".into())).unwrap(),
            PathBuf::from("/bin/sh")
        );
        let error = find(Some("/etc/passwd".into())).unwrap_err();
        assert_eq!(error.exit_code(), 7);
        assert!(error.to_string().contains("/etc/passwd"), "{error}");
    }
}
