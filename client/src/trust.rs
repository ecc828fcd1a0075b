//! Whether the server at the other end is the one the person means.

use std::io::{self, BufRead as _, IsTerminal as _, Write as _};
use std::path::PathBuf;

use hackstream_transport::Fingerprint;

use crate::config::{ServerAddress, TrustPolicy};
use crate::known_hosts::{self, KnownHostsError};

/// Why the viewer does not talk to a server.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TrustError {
    /// The server shows no certificate with a key.
    #[error("{0} shows no identity")]
    NoIdentity(ServerAddress),
    /// Another key than the one given on the command line, or than before the interruption.
    #[error(
        "{server} has the fingerprint {found}, not {expected}. Somebody may be intercepting the \
         connection; ask the person who runs the server for the right fingerprint"
    )]
    NotTheExpected {
        /// Which server.
        server: ServerAddress,
        /// Its fingerprint.
        found: Fingerprint,
        /// The one it should have.
        expected: Fingerprint,
    },
    /// Another key than the one remembered.
    #[error(transparent)]
    Changed(Box<ChangedKey>),
    /// Nobody vouched for the server, and nobody can be asked.
    #[error(
        "{server} is unknown and there is no terminal to ask on. Its fingerprint is {found}: \
         if it is right, give it with --fingerprint, or remember it with --accept-new"
    )]
    Unknown {
        /// Which server.
        server: ServerAddress,
        /// Its fingerprint.
        found: Fingerprint,
    },
    /// The person said no.
    #[error("{0} is not trusted, so the viewer did not connect")]
    Declined(ServerAddress),
    /// The file of known servers cannot be used.
    #[error(transparent)]
    KnownHosts(#[from] KnownHostsError),
}

/// A server has another key than the one remembered.
#[derive(Debug, thiserror::Error)]
#[error(
    "the fingerprint of {server} CHANGED from {expected} to {found}. Either the server got a new \
     key or somebody is intercepting the connection. If you know that the key is new, remove line \
     {line} of {} and connect again", file.display()
)]
pub struct ChangedKey {
    /// Which server.
    pub server: ServerAddress,
    /// Its fingerprint.
    pub found: Fingerprint,
    /// The one remembered.
    pub expected: Fingerprint,
    /// Where it is remembered.
    pub file: PathBuf,
    /// Number of the line, from 1.
    pub line: usize,
}

/// What to do about a server.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It is the right one.
    Trusted,
    /// Nobody has vouched for it yet.
    Ask,
}

/// Judges `server`, which has the fingerprint `found`. Remembers it if the policy says so.
///
/// # Errors
/// [`TrustError`] if it is the wrong one.
pub(crate) fn judge(
    policy: &TrustPolicy,
    server: &ServerAddress,
    found: Fingerprint,
) -> Result<Verdict, TrustError> {
    let (file, accept_new) = match policy {
        TrustPolicy::Pinned(expected) if *expected == found => return Ok(Verdict::Trusted),
        TrustPolicy::Pinned(expected) => {
            return Err(TrustError::NotTheExpected {
                server: server.clone(),
                found,
                expected: *expected,
            });
        }
        TrustPolicy::KnownHosts { file, accept_new } => (file, *accept_new),
    };
    match known_hosts::find(file, server)? {
        Some(entry) if entry.fingerprint == found => Ok(Verdict::Trusted),
        Some(entry) => Err(TrustError::Changed(Box::new(ChangedKey {
            server: server.clone(),
            found,
            expected: entry.fingerprint,
            file: file.clone(),
            line: entry.line,
        }))),
        None if accept_new => {
            known_hosts::remember(file, server, &found)?;
            Ok(Verdict::Trusted)
        }
        None => Ok(Verdict::Ask),
    }
}

/// Asks the person at the terminal whether `found` is right, and remembers a yes.
///
/// Blocks until there is an answer.
///
/// # Errors
/// [`TrustError`] if there is nobody to ask or the answer is no.
pub(crate) fn ask(
    policy: &TrustPolicy,
    server: &ServerAddress,
    found: Fingerprint,
) -> Result<(), TrustError> {
    if !(io::stdin().is_terminal() && io::stderr().is_terminal()) {
        return Err(TrustError::Unknown {
            server: server.clone(),
            found,
        });
    }
    eprintln!("{server} is not known here. The fingerprint of its key is\n  {found}");
    eprint!("Compare it with the one that the server printed at its start. Is it right? [y/N] ");
    let mut answer = String::new();
    let read = io::stderr()
        .flush()
        .and_then(|()| io::stdin().lock().read_line(&mut answer));
    let yes = matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes");
    if read.is_err() || !yes {
        return Err(TrustError::Declined(server.clone()));
    }
    if let TrustPolicy::KnownHosts { file, .. } = policy {
        known_hosts::remember(file, server, &found)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fingerprint(digit: char) -> Fingerprint {
        let hex: String = std::iter::repeat_n(digit, 64).collect();
        format!("sha256:{hex}").parse().expect("fingerprint")
    }

    #[test]
    fn a_new_server_is_remembered_and_a_changed_one_refused() {
        let dir = tempfile::tempdir().expect("dir");
        let file = dir.path().join("known_hosts");
        let server: ServerAddress = "h:1".parse().expect("address");
        let policy = |accept_new| TrustPolicy::KnownHosts {
            file: file.clone(),
            accept_new,
        };
        let first = judge(&policy(false), &server, fingerprint('1')).expect("unknown");
        assert_eq!(first, Verdict::Ask);
        for accept_new in [true, false] {
            let again = judge(&policy(accept_new), &server, fingerprint('1')).expect("known");
            assert_eq!(again, Verdict::Trusted);
        }
        let changed = judge(&policy(true), &server, fingerprint('2')).expect_err("changed");
        assert!(
            matches!(&changed, TrustError::Changed(key) if key.line == 1),
            "{changed}"
        );
    }

    #[test]
    fn a_pinned_fingerprint_ignores_what_is_remembered() {
        let server: ServerAddress = "h:1".parse().expect("address");
        let policy = TrustPolicy::Pinned(fingerprint('1'));
        assert_eq!(
            judge(&policy, &server, fingerprint('1')).expect("same"),
            Verdict::Trusted
        );
        assert!(judge(&policy, &server, fingerprint('2')).is_err());
    }
}
