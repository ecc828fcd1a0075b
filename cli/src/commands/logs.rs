//! `hackstream logs`.

use std::io::{self, IsTerminal as _, Write as _};
use std::ops::ControlFlow;
use std::process::ExitCode;

use clap::Args;
use hackstream_control_api::node::LogChunk;

use super::sessions;
use crate::api::logs;
use crate::context::Context;
use crate::error::CliError;
use crate::terminal::out;

/// Arguments of `logs`.
#[derive(Args, Clone, Debug)]
pub struct Logs {
    /// The session, or the beginning or end of its id; not needed if you have one
    #[arg(value_name = "ID")]
    session: Option<String>,
    /// Go on with what comes, until the session ends
    #[arg(short, long)]
    follow: bool,
}

impl Logs {
    /// Shows what is kept of a session's log, and what comes.
    ///
    /// # Errors
    /// Those of asking; if nobody reads it.
    pub fn run(&self, context: &Context) -> Result<ExitCode, CliError> {
        let hub = context.hub()?;
        let id = match &self.session {
            Some(name) => sessions::find(&hub, name)?,
            None => sessions::only(&hub)?,
        };
        let mut end = 0;
        logs::read(&hub, id, |piece| {
            if piece.offset > end {
                let lost = piece.offset - end;
                out::tell(&format!("… {lost} bytes are kept no longer"))?;
            }
            end = piece.end;
            show(piece)?;
            match piece.latest && !self.follow {
                true => Ok(ControlFlow::Break(())),
                false => Ok(ControlFlow::Continue(())),
            }
        })?;
        Ok(ExitCode::SUCCESS)
    }
}

/// Programs of a session write what they like: on a terminal it must not move the cursor.
fn show(piece: &LogChunk) -> Result<(), CliError> {
    let mut stdout = io::stdout();
    match stdout.is_terminal() {
        true => write!(stdout, "{}", plain(&piece.text))?,
        false => write!(stdout, "{}", piece.text)?,
    }
    Ok(stdout.flush()?)
}

fn plain(text: &str) -> String {
    let lines: Vec<_> = text.split('\n').map(out::harmless).collect();
    lines.join("\n").replace("\u{fffd}\n", "\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_stay_lines_and_nothing_moves_the_cursor() {
        assert_eq!(
            plain("one\r\ntwo\u{1b}[2J\nthree"),
            "one\ntwo\u{fffd}[2J\nthree"
        );
    }
}
