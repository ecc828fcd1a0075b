//! The folders of a session in a container: those that end with it, and the home that may not.

use std::fs::{self, DirBuilder, Metadata, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use super::EntrypointError;
use super::settings::Profile;

/// Where everything is.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Places {
    /// Where the program keeps its files.
    pub(super) home: PathBuf,
    /// What `XDG_STATE_HOME` is to be: the server's key, its token and its socket.
    pub(super) state_home: PathBuf,
    /// What `XDG_RUNTIME_DIR` is to be.
    pub(super) runtime: PathBuf,
}

/// Our folder in `XDG_STATE_HOME`.
const STATE: &str = "hackstream";

/// Makes the folders below `work`, which only this user may enter. `home` is the user's own.
///
/// What a container left there that was started before is removed if the profile is ephemeral; the
/// server's key and token stay.
///
/// # Errors
/// [`EntrypointError`] if a folder belongs to somebody else or cannot be written to.
pub(super) fn prepare(
    work: &Path,
    profile: Profile,
    home: Option<PathBuf>,
) -> Result<Places, EntrypointError> {
    let user = rustix::process::geteuid().as_raw();
    own_folder(work, user)?;
    let places = Places {
        home: match profile {
            Profile::Ephemeral => work.join("home"),
            Profile::Persist => persistent(home, user)?,
        },
        state_home: work.join("state"),
        runtime: work.join("runtime"),
    };
    own_folder(&places.state_home, user)?;
    anew(&places.runtime)?;
    let state = places.state_home.join(STATE);
    match profile {
        Profile::Ephemeral => anew(&places.home)?,
        // So that viewers that remember the server know it again.
        Profile::Persist => link_state(&state, &places.home)?,
    }
    Ok(places)
}

/// The user's home, if it can be one.
fn persistent(home: Option<PathBuf>, user: u32) -> Result<PathBuf, EntrypointError> {
    let home = home.filter(|home| home.is_absolute());
    let home = home.ok_or(EntrypointError::NoHome)?;
    let unusable = |source| EntrypointError::Home {
        path: home.clone(),
        source,
    };
    let found = fs::metadata(&home).map_err(unusable)?;
    if found.uid() != user {
        let owner = found.uid();
        let path = home;
        return Err(EntrypointError::ForeignHome { path, owner, user });
    }
    // Permissions do not tell of a disk that is full or cannot be written to.
    let probe = home.join(".hackstream-probe");
    let written = remove_if_there(&probe).and_then(|()| write_probe(&probe));
    // It goes in any case: on a full disk it stands there, empty.
    let removed = remove_if_there(&probe);
    written.and(removed).map_err(unusable)?;
    Ok(home)
}

fn write_probe(probe: &Path) -> io::Result<()> {
    let mut options = OpenOptions::new();
    let mut file = options
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(probe)?;
    io::Write::write_all(&mut file, &[0; 4096])
}

/// Removes the file, which somebody who was killed may have left.
fn remove_if_there(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Makes the folder, or takes it if it is this user's alone.
fn own_folder(path: &Path, user: u32) -> Result<(), EntrypointError> {
    let failed = |source| place_error(path, source);
    match DirBuilder::new().mode(0o700).create(path) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            // Not following links: `/tmp` may be shared with those who would like to lead us.
            let found = fs::symlink_metadata(path).map_err(failed)?;
            if is_private(&found, user) {
                return Ok(());
            }
            let path = path.to_owned();
            Err(EntrypointError::ForeignPlace { path })
        }
        Err(error) => Err(failed(error)),
    }
}

fn is_private(found: &Metadata, user: u32) -> bool {
    found.is_dir() && found.uid() == user && found.mode() & 0o077 == 0
}

/// Makes the folder, without what it held.
fn anew(path: &Path) -> Result<(), EntrypointError> {
    let failed = |source| place_error(path, source);
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            make_writable(path).map_err(failed)?;
            fs::remove_dir_all(path).map_err(failed)?;
        }
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(error)),
        _ => {}
    }
    DirBuilder::new().mode(0o700).create(path).map_err(failed)
}

/// Lets us remove what is in the folder: programs protect folders of theirs, even from themselves.
fn make_writable(folder: &Path) -> io::Result<()> {
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        fs::set_permissions(&folder, Permissions::from_mode(0o700))?;
        for entry in fs::read_dir(&folder)? {
            let entry = entry?;
            // Of a link this is the link itself.
            if entry.file_type()?.is_dir() {
                folders.push(entry.path());
            }
        }
    }
    Ok(())
}

/// Has `link` lead to the state of the server in `home`, which is where it would look without us.
fn link_state(link: &Path, home: &Path) -> Result<(), EntrypointError> {
    let failed = |source| place_error(link, source);
    let kept = home.join(".local/state").join(STATE);
    let mut builder = DirBuilder::new();
    let made = builder.recursive(true).mode(0o700).create(&kept);
    made.map_err(|source| place_error(&kept, source))?;
    match fs::symlink_metadata(link) {
        Ok(found) if found.is_dir() => fs::remove_dir_all(link).map_err(failed)?,
        Ok(_) => fs::remove_file(link).map_err(failed)?,
        Err(_) => {}
    }
    symlink(&kept, link).map_err(failed)
}

fn place_error(path: &Path, source: io::Error) -> EntrypointError {
    let path = path.to_owned();
    EntrypointError::Place { path, source }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ephemeral_home_forgets_and_the_state_does_not() {
        let folder = tempfile::tempdir().unwrap();
        let work = folder.path().join("work");
        let places = prepare(&work, Profile::Ephemeral, None).unwrap();
        for (place, is_kept) in [(&places.home, false), (&places.state_home, true)] {
            let file = place.join("file");
            fs::write(&file, "something").unwrap();
            assert_eq!(prepare(&work, Profile::Ephemeral, None).unwrap(), places);
            assert_eq!(file.exists(), is_kept, "{}", file.display());
        }
    }

    #[test]
    fn a_home_that_persists_holds_the_state() {
        let folder = tempfile::tempdir().unwrap();
        let (work, home) = (folder.path().join("work"), folder.path().join("home"));
        fs::create_dir(&home).unwrap();
        for _ in 0..2 {
            let places = prepare(&work, Profile::Persist, Some(home.clone())).unwrap();
            assert_eq!(places.home, home);
            fs::write(places.state_home.join("hackstream/token"), "x").unwrap();
        }
        assert!(home.join(".local/state/hackstream/token").exists());
        assert_eq!(fs::read_dir(&home).unwrap().count(), 1, "no probe stays");
    }

    #[test]
    fn what_somebody_left_who_was_killed_is_in_nobodys_way() {
        let folder = tempfile::tempdir().unwrap();
        let (work, home) = (folder.path().join("work"), folder.path().join("home"));
        fs::create_dir(&home).unwrap();
        fs::write(home.join(".hackstream-probe"), "").unwrap();
        prepare(&work, Profile::Persist, Some(home)).unwrap();
        let places = prepare(&work, Profile::Ephemeral, None).unwrap();
        let protected = places.home.join("a/b");
        fs::create_dir_all(&protected).unwrap();
        for path in [&protected, protected.parent().unwrap()] {
            fs::set_permissions(path, Permissions::from_mode(0o555)).unwrap();
        }
        make_writable(&places.home).unwrap();
        for path in [&protected, protected.parent().unwrap()] {
            assert_eq!(fs::metadata(path).unwrap().mode() & 0o777, 0o700);
        }
        prepare(&work, Profile::Ephemeral, None).unwrap();
        assert!(!protected.exists());
    }

    #[test]
    fn folders_that_others_can_enter_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let work = folder.path().join("work");
        fs::create_dir(&work).unwrap();
        fs::set_permissions(&work, fs::Permissions::from_mode(0o755)).unwrap();
        let error = prepare(&work, Profile::Ephemeral, None).unwrap_err();
        assert!(matches!(error, EntrypointError::ForeignPlace { .. }));
        let link = folder.path().join("link");
        symlink("/tmp", &link).unwrap();
        let error = prepare(&link, Profile::Ephemeral, None).unwrap_err();
        assert!(matches!(error, EntrypointError::ForeignPlace { .. }));
    }

    #[test]
    fn a_home_that_is_none_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let work = folder.path().join("work");
        let refused = |home: Option<&str>| {
            prepare(&work, Profile::Persist, home.map(PathBuf::from)).unwrap_err()
        };
        assert!(matches!(refused(None), EntrypointError::NoHome));
        assert!(matches!(refused(Some("here")), EntrypointError::NoHome));
        let error = refused(Some("/nonexistent"));
        assert!(matches!(error, EntrypointError::Home { .. }));
    }
}
