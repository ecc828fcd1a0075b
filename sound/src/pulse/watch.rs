//! Whether programs record.

use std::ffi::CString;
use std::path::Path;

use pulseaudio::protocol::{
    Command, CommandReply, LookupReply, ProtocolError, SourceOutputInfo, SubscriptionMask,
    TagStructRead, TagStructReader, TagStructWrite, TagStructWriter,
};

use super::Server;
use super::messages::{Incoming, Patience, command};
use super::record::Closer;
use crate::SoundError;

/// Whether anybody records from a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use {
    /// At least one stream does.
    Recorded,
    /// None does, or only paused ones.
    Unused,
}

/// Hears of those who record from a source of a sound server of ours.
pub struct SourceWatch {
    server: Server,
    source: u32,
    /// What was told last.
    told: Option<Use>,
}

impl SourceWatch {
    /// Watches `source` of the server behind `socket`.
    ///
    /// # Errors
    /// [`SoundError::NoServer`], or what the server says.
    pub fn open(socket: &Path, source: &str) -> Result<Self, SoundError> {
        let mut server = Server::connect(socket, Vec::new())?;
        let name = CString::new(source).map_err(|_| SoundError::Server("a bad name".into()))?;
        let LookupReply(source) = server.ask(&Command::LookupSource(name))?;
        let mask = SubscriptionMask::SOURCE_OUTPUT;
        let Acknowledged = server.ask(&Command::Subscribe(mask))?;
        server.wait_without_limit()?;
        let told = None;
        Ok(Self {
            server,
            source,
            told,
        })
    }

    /// What ends the watch from another thread.
    ///
    /// # Errors
    /// [`SoundError::Gone`] if the system gives no more descriptors.
    pub fn closer(&self) -> Result<Closer, SoundError> {
        self.server.closer()
    }

    /// How the source is used: at once on the first call, then whenever it changes.
    ///
    /// # Errors
    /// [`SoundError::Gone`] if the server ends or the watch was closed.
    pub fn next_use(&mut self) -> Result<Use, SoundError> {
        loop {
            if self.told.is_some() {
                self.wait_for_event()?;
            }
            // An event that comes before the answer tells of what the answer knows already.
            let outputs: Vec<SourceOutputInfo> =
                self.server.ask(&Command::GetSourceOutputInfoList)?;
            let mut here = outputs.iter().filter(|it| it.source_index == self.source);
            let now = match here.any(|output| !output.corked) {
                true => Use::Recorded,
                false => Use::Unused,
            };
            if self.told.replace(now) != Some(now) {
                return Ok(now);
            }
        }
    }

    /// Waits for something to change, and takes what came together with it.
    fn wait_for_event(&mut self) -> Result<(), SoundError> {
        let (version, mut patience) = (self.server.version, Patience::Wait);
        while let Some(incoming) = self.server.messages.next(patience)? {
            if let Incoming::Command(message) = incoming {
                if let Some(Command::SubscribeEvent(_)) = command(message, version) {
                    patience = Patience::None;
                }
            }
        }
        Ok(())
    }
}

/// The answer that says no more than that there is one.
struct Acknowledged;

impl CommandReply for Acknowledged {}

impl TagStructRead for Acknowledged {
    fn read(_: &mut TagStructReader<'_>, _version: u16) -> Result<Self, ProtocolError> {
        Ok(Self)
    }
}

impl TagStructWrite for Acknowledged {
    fn write(&self, _: &mut TagStructWriter<'_>, _version: u16) -> Result<(), ProtocolError> {
        Ok(())
    }
}
