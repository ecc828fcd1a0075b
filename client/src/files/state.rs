//! Which files wait, which are on their way, and what became of the last.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};

use hackstream_files::size::Shown;
use hackstream_files::{Folder, Progress};
use hackstream_protocol::files::FileName;
use hackstream_protocol::limits::MAX_OFFERED_FILES;
use hackstream_protocol::wire::control::FileOffer;

use super::{Answer, FileTexts, Question, QuestionId};
use crate::config::{AcceptFiles, FileOptions};

/// Failures that are remembered; the first is what matters.
const MOST_FAILURES: usize = 16;

/// What is done with files of the session's.
#[derive(Clone, Debug, Default)]
enum Accept {
    #[default]
    Never,
    Ask(Folder),
    Always(Folder),
}

/// A file of the session's that the person may have. Its name is safe.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Offered {
    pub(super) number: u64,
    pub(super) name: FileName,
    pub(super) size: u64,
}

/// Which way a file goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// To the session.
    There,
    /// To the viewer.
    Here,
}

/// A file that is on its way.
#[derive(Clone, Debug)]
struct Passing {
    name: FileName,
    progress: Progress,
}

#[derive(Default)]
pub(super) struct State {
    accept: Accept,
    pub(super) largest: u64,
    /// Files for the session; the first is on its way.
    pub(super) to_send: VecDeque<PathBuf>,
    /// Offers that the person has not answered; the first is asked about.
    asked: VecDeque<(QuestionId, Offered)>,
    /// The last question. No other gets its number, whatever servers call their files.
    last_question: QuestionId,
    /// Files that the person wants; the first is on its way.
    pub(super) wanted: VecDeque<Offered>,
    /// Files that the person does not want, newest last.
    declined: VecDeque<Offered>,
    there: Option<Passing>,
    here: Option<Passing>,
    /// What became of the last files.
    last: Vec<String>,
    /// Why files for the session could not be given to it.
    pub(super) failures: Vec<String>,
}

impl State {
    pub(super) fn configure(&mut self, options: &FileOptions) {
        self.to_send = options.send.iter().cloned().collect();
        self.largest = options.largest;
        self.accept = match options.accept.clone() {
            AcceptFiles::Never => Accept::Never,
            AcceptFiles::Ask(folder) => Accept::Ask(Folder::new(folder)),
            AcceptFiles::Always(folder) => Accept::Always(Folder::new(folder)),
        };
    }

    /// Where files of the session's go, if anywhere.
    pub(super) fn folder(&self) -> Option<Folder> {
        match &self.accept {
            Accept::Never => None,
            Accept::Ask(folder) | Accept::Always(folder) => Some(folder.clone()),
        }
    }

    /// A new connection: the server offers again what it has.
    pub(super) fn connected(&mut self) {
        self.asked.clear();
        (self.there, self.here) = (None, None);
    }

    pub(super) fn offered(&mut self, offer: &FileOffer) {
        let offered = Offered {
            number: offer.number,
            name: FileName::of(&offer.name),
            size: offer.size,
        };
        let is_known = self.asked.iter().any(|(_, asked)| *asked == offered)
            || self.wanted.contains(&offered)
            || self.declined.contains(&offered);
        if is_known || self.asked.len() + self.wanted.len() >= MAX_OFFERED_FILES {
            return;
        }
        match self.accept {
            Accept::Never => {}
            Accept::Ask(_) => {
                self.last_question = self.last_question.next();
                self.asked.push_back((self.last_question, offered));
            }
            Accept::Always(_) => self.wanted.push_back(offered),
        }
    }

    pub(super) fn withdrawn(&mut self, number: u64) {
        self.asked.retain(|(_, offered)| offered.number != number);
    }

    /// The person answered that question. Nothing happens if it is not asked any more: the answer is
    /// not meant for another one.
    pub(super) fn answered(&mut self, question: QuestionId, answer: Answer) {
        if self.asked.front().is_none_or(|(id, _)| *id != question) {
            return;
        }
        let Some((_, offered)) = self.asked.pop_front() else {
            return;
        };
        match answer {
            Answer::Take => self.wanted.push_back(offered),
            Answer::Leave => {
                self.declined.push_back(offered);
                if self.declined.len() > MAX_OFFERED_FILES {
                    self.declined.pop_front();
                }
            }
        }
    }

    /// A file has come so far. False if the person need not be told: the same was told already.
    pub(super) fn passed(&mut self, way: Way, name: &FileName, progress: Progress) -> bool {
        let passing = match way {
            Way::There => &mut self.there,
            Way::Here => &mut self.here,
        };
        let before = passing.replace(Passing {
            name: name.clone(),
            progress,
        });
        before.is_none_or(|before| percent(before.progress) != percent(progress))
    }

    /// A file arrived, or failed: `story` tells which, in one line.
    pub(super) fn ended(&mut self, way: Way, story: String) {
        match way {
            Way::There => {
                self.there = None;
                self.to_send.pop_front();
            }
            Way::Here => {
                self.here = None;
                self.wanted.pop_front();
            }
        }
        self.last = vec![story];
    }

    pub(super) fn failed(&mut self, failure: String) {
        if self.failures.len() < MOST_FAILURES {
            self.failures.push(failure);
        }
    }

    /// Forgets what became of the last files; false if there is nothing to forget.
    pub(super) fn dismiss(&mut self) -> bool {
        !std::mem::take(&mut self.last).is_empty()
    }

    pub(super) fn texts(&self) -> FileTexts {
        let mut lines = self.last.clone();
        let waiting = |count: usize| match count.saturating_sub(1) {
            0 => String::new(),
            more => format!(", {more} more wait"),
        };
        for (passing, verb, count) in [
            (&self.there, "Sending", self.to_send.len()),
            (&self.here, "Getting", self.wanted.len()),
        ] {
            if let Some(Passing { name, progress }) = passing {
                let (percent, size) = (percent(*progress), Shown(progress.size));
                let waiting = waiting(count);
                lines.push(format!("{verb} {name}: {percent} % of {size}{waiting}"));
            }
        }
        FileTexts {
            question: self.question(),
            lines,
        }
    }

    /// What the person is asked.
    fn question(&self) -> Option<Question> {
        let (id, offered) = self.asked.front()?;
        let folder = self.folder()?;
        let (name, size) = (short(offered.name.as_str()), Shown(offered.size));
        let lines = vec![
            "The session has a file for you:".to_owned(),
            format!("{name} ({size})"),
            format!("Store it in {}?", shown(folder.path())),
            "Ctrl+Alt+Enter: yes. Ctrl+Alt+End: no.".to_owned(),
        ];
        Some(Question { id: *id, lines })
    }
}

fn percent(progress: Progress) -> u64 {
    match progress.size {
        0 => 100,
        size => u64::try_from(u128::from(progress.arrived) * 100 / u128::from(size)).unwrap_or(100),
    }
}

fn shown(path: &Path) -> String {
    let text = path.display().to_string();
    text.replace(char::is_control, "?")
}

/// A name as far as a window has room for it: its beginning and its end, which tells what it is.
fn short(name: &str) -> String {
    const LONGEST: usize = 40;
    let letters: Vec<char> = name.chars().collect();
    if letters.len() <= LONGEST {
        return name.to_owned();
    }
    let (begin, end) = (
        &letters[..LONGEST / 2],
        &letters[letters.len() - LONGEST / 2..],
    );
    let parts = [begin, end].map(|part| part.iter().collect::<String>());
    parts.join("…")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offer(number: u64) -> FileOffer {
        FileOffer {
            number,
            name: "../report.pdf".to_owned(),
            size: 2_140_000,
        }
    }

    fn asking() -> State {
        let mut state = State::default();
        state.configure(&FileOptions {
            accept: AcceptFiles::Ask("/home/ada/Downloads".into()),
            ..FileOptions::none()
        });
        state
    }

    fn asked(state: &State) -> Option<Question> {
        state.texts().question
    }

    #[test]
    fn the_person_is_asked_once_for_each_file() {
        let mut state = asking();
        for number in [1, 2] {
            state.offered(&offer(number));
        }
        let question = asked(&state).unwrap();
        assert_eq!(question.lines[1], "report.pdf (2.1 MB)");
        assert_eq!(question.lines[2], "Store it in /home/ada/Downloads?");
        state.answered(question.id, Answer::Leave);
        assert!(state.wanted.is_empty());
        state.answered(asked(&state).unwrap().id, Answer::Take);
        assert_eq!(state.wanted.front().map(|wanted| wanted.number), Some(2));
        // The server was lost and offers them again.
        state.connected();
        state.offered(&offer(1));
        state.offered(&offer(2));
        assert_eq!(asked(&state), None);
        assert_eq!(state.wanted.len(), 1);
        state.offered(&offer(3));
        state.withdrawn(3);
        assert_eq!(asked(&state), None);
    }

    #[test]
    fn an_answer_counts_for_the_question_that_was_seen() {
        let mut state = asking();
        state.offered(&offer(1));
        let seen = asked(&state).unwrap().id;
        // Meanwhile there is another file, perhaps of another server, which may use the number again.
        state.withdrawn(1);
        state.offered(&offer(2));
        state.answered(seen, Answer::Take);
        state.connected();
        state.offered(&offer(1));
        state.answered(seen, Answer::Take);
        assert!(state.wanted.is_empty());
        state.answered(asked(&state).unwrap().id, Answer::Take);
        assert_eq!(state.wanted.len(), 1);
        // Somebody who answers twice has answered once.
        state.offered(&offer(4));
        state.answered(seen, Answer::Leave);
        assert!(asked(&state).is_some());
    }

    #[test]
    fn who_wants_no_files_keeps_no_offers() {
        let mut state = State::default();
        state.offered(&offer(1));
        assert!(asked(&state).is_none() && state.wanted.is_empty());
        let mut state = asking();
        for number in 0..2 * MAX_OFFERED_FILES as u64 {
            state.offered(&offer(number));
        }
        assert_eq!(state.asked.len(), MAX_OFFERED_FILES);
    }

    #[test]
    fn progress_is_told_by_the_percent_and_the_last_story_until_it_is_read() {
        let mut state = State::default();
        let name = FileName::of("a.txt");
        let at = |arrived| Progress {
            arrived,
            size: 1000,
        };
        state.to_send = ["a.txt", "b.txt"].map(PathBuf::from).into();
        assert!(state.passed(Way::There, &name, at(0)));
        assert!(!state.passed(Way::There, &name, at(9)));
        assert!(state.passed(Way::There, &name, at(450)));
        let lines = state.texts().lines;
        assert_eq!(lines, ["Sending a.txt: 45 % of 1.0 kB, 1 more wait"]);
        state.ended(Way::There, "a.txt is there".to_owned());
        assert_eq!(state.texts().lines, ["a.txt is there"]);
        assert!(state.dismiss());
        assert!(!state.dismiss());
        assert_eq!(state.to_send.len(), 1);
    }

    #[test]
    fn long_names_show_how_they_end() {
        let name = format!("{}.exe", "x".repeat(200));
        assert!(short(&name).ends_with("xxx.exe"));
        assert!(short(&name).chars().count() <= 41);
    }
}
