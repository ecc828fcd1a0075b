//! What a person is told of a log that contradicts what this machine has seen.

use std::path::Path;

use hackstream_audit::{Contradiction, Judged};

use crate::config::address::HubAddress;
use crate::terminal::when;

/// What came of comparing, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// To know.
    Note(String),
    /// To act on.
    Alarm(String),
}

/// What to tell, if there is something.
#[must_use]
pub fn notice(
    hub: &HubAddress,
    file: &Path,
    judged: &Result<Judged, Contradiction>,
) -> Option<Notice> {
    match judged {
        Ok(Judged::Consistent) => None,
        Ok(Judged::Restored { at }) => Some(Notice::Note(format!(
            "note: whoever runs the hub at {hub} has declared on {} that a backup was restored: what was \
             done since that backup was made is not in its audit log any more",
            when::show(*at)
        ))),
        Err(contradiction) => Some(Notice::Alarm(text(hub, file, contradiction))),
    }
}

fn text(hub: &HubAddress, file: &Path, contradiction: &Contradiction) -> String {
    format!(
        "ALARM: the audit log of the hub at {hub} is not the one that this machine has seen: \
         {contradiction}.\n\
         Either somebody has changed the hub's database, or a backup was restored and nobody has said \
         so. Tell whoever runs the hub, over another way than this hub. If they have restored a backup, \
         they run `hackstreamd audit restored`, and this alarm ends. If they assure you of something \
         else, such as a new signing key, `hackstream audit --accept` takes the log as it is now.\n\
         What was seen, and what contradicts it, is kept in {}.",
        file.display()
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use hackstream_control_api::time::UnixMillis;

    #[test]
    fn a_person_is_told_what_happened_and_what_to_do() {
        let hub = "hub.example".parse().unwrap();
        let file = Path::new("/home/ann/witness.json");
        let of = |judged| notice(&hub, file, &judged);
        assert_eq!(of(Ok(Judged::Consistent)), None);
        let at = UnixMillis(1_795_405_892_000);
        let Some(Notice::Note(note)) = of(Ok(Judged::Restored { at })) else {
            panic!("a note");
        };
        assert!(note.contains("2026-11-23 03:51:32Z"), "{note}");
        let Some(Notice::Alarm(alarm)) = of(Err(Contradiction::Forked { seq: 7 })) else {
            panic!("an alarm");
        };
        for words in [
            "https://hub.example",
            "row 7 is another",
            "hackstreamd audit restored",
            "hackstream audit --accept",
            "/home/ann/witness.json",
        ] {
            assert!(alarm.contains(words), "no {words:?} in {alarm}");
        }
    }
}
