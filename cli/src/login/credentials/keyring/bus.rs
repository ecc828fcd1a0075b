//! Where the bus of this session is, and whether a keyring can be reached by it.

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use zbus::Connection;
use zbus::fdo::DBusProxy;

/// The name by which keyrings are known on the bus.
pub(super) const SERVICE: &str = "org.freedesktop.secrets";

/// The bus that the variables name; `None` if they name none. Looks for the usual socket, and connects to
/// nothing.
pub(super) fn address(variable: impl Fn(&str) -> Option<OsString>) -> Option<String> {
    let set = |name| variable(name).filter(|value: &OsString| !value.is_empty());
    if let Some(address) = set("DBUS_SESSION_BUS_ADDRESS") {
        return Some(address.to_string_lossy().into_owned());
    }
    let folder = PathBuf::from(set("XDG_RUNTIME_DIR")?);
    let socket = folder.join("bus");
    (folder.is_absolute() && socket.exists()).then(|| address_of(&socket))
}

/// Whether somebody has that name, or would be started for whoever asks.
pub(super) async fn has_keyring(connection: &Connection) -> zbus::Result<bool> {
    let bus = DBusProxy::new(connection).await?;
    if bus.name_has_owner(SERVICE.try_into()?).await? {
        return Ok(true);
    }
    let startable = bus.list_activatable_names().await?;
    Ok(startable.iter().any(|name| name.as_str() == SERVICE))
}

/// As the specification of D-Bus has it: other bytes than these stand as `%HEX`.
fn address_of(socket: &Path) -> String {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_/.\\*".contains(byte);
    let shown = socket.as_os_str().as_bytes().iter().map(|byte| {
        let is_plain = plain(byte);
        match is_plain {
            true => char::from(*byte).to_string(),
            false => format!("%{byte:02x}"),
        }
    });
    format!("unix:path={}", shown.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(variables: &[(&str, &str)]) -> Option<String> {
        address(|wanted| {
            let found = variables.iter().find(|(name, _)| *name == wanted);
            found.map(|(_, value)| value.into())
        })
    }

    #[test]
    fn the_variable_comes_before_the_usual_socket() {
        let home = tempfile::tempdir().unwrap();
        let runtime = home.path().join("run me");
        std::fs::create_dir(&runtime).unwrap();
        let folder = runtime.to_str().unwrap();
        let usual = ("XDG_RUNTIME_DIR", folder);
        assert_eq!(found(&[]), None);
        assert_eq!(found(&[usual, ("DBUS_SESSION_BUS_ADDRESS", "")]), None);
        std::fs::write(runtime.join("bus"), "").unwrap();
        let socket = format!("unix:path={}/bus", folder.replace(' ', "%20"));
        assert_eq!(found(&[usual]), Some(socket));
        let named = ("DBUS_SESSION_BUS_ADDRESS", "unix:path=/run/bus");
        assert_eq!(
            found(&[usual, named]).as_deref(),
            Some("unix:path=/run/bus")
        );
    }
}
