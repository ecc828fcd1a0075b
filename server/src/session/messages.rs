//! What the server and the supervisor of its processes say to each other, on a socket pair.
//!
//! A message is a length and texts that end in a zero byte; neither arguments nor environment of
//! a process can contain one. End of file from the server means: end everything.

use std::ffi::{OsStr, OsString};
use std::io::{self, Read, Write};
use std::os::unix::ffi::{OsStrExt, OsStringExt};

/// Longest message; as much as Linux accepts as arguments and environment by default.
const MAX_MESSAGE_BYTES: usize = 2 << 20;

/// What a process is for. Processes end in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Role {
    /// The application.
    Command,
    /// The window manager.
    WindowManager,
    /// The sound server.
    Sound,
    /// The bus on which programs talk to each other.
    Bus,
    /// The X server.
    Display,
}

/// Order of ending.
pub(super) const ROLES: [Role; 5] = [
    Role::Command,
    Role::WindowManager,
    Role::Sound,
    Role::Bus,
    Role::Display,
];

impl Role {
    const fn name(self) -> &'static str {
        match self {
            Self::Command => "command",
            Self::WindowManager => "window manager",
            Self::Sound => "sound server",
            Self::Bus => "bus",
            Self::Display => "display",
        }
    }

    fn from_name(name: &OsStr) -> io::Result<Self> {
        let mut roles = ROLES.into_iter();
        roles.find(|role| name == role.name()).ok_or_else(malformed)
    }
}

/// A process to start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Launch {
    pub(super) role: Role,
    /// Name looked up in `PATH`, or a path.
    pub(super) program: OsString,
    pub(super) arguments: Vec<OsString>,
    /// Changes of the environment; `None` removes the variable.
    pub(super) environment: Vec<(OsString, Option<OsString>)>,
    /// Option whose value is the number of a descriptor on which the program writes a line when
    /// it is ready.
    pub(super) ready_option: Option<OsString>,
}

/// How a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// With this exit code.
    Exited(i32),
    /// Killed by this signal.
    Killed(i32),
}

impl Outcome {
    /// The code that a shell would report: 128 and the number for a signal.
    #[must_use]
    pub const fn shell_code(self) -> i32 {
        match self {
            Self::Exited(code) => code,
            Self::Killed(signal) => 128 + signal,
        }
    }
}

impl std::fmt::Display for Outcome {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Exited(code) => write!(f, "exit code {code}"),
            Self::Killed(signal) => write!(f, "signal {signal}"),
        }
    }
}

/// What the supervisor tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Report {
    /// The process runs. `ready` is what it wrote when it was; empty if it did not.
    Launched { ready: String },
    /// The system did not start the process: this is its error number.
    NotLaunched { errno: i32 },
    /// A process ended.
    Ended { role: Role, outcome: Outcome },
}

impl Launch {
    pub(super) fn write(&self, to: &mut impl Write) -> io::Result<()> {
        let mut texts = vec![
            OsString::from(self.role.name()),
            self.ready_option.clone().unwrap_or_default(),
            OsString::from(self.environment.len().to_string()),
        ];
        for (name, value) in &self.environment {
            texts.push(name.clone());
            texts.push(OsString::from(if value.is_some() {
                "set"
            } else {
                "remove"
            }));
            texts.push(value.clone().unwrap_or_default());
        }
        texts.push(self.program.clone());
        texts.extend(self.arguments.iter().cloned());
        write_texts(to, &texts)
    }

    /// `None` at the end of the stream.
    pub(super) fn read(from: &mut impl Read) -> io::Result<Option<Self>> {
        let Some(texts) = read_texts(from)? else {
            return Ok(None);
        };
        let mut texts = texts.into_iter();
        let mut next = || texts.next().ok_or_else(malformed);
        let role = Role::from_name(&next()?)?;
        let ready_option = Some(next()?).filter(|option| !option.is_empty());
        let count: usize = number(&next()?)?;
        let mut environment = Vec::new();
        for _ in 0..count {
            let (name, verb, value) = (next()?, next()?, next()?);
            environment.push((name, (verb == "set").then_some(value)));
        }
        Ok(Some(Self {
            role,
            program: next()?,
            arguments: texts.collect(),
            environment,
            ready_option,
        }))
    }
}

impl Report {
    pub(super) fn write(&self, to: &mut impl Write) -> io::Result<()> {
        let (kind, first, second) = match self {
            Self::Launched { ready } => ("launched", ready.clone(), String::new()),
            Self::NotLaunched { errno } => ("not launched", errno.to_string(), String::new()),
            Self::Ended { role, outcome } => match outcome {
                Outcome::Exited(code) => ("exited", role.name().into(), code.to_string()),
                Outcome::Killed(signal) => ("killed", role.name().into(), signal.to_string()),
            },
        };
        write_texts(to, &[kind.into(), first.into(), second.into()])
    }

    /// `None` at the end of the stream.
    pub(super) fn read(from: &mut impl Read) -> io::Result<Option<Self>> {
        let Some(texts) = read_texts(from)? else {
            return Ok(None);
        };
        let [kind, first, second] = texts.as_slice() else {
            return Err(malformed());
        };
        let ended = |outcome| -> io::Result<Self> {
            let role = Role::from_name(first)?;
            Ok(Self::Ended { role, outcome })
        };
        Ok(Some(match kind.as_bytes() {
            b"launched" => Self::Launched {
                ready: first.to_string_lossy().into_owned(),
            },
            b"not launched" => Self::NotLaunched {
                errno: number(first)?,
            },
            b"exited" => ended(Outcome::Exited(number(second)?))?,
            b"killed" => ended(Outcome::Killed(number(second)?))?,
            _ => return Err(malformed()),
        }))
    }
}

fn malformed() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "malformed message")
}

fn number<T: std::str::FromStr>(text: &OsStr) -> io::Result<T> {
    let text = text.to_str().ok_or_else(malformed)?;
    text.parse().map_err(|_| malformed())
}

fn write_texts(to: &mut impl Write, texts: &[OsString]) -> io::Result<()> {
    let mut message = vec![0; 4];
    for text in texts {
        message.extend_from_slice(text.as_bytes());
        message.push(0);
    }
    let length = message.len() - 4;
    if length > MAX_MESSAGE_BYTES {
        return Err(io::Error::from_raw_os_error(
            rustix::io::Errno::TOOBIG.raw_os_error(),
        ));
    }
    message[..4].copy_from_slice(&(length as u32).to_le_bytes());
    to.write_all(&message)
}

fn read_texts(from: &mut impl Read) -> io::Result<Option<Vec<OsString>>> {
    let mut length = [0; 4];
    match from.read_exact(&mut length) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        result => result?,
    }
    let length = u32::from_le_bytes(length) as usize;
    if length > MAX_MESSAGE_BYTES {
        return Err(malformed());
    }
    let mut message = vec![0; length];
    from.read_exact(&mut message)?;
    let body = message.strip_suffix(&[0]).ok_or_else(malformed)?;
    let texts = body.split(|&byte| byte == 0);
    Ok(Some(
        texts.map(|t| OsString::from_vec(t.to_vec())).collect(),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn launches_round_trip_with_any_bytes() {
        let launch = Launch {
            role: Role::Command,
            program: "a b".into(),
            arguments: vec!["".into(), OsString::from_vec(vec![0xff, b'\n']), "=".into()],
            environment: vec![("X".into(), Some("".into())), ("Y".into(), None)],
            ready_option: Some("-displayfd".into()),
        };
        let mut bytes = Vec::new();
        launch.write(&mut bytes).unwrap();
        let mut from = bytes.as_slice();
        assert_eq!(Launch::read(&mut from).unwrap(), Some(launch));
        assert_eq!(Launch::read(&mut from).unwrap(), None);
    }

    #[test]
    fn reports_round_trip() {
        let reports = [
            Report::Launched { ready: "12".into() },
            Report::NotLaunched { errno: 2 },
            Report::Ended {
                role: Role::Display,
                outcome: Outcome::Exited(-1),
            },
            Report::Ended {
                role: Role::WindowManager,
                outcome: Outcome::Killed(9),
            },
        ];
        let mut bytes = Vec::new();
        reports.iter().for_each(|r| r.write(&mut bytes).unwrap());
        let mut from = bytes.as_slice();
        for report in reports {
            assert_eq!(Report::read(&mut from).unwrap(), Some(report));
        }
    }

    #[test]
    fn malformed_messages_are_refused() {
        for bytes in [
            &b"\xff\xff\xff\xff"[..],
            b"\x01\0\0\0x",
            b"\x02\0\0\0x\0",
            b"\x04\0\0\0a",
        ] {
            assert!(Report::read(&mut &bytes[..]).is_err());
            assert!(Launch::read(&mut &bytes[..]).is_err());
        }
    }
}
