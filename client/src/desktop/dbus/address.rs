//! Where the session bus is.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::PathBuf;

/// The names of its sockets, in the order in which they are to be tried; a name in the abstract
/// namespace begins with a zero. `variable` tells the variables of the environment.
pub(super) fn sockets(variable: impl Fn(&str) -> Option<OsString>) -> Vec<PathBuf> {
    let set = |name| variable(name).filter(|value| !value.is_empty());
    if let Some(listed) = set("DBUS_SESSION_BUS_ADDRESS") {
        let entries = listed.as_bytes().split(|&byte| byte == b';');
        return entries.filter_map(socket).collect();
    }
    let usual = set("XDG_RUNTIME_DIR").map(|folder| PathBuf::from(folder).join("bus"));
    usual.into_iter().collect()
}

/// The socket of an entry such as `unix:path=/run/user/1000/bus,guid=…`; `None` for other transports.
fn socket(entry: &[u8]) -> Option<PathBuf> {
    let settings = entry.strip_prefix(b"unix:")?;
    let mut settings = settings.split(|&byte| byte == b',');
    settings.find_map(|setting| {
        if let Some(path) = setting.strip_prefix(b"path=") {
            return Some(name(unescaped(path)?));
        }
        let mut hidden = unescaped(setting.strip_prefix(b"abstract=")?)?;
        hidden.insert(0, 0);
        Some(name(hidden))
    })
}

fn name(bytes: Vec<u8>) -> PathBuf {
    PathBuf::from(OsString::from_vec(bytes))
}

/// The value without its `%2f`; `None` if it is malformed.
fn unescaped(value: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut rest = value.iter();
    while let Some(&byte) = rest.next() {
        bytes.push(match byte {
            b'%' => 16 * digit(*rest.next()?)? + digit(*rest.next()?)?,
            byte => byte,
        });
    }
    Some(bytes)
}

fn digit(letter: u8) -> Option<u8> {
    char::from(letter).to_digit(16).map(|digit| digit as u8)
}

/// For messages to the person.
pub(super) fn readable(socket: &OsStr) -> String {
    socket.to_string_lossy().replace('\0', "@")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(address: &str) -> Vec<PathBuf> {
        sockets(|name| match name {
            "DBUS_SESSION_BUS_ADDRESS" => Some(address.into()),
            "XDG_RUNTIME_DIR" => Some("/run/user/7".into()),
            _ => None,
        })
    }

    #[test]
    fn sockets_are_taken_from_the_address_in_their_order() {
        let listed = "tcp:host=a,port=1;unix:guid=0f,path=/tmp/a%20b%2fc;unix:abstract=/x,guid=1";
        let found = with(listed);
        assert_eq!(found, [PathBuf::from("/tmp/a b/c"), PathBuf::from("\0/x")]);
        assert_eq!(readable(found[1].as_os_str()), "@/x");
        for nothing in ["unix:path=%2", "unix:path=%xy", "unix:", "autolaunch:"] {
            assert!(with(nothing).is_empty(), "{nothing}");
        }
    }

    #[test]
    fn without_an_address_it_is_where_systemd_has_it() {
        assert_eq!(with(""), [PathBuf::from("/run/user/7/bus")]);
        assert!(sockets(|_| None).is_empty());
    }
}
