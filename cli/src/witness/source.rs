//! Checkpoints from a file: that of a node, of another machine, or one that was saved.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use hackstream_audit::checkpoint::verified;
use hackstream_audit::{Memory, Point};
use hackstream_control_api::audit::{AuditState, SignedCheckpoint};
use hackstream_control_api::time::UnixMillis;
use serde::Deserialize;

use crate::error::CliError;

/// Bytes that are read of a file; a node's has some hundreds for each hub.
const MOST_BYTES: u64 = 1 << 20;

/// A row that a witness knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Witnessed {
    /// Which.
    pub point: Point,
    /// When the operator had last declared a restored backup by then, if that was signed.
    pub restored_at: UnixMillis,
}

/// What may stand in such a file.
#[derive(Deserialize)]
#[serde(untagged)]
enum Contents {
    One(SignedCheckpoint),
    Several(Vec<SignedCheckpoint>),
    State(AuditState),
    Hubs(BTreeMap<String, Memory>),
}

/// What the file knows of the hub at this address. Everything in it that is signed has to be signed.
///
/// # Errors
/// If the file cannot be read, is something else, or knows nothing of the hub.
pub fn read(path: &Path, hub: &str) -> Result<Vec<Witnessed>, CliError> {
    let failed = |source| CliError::File {
        what: "cannot read",
        path: path.to_owned(),
        source,
    };
    let mut text = String::new();
    let file = File::open(path).map_err(failed)?;
    file.take(MOST_BYTES)
        .read_to_string(&mut text)
        .map_err(failed)?;
    parse(&text, hub).map_err(|reason| CliError::Damaged {
        path: path.to_owned(),
        reason,
    })
}

fn parse(text: &str, hub: &str) -> Result<Vec<Witnessed>, String> {
    let contents: Contents = serde_json::from_str(text).map_err(|_| {
        "it holds no checkpoint; `hackstreamctl audit checkpoint --save` writes one, nodes have \
         witness.json"
            .to_owned()
    })?;
    let found = match contents {
        Contents::One(signed) => known(None, &[signed])?,
        Contents::Several(signed) => known(None, &signed)?,
        Contents::State(state) => known(Point::of(&state.end), state.signed.as_slice())?,
        Contents::Hubs(mut hubs) => {
            // A node may know the hub under another address.
            let only = match hubs.len() {
                1 => hubs.pop_first().map(|(_, memory)| memory),
                _ => hubs.remove(hub),
            };
            let memory = only.ok_or_else(|| format!("it knows nothing of {hub}"))?;
            of_memory(&memory)?
        }
    };
    match found.is_empty() {
        true => Err("it holds no checkpoint".to_owned()),
        false => Ok(found),
    }
}

/// What a machine remembers of a hub.
///
/// # Errors
/// What is wrong with it.
pub fn of_memory(memory: &Memory) -> Result<Vec<Witnessed>, String> {
    known(Point::of(&memory.end), memory.signed.as_slice())
}

/// What is known of a log with this end and these checkpoints.
///
/// # Errors
/// If one is not signed by the key that it names.
pub fn known(end: Option<Point>, signed: &[SignedCheckpoint]) -> Result<Vec<Witnessed>, String> {
    let restored_at = |one: &SignedCheckpoint| one.restored_at;
    let last = signed.iter().map(restored_at).max();
    let end = end.map(|point| Witnessed {
        point,
        restored_at: last.unwrap_or(UnixMillis(0)),
    });
    let signed = signed.iter().map(|one| {
        let (point, _) = verified(one).map_err(|error| {
            let seq = one.seq;
            format!("there is a checkpoint of row {seq} in it, and {error}")
        })?;
        let restored_at = one.restored_at;
        Ok(Witnessed { point, restored_at })
    });
    end.map(Ok).into_iter().chain(signed).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::witness::shows;

    const HUB: &str = "https://hub.example";

    fn seqs(value: &impl serde::Serialize) -> Result<Vec<u64>, String> {
        let text = serde_json::to_string(value).unwrap();
        let found = parse(&text, HUB)?;
        Ok(found.iter().map(|one| one.point.seq).collect())
    }

    #[test]
    fn every_kind_of_file_is_understood() {
        let state = shows(5, 5, None);
        let signed = state.signed.clone().unwrap();
        assert_eq!(seqs(&signed), Ok(vec![5]));
        assert_eq!(seqs(&[&signed, &signed]), Ok(vec![5, 5]));
        assert_eq!(seqs(&state), Ok(vec![5, 5]));
        let other = Memory::of(&shows(7, 7, None));
        let only = BTreeMap::from([("https://10.0.0.1:8443", &other)]);
        assert_eq!(seqs(&only), Ok(vec![7, 7]));
        let both = BTreeMap::from([(HUB, Memory::of(&state)), ("https://other", other.clone())]);
        assert_eq!(seqs(&both), Ok(vec![5, 5]));
        let others = BTreeMap::from([("https://a", other.clone()), ("https://b", other)]);
        assert!(
            seqs(&others)
                .unwrap_err()
                .contains("nothing of https://hub")
        );
    }

    #[test]
    fn what_is_not_signed_is_refused() {
        let mut signed = shows(5, 5, None).signed.unwrap();
        signed.seq = 6;
        assert!(seqs(&signed).unwrap_err().contains("row 6"));
        for text in ["", "{}", "[]", "7", "{\"seq\":1}"] {
            assert!(parse(text, HUB).is_err(), "{text}");
        }
    }
}
