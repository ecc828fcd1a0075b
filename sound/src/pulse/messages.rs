//! The messages of a sound server, cut out of the bytes of its socket.

use std::io::{self, Read};
use std::os::unix::net::UnixStream;

use pulseaudio::protocol::{Command, CommandReply, DESCRIPTOR_SIZE, read_descriptor};
use pulseaudio::protocol::{ProtocolError, read_reply_message};

use super::refused;
use crate::SoundError;

/// Longest message taken. Commands have some hundred bytes, blocks of samples at most 64 KiB.
const MAX_MESSAGE_BYTES: usize = 128 << 10;

/// Read from the socket at once: more than comes in the time of a piece.
const READ_BYTES: usize = 8 << 10;

/// The channel that means: a command, not samples.
const COMMANDS: u32 = u32::MAX;

/// Whether to wait for a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Patience {
    /// As long as the socket's time-out.
    Wait,
    /// Only what is there.
    None,
}

/// A message.
pub(super) enum Incoming<'a> {
    /// A command or an answer, its descriptor included.
    Command(&'a [u8]),
    /// A block of samples.
    Samples(&'a [u8]),
}

/// A socket and what was read from it.
pub(super) struct Messages {
    stream: UnixStream,
    /// Read and not yet used up: `bytes[used..]`.
    bytes: Vec<u8>,
    used: usize,
}

impl Messages {
    pub(super) const fn new(stream: UnixStream) -> Self {
        Self {
            stream,
            bytes: Vec::new(),
            used: 0,
        }
    }

    pub(super) const fn stream(&self) -> &UnixStream {
        &self.stream
    }

    /// The next message; `None` only without patience.
    pub(super) fn next(&mut self, patience: Patience) -> Result<Option<Incoming<'_>>, SoundError> {
        self.bytes.drain(..self.used);
        self.used = 0;
        let (channel, length) = loop {
            if let Some(head) = self.bytes.get(..DESCRIPTOR_SIZE) {
                let descriptor = read_descriptor(&mut &*head).map_err(refused)?;
                let length = descriptor.length as usize;
                if length > MAX_MESSAGE_BYTES {
                    return Err(SoundError::Server(format!("a message of {length} bytes")));
                }
                if self.bytes.len() >= DESCRIPTOR_SIZE + length {
                    break (descriptor.channel, length);
                }
            }
            if !self.fill(patience)? {
                return Ok(None);
            }
        };
        self.used = DESCRIPTOR_SIZE + length;
        let message = &self.bytes[..self.used];
        Ok(Some(match channel {
            COMMANDS => Incoming::Command(message),
            _ => Incoming::Samples(&message[DESCRIPTOR_SIZE..]),
        }))
    }

    /// Reads what is there; false if there is nothing and no patience.
    fn fill(&mut self, patience: Patience) -> Result<bool, SoundError> {
        if patience == Patience::None {
            self.stream
                .set_nonblocking(true)
                .map_err(SoundError::Gone)?;
        }
        let old = self.bytes.len();
        self.bytes.resize(old + READ_BYTES, 0);
        let read = self.stream.read(&mut self.bytes[old..]);
        if patience == Patience::None {
            self.stream
                .set_nonblocking(false)
                .map_err(SoundError::Gone)?;
        }
        self.bytes
            .truncate(old + read.as_ref().copied().unwrap_or(0));
        match read {
            Ok(0) => Err(SoundError::Gone(io::ErrorKind::UnexpectedEof.into())),
            Ok(_) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(true),
            Err(error)
                if patience == Patience::None && error.kind() == io::ErrorKind::WouldBlock =>
            {
                Ok(false)
            }
            Err(error) => Err(SoundError::Gone(error)),
        }
    }
}

/// The answer in `message` if it is one to `request`; `None` if it is something else, which whoever
/// waits for an answer has no use for.
pub(super) fn answer<T: CommandReply>(
    message: &[u8],
    request: u32,
    version: u16,
) -> Result<Option<T>, SoundError> {
    match read_reply_message::<T>(&mut &*message, version) {
        Ok((answered, answer)) => Ok((answered == request).then_some(answer)),
        Err(ProtocolError::UnexpectedCommand(_)) => Ok(None),
        Err(error) => Err(refused(error)),
    }
}

/// The command in `message`; `None` if it is none that we know.
pub(super) fn command(message: &[u8], version: u16) -> Option<Command> {
    let body = message.get(DESCRIPTOR_SIZE..)?;
    let read = Command::read_tag_prefixed(&mut &*body, version);
    read.ok().map(|(_, command)| command)
}

#[cfg(test)]
mod tests {
    use super::*;
    use pulseaudio::protocol::{write_command_message, write_memblock};
    use std::io::Write;

    #[test]
    fn messages_come_out_whole_however_they_arrive() {
        let (ours, mut theirs) = UnixStream::pair().unwrap();
        let mut messages = Messages::new(ours);
        let mut bytes = Vec::new();
        write_command_message(&mut bytes, 7, &Command::Started(3), 35).unwrap();
        write_memblock(&mut bytes, 3, &[1, 2, 3, 4], 0).unwrap();
        let (mut commands, mut samples) = (Vec::new(), Vec::new());
        for piece in bytes.chunks(5) {
            theirs.write_all(piece).unwrap();
            match messages.next(Patience::None).unwrap() {
                Some(Incoming::Command(message)) => commands.extend(command(message, 35)),
                Some(Incoming::Samples(block)) => samples.extend_from_slice(block),
                None => {}
            }
        }
        assert!(matches!(commands[..], [Command::Started(3)]));
        assert_eq!(samples, [1, 2, 3, 4]);
        drop(theirs);
        assert!(messages.next(Patience::None).is_err());
    }

    #[test]
    fn a_message_that_is_too_long_is_refused() {
        let (ours, mut theirs) = UnixStream::pair().unwrap();
        theirs.write_all(&[0xff; DESCRIPTOR_SIZE]).unwrap();
        assert!(Messages::new(ours).next(Patience::Wait).is_err());
    }
}
