//! The server's key on disk.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on fails"
)]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use hackstream_transport::{Identity, TransportError};

/// An empty directory, named after the test.
fn directory(name: &str) -> PathBuf {
    let dir = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&dir);
    dir
}

fn mode(path: &PathBuf) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn the_key_stays_the_same_and_private() {
    let dir = directory("same");
    let first = Identity::load_or_create(&dir).unwrap().fingerprint();
    let second = Identity::load_or_create(&dir).unwrap().fingerprint();
    assert_eq!(first, second);
    assert_eq!(mode(&dir), 0o700);
    assert_eq!(mode(&dir.join("server.key")), 0o600);
    assert_eq!(fs::read_dir(&dir).unwrap().count(), 1, "a file was left");
    assert_ne!(Identity::generate().unwrap().fingerprint(), first);
}

#[test]
fn servers_that_start_together_share_one_key() {
    let dir = directory("together");
    let prints: Vec<_> = std::thread::scope(|scope| {
        let starts: Vec<_> = (0..4)
            .map(|_| scope.spawn(|| Identity::load_or_create(&dir).unwrap().fingerprint()))
            .collect();
        starts.into_iter().map(|s| s.join().unwrap()).collect()
    });
    assert!(prints.iter().all(|print| *print == prints[0]), "{prints:?}");
}

#[test]
fn a_key_that_others_can_read_is_refused() {
    let dir = directory("exposed");
    Identity::load_or_create(&dir).unwrap();
    let key = dir.join("server.key");
    fs::set_permissions(&key, fs::Permissions::from_mode(0o640)).unwrap();
    let error = Identity::load_or_create(&dir).unwrap_err();
    assert!(matches!(error, TransportError::KeyExposed { .. }));
    assert!(error.to_string().contains("640"), "{error}");
    assert!(error.to_string().contains("chmod"), "{error}");
}

#[test]
fn a_directory_that_others_can_write_is_refused() {
    let dir = directory("shared");
    fs::create_dir_all(&dir).unwrap();
    fs::set_permissions(&dir, fs::Permissions::from_mode(0o777)).unwrap();
    let error = Identity::load_or_create(&dir).unwrap_err();
    assert!(matches!(error, TransportError::KeyExposed { .. }));
}

#[test]
fn a_damaged_key_is_reported_and_kept() {
    let dir = directory("damaged");
    Identity::load_or_create(&dir).unwrap();
    let key = dir.join("server.key");
    for damage in [&b""[..], b"not a key", &[0; 100_000]] {
        fs::write(&key, damage).unwrap();
        let error = Identity::load_or_create(&dir).unwrap_err();
        assert!(matches!(error, TransportError::KeyDamaged { .. }));
        assert!(error.to_string().contains("delete it"), "{error}");
        assert_eq!(fs::read(&key).unwrap(), damage);
    }
}
