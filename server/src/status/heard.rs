//! What whoever started the session says when it asks how that is: one line of JSON before the answer.

use std::io;
use std::time::Duration;

use hackstream_protocol::wire::control::{ComingEnd, EndCause};
use serde::Deserialize;
use tokio::io::AsyncReadExt;
use tokio::net::UnixStream;
use tokio::time::timeout;

/// How long the line may take. Who asks has said it by the time that we look.
const PATIENCE: Duration = Duration::from_millis(200);

/// Longest line.
const MOST_BYTES: usize = 1 << 10;

/// Longest time of which an end is foreseen.
const LONGEST: u64 = 24 * 3600;

/// What was said. Fields are only ever added.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub(super) struct Heard {
    #[serde(default)]
    ends: Option<Ends>,
}

/// When the session is going to be ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
struct Ends {
    cause: Cause,
    seconds: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Cause {
    Idle,
    MaxDuration,
    #[serde(other)]
    Other,
}

impl Heard {
    /// The end that whoever looks after the session foresees.
    pub(super) fn coming_end(self) -> Option<ComingEnd> {
        let ends = self.ends?;
        let cause = match ends.cause {
            Cause::Idle => EndCause::Idle,
            Cause::MaxDuration => EndCause::MaxDuration,
            Cause::Other => EndCause::Other(0),
        };
        let within = Duration::from_secs(ends.seconds.min(LONGEST));
        Some(ComingEnd { cause, within })
    }
}

/// Hears the line; `None` if nothing that can be understood is said.
pub(super) async fn hear(stream: &mut UnixStream) -> Option<Heard> {
    let line = timeout(PATIENCE, line(stream)).await.ok()?.ok()?;
    serde_json::from_slice(&line).ok()
}

async fn line(stream: &mut UnixStream) -> io::Result<Vec<u8>> {
    let mut line = Vec::new();
    let mut part = [0; 256];
    loop {
        let count = stream.read(&mut part).await?;
        line.extend_from_slice(&part[..count]);
        if count == 0 || part[..count].contains(&b'\n') {
            return Ok(line);
        }
        if line.len() > MOST_BYTES {
            return Err(io::ErrorKind::InvalidData.into());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::AsyncWriteExt;

    async fn heard(said: &[u8]) -> Option<Heard> {
        let (mut here, mut there) = UnixStream::pair().unwrap();
        there.write_all(said).await.unwrap();
        hear(&mut here).await
    }

    #[tokio::test]
    async fn an_end_is_heard_and_nonsense_is_not() {
        let said = heard(b"{\"ends\":{\"cause\":\"idle\",\"seconds\":42},\"more\":1}\n").await;
        let end = said.and_then(Heard::coming_end).unwrap();
        let expected = ComingEnd {
            cause: EndCause::Idle,
            within: Duration::from_secs(42),
        };
        assert_eq!(end, expected);
        let said =
            heard(b"{\"ends\":{\"cause\":\"whim\",\"seconds\":18446744073709551615}}\n").await;
        let end = said.and_then(Heard::coming_end).unwrap();
        assert_eq!(end.cause, EndCause::Other(0));
        assert_eq!(end.within, Duration::from_secs(LONGEST));
        assert_eq!(heard(b"{}\n").await, Some(Heard::default()));
        assert_eq!(heard(b"{\"ends\":7}\n").await, None);
        assert_eq!(heard(&[b' '; 2 * MOST_BYTES]).await, None);
        // It keeps the line open and says nothing.
        assert_eq!(heard(b"").await, None);
    }
}
