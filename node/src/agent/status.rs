//! What the sessions' servers say of themselves, each on a socket in its session's folder.
//!
//! The keeper made that socket and the folder is ours, but whoever took a session over answers what they
//! like, or not at all. So answers are short, all are waited for at once and for a moment only, and five
//! numbers of each are looked at. Each server is told first whether its session is going to end.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::os::fd::{AsFd, AsRawFd as _};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use hackstream_control_api::id::SessionId;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType, connect, socket_with};
use serde::{Deserialize, Serialize};

use super::timers::Warning;

/// How long all answers together may take.
const PATIENCE: Duration = Duration::from_millis(500);

/// Bytes of an answer that are read: those of a session with many viewers.
const MOST_BYTES: usize = 256 << 10;

/// Bytes that are read at once.
const PIECE: usize = 16 << 10;

/// What a server says.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Said {
    /// Viewers that are connected now.
    pub viewers: u32,
    /// For how long nobody has done anything.
    pub still: Option<Duration>,
    /// For how long nobody has heard anything.
    pub quiet: Option<Duration>,
    /// How long ago the first viewer came.
    pub first_viewer: Option<Duration>,
    /// How long ago the first frame was sent.
    pub first_frame: Option<Duration>,
}

#[derive(Deserialize)]
struct Answer {
    viewers: Vec<serde::de::IgnoredAny>,
    last_input_seconds: Option<f64>,
    #[serde(default)]
    last_sound_seconds: Option<f64>,
    #[serde(default)]
    first_viewer_seconds: Option<f64>,
    #[serde(default)]
    first_frame_seconds: Option<f64>,
}

/// A session's server that is to be asked.
#[derive(Clone, Debug)]
pub struct Question {
    /// Whose.
    pub session: SessionId,
    /// The session's folder.
    pub folder: PathBuf,
    /// What its viewers are to know.
    pub warning: Option<Warning>,
}

/// What a server is told. Fields are only ever added.
#[derive(Serialize)]
struct Told {
    ends: Option<Ends>,
}

#[derive(Serialize)]
struct Ends {
    cause: &'static str,
    seconds: u64,
}

/// A server that was asked.
struct Asked {
    session: SessionId,
    stream: UnixStream,
    answer: Vec<u8>,
}

/// Asks the servers; who does not answer sensibly, and soon, is missing.
#[must_use]
pub fn ask(questions: &[Question]) -> BTreeMap<SessionId, Said> {
    let deadline = Instant::now() + PATIENCE;
    let begun = questions.iter().filter_map(|question| {
        Some(Asked {
            session: question.session,
            stream: begin(question).ok()?,
            answer: Vec::new(),
        })
    });
    let mut asked: Vec<Asked> = begun.collect();
    let mut said = BTreeMap::new();
    while !asked.is_empty() && wait(&asked, deadline) {
        asked.retain_mut(|one| match one.hear() {
            Heard::More => true,
            Heard::Nonsense => false,
            Heard::All => {
                said.extend(sense(&one.answer).map(|answer| (one.session, answer)));
                false
            }
        });
    }
    said
}

/// Connects to the socket in the session's folder, and says what there is to say, if that can be done at
/// once.
fn begin(question: &Question) -> io::Result<UnixStream> {
    let inside = File::open(&question.folder)?;
    // Paths of sockets are short; those of folders need not be.
    let path = format!("/proc/self/fd/{}/status.sock", inside.as_raw_fd());
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let socket = socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None)?;
    connect(&socket, &SocketAddrUnix::new(path)?)?;
    let mut stream = UnixStream::from(socket);
    let ends = question.warning.map(|warning| Ends {
        cause: warning.cause.name(),
        seconds: warning.within.0,
    });
    let mut line = serde_json::to_vec(&Told { ends })?;
    line.push(b'\n');
    stream.write_all(&line)?;
    Ok(stream)
}

/// Waits until one of them says something; whether that was before the deadline.
fn wait(asked: &[Asked], deadline: Instant) -> bool {
    let left = deadline.saturating_duration_since(Instant::now());
    let timeout = Timespec::try_from(left).ok();
    let watch = |one| PollFd::from_borrowed_fd(one, PollFlags::IN);
    let mut sources: Vec<_> = asked.iter().map(|one| watch(one.stream.as_fd())).collect();
    match poll(&mut sources, timeout.as_ref()) {
        Ok(ready) => ready > 0 && !left.is_zero(),
        Err(error) => error == rustix::io::Errno::INTR,
    }
}

/// What a server has said now.
enum Heard {
    /// Something may follow.
    More,
    /// All of it.
    All,
    /// More than there is to say, or nothing that can be read.
    Nonsense,
}

impl Asked {
    fn hear(&mut self) -> Heard {
        let mut piece = [0; PIECE];
        match self.stream.read(&mut piece) {
            Ok(0) => Heard::All,
            Ok(count) if self.answer.len() + count <= MOST_BYTES => {
                self.answer.extend_from_slice(&piece[..count]);
                Heard::More
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Heard::More,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Heard::More,
            Ok(_) | Err(_) => Heard::Nonsense,
        }
    }
}

fn sense(answer: &[u8]) -> Option<Said> {
    let answer: Answer = serde_json::from_slice(answer).ok()?;
    let span = |seconds: Option<f64>| Duration::try_from_secs_f64(seconds?).ok();
    Some(Said {
        viewers: u32::try_from(answer.viewers.len()).ok()?,
        still: span(answer.last_input_seconds),
        quiet: span(answer.last_sound_seconds),
        first_viewer: span(answer.first_viewer_seconds),
        first_frame: span(answer.first_frame_seconds),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::net::UnixListener;
    use std::path::Path;

    use hackstream_control_api::session::StopCause;
    use hackstream_control_api::time::Seconds;

    const SENSE: &[u8] = br#"{"viewers":[{}],"last_input_seconds":2.5,"last_sound_seconds":0.5,
            "first_viewer_seconds":4.0,"first_frame_seconds":3.5,"x":1}"#;

    fn question(last: char, folder: &Path, warning: Option<Warning>) -> Question {
        Question {
            session: session(last),
            folder: folder.to_owned(),
            warning,
        }
    }

    fn session(last: char) -> SessionId {
        format!("01ARZ3NDEKTSV4RRFFQ69G5FA{last}").parse().unwrap()
    }

    /// One who says nothing, one who never accepts, one who talks on and one who is gone hold up nobody.
    #[test]
    fn who_answers_is_heard_whatever_the_others_do() {
        let dir = tempfile::tempdir().unwrap();
        let place = |name: &str| {
            let folder = dir.path().join(name);
            std::fs::create_dir(&folder).unwrap();
            let listener = UnixListener::bind(folder.join("status.sock")).unwrap();
            (folder, listener)
        };
        let (good, good_listener) = place("good");
        let (silent, _silent_listener) = place("silent");
        let (endless, endless_listener) = place("endless");
        let (full, full_listener) = place("full");
        let gone = dir.path().join("gone");
        rustix::net::listen(&full_listener, 0).unwrap();
        let crowd = std::iter::from_fn(|| begin(&question('D', &full, None)).ok());
        let crowd: Vec<_> = crowd.collect();
        assert!(crowd.len() < 100, "its backlog is full");
        let answering = std::thread::spawn(move || {
            let (mut stream, _) = good_listener.accept().unwrap();
            let mut heard = [0; 64];
            let count = stream.read(&mut heard).unwrap();
            stream.write_all(SENSE).unwrap();
            String::from_utf8(heard[..count].to_vec()).unwrap()
        });
        let talking = std::thread::spawn(move || {
            let (mut stream, _) = endless_listener.accept().unwrap();
            while stream.write_all(&[b' '; 1024]).is_ok() {}
        });
        let all = [&good, &silent, &endless, &full, &gone];
        let warning = Warning {
            cause: StopCause::Idle,
            within: Seconds(42),
        };
        let sockets = all.iter().zip("ABCDE".chars());
        let questions = sockets.map(|(folder, last)| question(last, folder, Some(warning)));
        let said = ask(&questions.collect::<Vec<_>>());
        let heard = answering.join().unwrap();
        assert_eq!(heard, "{\"ends\":{\"cause\":\"idle\",\"seconds\":42}}\n");
        talking.join().unwrap();
        let expected = Said {
            viewers: 1,
            still: Some(Duration::from_millis(2500)),
            quiet: Some(Duration::from_millis(500)),
            first_viewer: Some(Duration::from_secs(4)),
            first_frame: Some(Duration::from_millis(3500)),
        };
        assert_eq!(said, BTreeMap::from([(session('A'), expected)]));
    }

    #[test]
    fn nonsense_is_no_answer() {
        for bad in [
            &b"{}"[..],
            b"",
            br#"{"viewers":1,"last_input_seconds":null}"#,
        ] {
            assert_eq!(sense(bad), None);
        }
        let strange = br#"{"viewers":[],"last_input_seconds":-1e300}"#;
        assert_eq!(sense(strange).unwrap().still, None);
    }
}
