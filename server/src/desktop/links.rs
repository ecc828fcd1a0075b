//! Links from the session's programs to viewers.

use std::collections::BTreeMap;
use std::fs::Permissions;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use hackstream_protocol::desktop::{Link, Quota};
use hackstream_protocol::ids::ViewerId;
use hackstream_protocol::limits::MAX_LINK_BYTES;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::mpsc;
use tokio::time::{sleep, timeout};
use tracing::{debug, info, warn};

use crate::clock::Clock;
use crate::log_quota::LogQuota;

/// Links that wait for a viewer's connection.
const WAITING: usize = 4;

/// How long a program may take to say what it wants, and to hear the answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// After a connection that could not be accepted, for want of descriptors for instance.
const PAUSE: Duration = Duration::from_secs(1);

/// What became of a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Handed {
    /// A viewer has it.
    Over,
    /// No viewer wants links.
    Nobody,
    /// There were too many in quick succession.
    TooMany,
    /// It is not the address of a web page.
    NoLink,
}

/// All of it, with the words on the socket.
const ANSWERS: [(Handed, &str); 4] = [
    (Handed::Over, "handed over"),
    (Handed::Nobody, "nobody"),
    (Handed::TooMany, "too many"),
    (Handed::NoLink, "no link"),
];

impl Handed {
    /// The word for it on the socket.
    #[must_use]
    pub fn word(self) -> &'static str {
        let answer = ANSWERS.iter().find(|(handed, _)| *handed == self);
        answer.map_or("", |(_, word)| word)
    }

    /// What the word stands for.
    #[must_use]
    pub fn of(word: &str) -> Option<Self> {
        let answer = ANSWERS.iter().find(|(_, known)| *known == word);
        answer.map(|(handed, _)| *handed)
    }
}

/// What a viewer can be asked about itself.
pub(crate) trait Standing: Send + Sync {
    /// Whether it is in control now.
    fn acts(&self) -> bool;
    /// Whether it leads now.
    fn leads(&self) -> bool;
}

struct Taker {
    links: mpsc::Sender<Link>,
    standing: Box<dyn Standing>,
}

/// The viewers that want links.
pub struct Links {
    clock: Clock,
    takers: Mutex<BTreeMap<ViewerId, Taker>>,
    limits: Mutex<(Quota, LogQuota)>,
}

impl Links {
    pub(super) fn new(clock: Clock) -> Self {
        Self {
            clock,
            takers: Mutex::default(),
            limits: Mutex::new((Quota::of_links(), LogQuota::new(Instant::now()))),
        }
    }

    /// The viewer wants links from now on, until it [leaves](Self::leave).
    pub(crate) fn join(&self, id: ViewerId, standing: Box<dyn Standing>) -> mpsc::Receiver<Link> {
        let (links, taken) = mpsc::channel(WAITING);
        self.takers().insert(id, Taker { links, standing });
        taken
    }

    /// It wants no more.
    pub(crate) fn leave(&self, id: ViewerId) {
        self.takers().remove(&id);
    }

    /// Hands a link to the viewer that leads, or if that wants none, to all that are in control.
    pub(super) fn hand(&self, text: &str) -> Handed {
        let Some(link) = Link::of(text) else {
            return Handed::NoLink;
        };
        let mut limits = self.limits.lock().unwrap_or_else(PoisonError::into_inner);
        let (quota, log) = &mut *limits;
        let handed = if quota.allows(self.clock.now()) {
            self.pass(&link)
        } else {
            Handed::TooMany
        };
        if log.allows(Instant::now()) {
            // What is behind the host may be secret.
            info!(
                host = link.host(),
                handed = handed.word(),
                "a link for viewers"
            );
        }
        handed
    }

    fn pass(&self, link: &Link) -> Handed {
        let takers = self.takers();
        let send = |taker: &Taker| taker.links.try_send(link.clone()).is_ok();
        let leader = takers.values().find(|taker| taker.standing.leads());
        let is_handed = match leader {
            Some(leader) => send(leader),
            None => {
                let acting = takers.values().filter(|taker| taker.standing.acts());
                acting.filter(|taker| send(taker)).count() > 0
            }
        };
        if is_handed {
            Handed::Over
        } else {
            Handed::Nobody
        }
    }

    /// Takes links from programs until the process ends. One after another: they are of one user.
    pub(super) async fn serve(&self, listener: UnixListener) {
        loop {
            match listener.accept().await {
                Ok((stream, _)) => match timeout(PATIENCE, self.answer(stream)).await {
                    Ok(Ok(())) => {}
                    Ok(Err(error)) => debug!(%error, "a program cannot hand over a link"),
                    Err(_) => debug!("a program takes long to hand over a link"),
                },
                Err(error) => {
                    warn!(%error, "cannot accept a link");
                    sleep(PAUSE).await;
                }
            }
        }
    }

    async fn answer(&self, mut stream: UnixStream) -> io::Result<()> {
        let mut text = Vec::new();
        let most = MAX_LINK_BYTES as u64 + 1;
        (&mut stream).take(most).read_to_end(&mut text).await?;
        let handed = match std::str::from_utf8(&text) {
            Ok(text) => self.hand(text),
            Err(_) => Handed::NoLink,
        };
        stream.write_all(handed.word().as_bytes()).await
    }

    fn takers(&self) -> MutexGuard<'_, BTreeMap<ViewerId, Taker>> {
        self.takers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A socket that only its user can use. Needs a runtime to run in.
pub(super) fn bind(path: &Path) -> io::Result<UnixListener> {
    let listener = UnixListener::bind(path)?;
    std::fs::set_permissions(path, Permissions::from_mode(0o600))?;
    Ok(listener)
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Is {
        acting: bool,
        leading: bool,
    }

    impl Standing for Is {
        fn acts(&self) -> bool {
            self.acting
        }

        fn leads(&self) -> bool {
            self.leading
        }
    }

    fn join(links: &Links, id: u64, acting: bool, leading: bool) -> mpsc::Receiver<Link> {
        links.join(ViewerId(id), Box::new(Is { acting, leading }))
    }

    #[test]
    fn the_leader_has_links_and_nobody_who_watches() {
        let links = Links::new(Clock::start());
        assert_eq!(links.hand("https://a.example"), Handed::Nobody);
        let mut watching = join(&links, 1, false, false);
        assert_eq!(links.hand("https://a.example"), Handed::Nobody);
        let mut acting = join(&links, 2, true, false);
        assert_eq!(links.hand("https://b.example"), Handed::Over);
        assert_eq!(acting.try_recv().unwrap().host(), "b.example");
        let mut leading = join(&links, 3, true, true);
        assert_eq!(links.hand("https://c.example"), Handed::Over);
        assert_eq!(leading.try_recv().unwrap().host(), "c.example");
        assert!(acting.try_recv().is_err() && watching.try_recv().is_err());
    }

    #[test]
    fn a_program_in_a_loop_is_held_up_and_what_is_no_link_is_refused() {
        let links = Links::new(Clock::start());
        let _viewer = join(&links, 1, true, true);
        assert_eq!(links.hand("file:///etc/passwd"), Handed::NoLink);
        let answers: Vec<_> = (0..100).map(|_| links.hand("http://a.example")).collect();
        assert_eq!(answers[..4], [Handed::Over; 4]);
        assert_eq!(answers[99], Handed::TooMany);
    }

    #[test]
    fn each_answer_has_a_word() {
        for (answer, word) in ANSWERS {
            assert_eq!((answer.word(), Handed::of(word)), (word, Some(answer)));
        }
    }
}
