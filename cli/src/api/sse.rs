//! Server-sent events, line by line: <https://html.spec.whatwg.org/multipage/server-sent-events.html>.

use std::io::{self, BufRead, Read as _};

/// Bytes of a line; those of the hub have some hundred.
const MOST_LINE: usize = 64 << 10;

/// Bytes of one event.
const MOST_EVENT: usize = 1 << 20;

/// One event.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Event {
    /// By which one goes on after it; empty if it has none.
    pub id: String,
    /// What kind it is; empty for `message`.
    pub kind: String,
    /// What it says.
    pub data: String,
}

/// Puts events together.
#[derive(Debug, Default)]
pub struct Parser {
    growing: Event,
    has_data: bool,
}

impl Parser {
    /// Takes one line, without its end; the event that is complete with it.
    pub fn line(&mut self, line: &str) -> Option<Event> {
        if line.is_empty() {
            let event = std::mem::take(&mut self.growing);
            return std::mem::take(&mut self.has_data).then_some(event);
        }
        // One that begins with a colon is a comment: a sign of life.
        let (name, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match name {
            "id" => value.clone_into(&mut self.growing.id),
            "event" => value.clone_into(&mut self.growing.kind),
            "data" => self.data(value),
            _ => {}
        }
        None
    }

    fn data(&mut self, value: &str) {
        if self.growing.data.len() + value.len() > MOST_EVENT {
            return;
        }
        if std::mem::replace(&mut self.has_data, true) {
            self.growing.data.push('\n');
        }
        self.growing.data.push_str(value);
    }
}

/// The next event of a stream; `None` when it ends.
///
/// # Errors
/// If it breaks, or a line is too long.
pub fn next(from: &mut impl BufRead, parser: &mut Parser) -> io::Result<Option<Event>> {
    let mut line = Vec::new();
    loop {
        line.clear();
        let most = MOST_LINE as u64 + 1;
        if from.by_ref().take(most).read_until(b'\n', &mut line)? == 0 {
            return Ok(None);
        }
        if line.len() > MOST_LINE {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "a line is too long",
            ));
        }
        let text = String::from_utf8_lossy(&line);
        if let Some(event) = parser.line(text.trim_end_matches(['\n', '\r'])) {
            return Ok(Some(event));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn events(text: &str) -> Vec<Event> {
        let mut parser = Parser::default();
        let mut from = text.as_bytes();
        std::iter::from_fn(|| next(&mut from, &mut parser).unwrap()).collect()
    }

    #[test]
    fn events_have_a_number_a_kind_and_data() {
        let text = ": hello\n\nid: 7\nevent: session\ndata: {\"a\":1}\n\nid:8\ndata:x\r\ndata: y\r\n\r\ndata: cut";
        let event = |id: &str, kind: &str, data: &str| Event {
            id: id.to_owned(),
            kind: kind.to_owned(),
            data: data.to_owned(),
        };
        assert_eq!(
            events(text),
            [event("7", "session", "{\"a\":1}"), event("8", "", "x\ny")]
        );
    }

    #[test]
    fn a_line_without_end_is_not_collected_for_ever() {
        let long = "x".repeat(MOST_LINE + 10);
        assert!(next(&mut long.as_bytes(), &mut Parser::default()).is_err());
    }

    proptest! {
        #[test]
        fn whatever_comes_is_taken(text in ".{0,200}", lines in proptest::collection::vec("[a-z:\n ]{0,20}", 0..20)) {
            events(&text);
            events(&lines.join("\n"));
        }
    }
}
