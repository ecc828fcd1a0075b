//! Pictures that the person takes while they watch: where they go, and under which names.

use std::env;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, BufWriter};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use hackstream_files::picture_directory;
use hackstream_protocol::geometry::Size;

use super::write_png;
use crate::picture::Picture;
use crate::shared::Shared;

/// Names tried when pictures are taken in the same second.
const MOST_NAMES: u32 = 100;

/// What came of a picture, as lines for the person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Saved(pub(crate) Vec<String>);

/// Takes pictures, each on a thread of its own: packing one takes as long as dozens of frames.
pub(crate) struct Album {
    sender: Sender<Saved>,
    receiver: Receiver<Saved>,
    /// The last one. A picture that is being written when the viewer ends is finished first.
    writing: Option<JoinHandle<()>>,
}

impl Album {
    /// An empty one.
    pub(crate) fn new() -> Self {
        let (sender, receiver) = channel();
        Self {
            sender,
            receiver,
            writing: None,
        }
    }

    /// Takes a picture of what `host` shows. The front is woken when it is written.
    pub(crate) fn take(&mut self, shared: &Arc<Shared>, host: &str) {
        if self
            .writing
            .as_ref()
            .is_some_and(|thread| !thread.is_finished())
        {
            // It will be told when the one before is written.
            return;
        }
        self.finish();
        let (shared, sender) = (Arc::clone(shared), self.sender.clone());
        let stem = stem(host, SystemTime::now());
        let write = move || {
            let saved = save(&shared, &folder(|name| env::var_os(name)), &stem);
            // Nobody listens once the window is closed.
            let _ = sender.send(told(saved));
            shared.wake_front();
        };
        match Builder::new().name("screenshot".into()).spawn(write) {
            Ok(thread) => self.writing = Some(thread),
            Err(error) => {
                let _ = self.sender.send(told(Err(error)));
            }
        }
    }

    /// What came of a picture since this was asked last.
    pub(crate) fn news(&mut self) -> Option<Saved> {
        let news = self.receiver.try_iter().last();
        if news.is_some() {
            // Once it is told, the next one is not too early, though the thread may not be gone yet.
            self.finish();
        }
        news
    }

    fn finish(&mut self) {
        if let Some(thread) = self.writing.take() {
            // What it has to say it has sent.
            let _ = thread.join();
        }
    }
}

impl Drop for Album {
    fn drop(&mut self) {
        self.finish();
    }
}

fn told(saved: io::Result<PathBuf>) -> Saved {
    match saved {
        Ok(path) => {
            eprintln!("hackstream-view: the picture is in {}", path.display());
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let folder = path.parent().unwrap_or(Path::new(".")).display();
            Saved(vec![format!("Saved {name}"), format!("in {folder}")])
        }
        Err(error) => {
            eprintln!("hackstream-view: cannot write a picture: {error}");
            Saved(vec![
                "Cannot write the picture:".to_owned(),
                error.to_string(),
            ])
        }
    }
}

/// Writes the picture into `folder`, under a name that nothing has.
fn save(shared: &Shared, folder: &Path, stem: &str) -> io::Result<PathBuf> {
    let (path, file) = create_new(folder, stem)?;
    let (size, pixels) = copied(&shared.picture());
    let row = |y: u32| {
        let width = size.width as usize;
        let start = y as usize * width;
        &pixels[start..start + width]
    };
    let written = write_png(size, row, BufWriter::new(file));
    match written {
        Ok(()) => Ok(path),
        Err(error) => {
            // A part of a picture is of no use.
            let _ = fs::remove_file(&path);
            Err(error)
        }
    }
}

/// A copy of the picture: nothing goes on while somebody holds it, and disks may be slow.
fn copied(picture: &Picture) -> (Size, Vec<u32>) {
    let size = picture.size();
    let mut pixels = Vec::with_capacity(size.width as usize * size.height as usize);
    for y in 0..size.height {
        pixels.extend_from_slice(picture.row(y));
    }
    (size, pixels)
}

fn create_new(folder: &Path, stem: &str) -> io::Result<(PathBuf, File)> {
    let mut number = 1;
    loop {
        let name = match number {
            1 => format!("{stem}.png"),
            n => format!("{stem}-{n}.png"),
        };
        let path = folder.join(name);
        match File::create_new(&path) {
            Ok(file) => return Ok((path, file)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && number < MOST_NAMES => {
                number += 1;
            }
            Err(error) => {
                let why = format!("{}: {error}", folder.display());
                return Err(io::Error::new(error.kind(), why));
            }
        }
    }
}

/// The person's folder for pictures, or the current one.
fn folder(variable: impl Fn(&str) -> Option<OsString>) -> PathBuf {
    let told = variable("XDG_PICTURES_DIR").filter(|path| !path.is_empty());
    let candidates = [told.map(PathBuf::from), picture_directory(variable)];
    let found = candidates.into_iter().flatten().find(|dir| dir.is_dir());
    found
        .or_else(|| env::current_dir().ok())
        .unwrap_or_default()
}

/// The file's name without its ending: the host and the time, as UTC.
fn stem(host: &str, now: SystemTime) -> String {
    let harmless = |c: char| c.is_ascii_alphanumeric() || "-.".contains(c);
    let host = host.replace(|c| !harmless(c), "_");
    let seconds = now.duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
    format!("hackstream-{host}-{}", utc(seconds.as_secs()))
}

/// Seconds since 1970 as `20261122T174326Z`.
fn utc(seconds: u64) -> String {
    let (days, second) = (seconds / 86_400, seconds % 86_400);
    let (year, month, day) = date(days);
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    format!("{year:04}{month:02}{day:02}T{hour:02}{minute:02}{second:02}Z")
}

/// The date of a day, counted from 1970: years of the calendar repeat every 400, and begin in March,
/// so that the day which some have more is their last.
const fn date(days: u64) -> (u64, u64, u64) {
    let days = days + 719_468;
    let (era, day) = (days / 146_097, days % 146_097);
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let date = day - (153 * month + 2) / 5 + 1;
    let (month, carry) = match month < 10 {
        true => (month + 3, 0),
        false => (month - 9, 1),
    };
    (era * 400 + year + carry, month, date)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_told_as_in_the_calendar() {
        for (seconds, text) in [
            (0, "19700101T000000Z"),
            (951_782_399, "20000228T235959Z"),
            (951_782_400, "20000229T000000Z"),
            (1_795_369_406, "20261122T174326Z"),
            (4_107_542_400, "21000301T000000Z"),
        ] {
            assert_eq!(utc(seconds), text);
        }
    }

    #[test]
    fn names_cannot_leave_the_folder() {
        let stem = stem("../e:v/il", UNIX_EPOCH);
        assert_eq!(stem, "hackstream-.._e_v_il-19700101T000000Z");
    }

    #[test]
    fn the_next_may_be_taken_once_the_one_before_is_told() {
        let mut album = Album::new();
        let (sender, (told, telling)) = (album.sender.clone(), channel());
        album.writing = Some(std::thread::spawn(move || {
            let _ = sender.send(Saved(Vec::new()));
            let _ = told.send(());
        }));
        telling.recv().expect("told");
        assert!(album.news().is_some());
        assert!(album.writing.is_none());
    }

    #[test]
    fn nothing_is_overwritten() {
        let dir = tempfile::tempdir().expect("dir");
        let name = |stem: &str| {
            let (path, _) = create_new(dir.path(), stem).expect("a file");
            path.file_name().expect("a name").to_owned()
        };
        assert_eq!(["a", "a", "a"].map(name), ["a.png", "a-2.png", "a-3.png"]);
    }

    #[test]
    fn pictures_go_where_the_desktop_has_them() {
        let dir = tempfile::tempdir().expect("dir");
        let home = dir.path().join("home");
        let config = home.join(".config");
        let (own, usual) = (home.join("Bilder"), home.join("Pictures"));
        for folder in [&config, &own, &usual] {
            fs::create_dir_all(folder).expect("a folder");
        }
        let home_only = |name: &str| (name == "HOME").then(|| home.clone().into_os_string());
        assert_eq!(folder(home_only), usual);
        let settings = "# x\nXDG_MUSIC_DIR=\"$HOME/m\"\nXDG_PICTURES_DIR=\"$HOME/Bilder\"\n";
        fs::write(config.join("user-dirs.dirs"), settings).expect("a file");
        assert_eq!(folder(home_only), own);
        let told = |name: &str| match name {
            "XDG_PICTURES_DIR" => Some(dir.path().into()),
            _ => home_only(name),
        };
        assert_eq!(folder(told), dir.path());
        assert_eq!(folder(|_| None), env::current_dir().expect("a folder"));
    }
}
