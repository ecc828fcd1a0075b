//! A connection to the person's session bus.

use std::collections::VecDeque;
use std::io;
use std::time::Duration;

use tokio::net::UnixStream;
use tokio::time::timeout;

use super::message::{self, Call, Incoming, Signal};
use super::{BusError, Writer, address, login};

/// How long the bus, or somebody on it, may take to answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// Signals that wait to be read, at most; older ones are forgotten.
const MOST_SIGNALS: usize = 64;

/// What is read from the bus at a time.
const CHUNK_BYTES: usize = 2048;

/// The bus itself, as somebody to call.
const BUS: &str = "org.freedesktop.DBus";
const BUS_PATH: &str = "/org/freedesktop/DBus";

/// A connection to a bus. It never reads more than it is asked to, so that who waits for nothing is
/// not woken.
pub(crate) struct Connection {
    stream: UnixStream,
    /// The number of the last message sent.
    serial: u32,
    /// What came and was not understood yet: less than a message and a chunk.
    received: Vec<u8>,
    to_send: Vec<u8>,
    signals: VecDeque<Signal>,
}

impl Connection {
    /// Connects to the session bus that `variable`, the environment, tells of.
    ///
    /// # Errors
    /// [`BusError`] of the last address, if none works.
    pub(crate) async fn session(
        variable: impl Fn(&str) -> Option<std::ffi::OsString>,
    ) -> Result<Self, BusError> {
        let mut outcome = Err(BusError::NoAddress);
        for socket in address::sockets(variable) {
            outcome = match UnixStream::connect(&socket).await {
                Ok(stream) => Self::enter(stream).await,
                Err(reason) => Err(BusError::Unreachable {
                    address: address::readable(socket.as_os_str()),
                    reason,
                }),
            };
            if outcome.is_ok() {
                break;
            }
        }
        outcome
    }

    /// Logs in and takes a name on the bus, which is the first thing to do.
    async fn enter(stream: UnixStream) -> Result<Self, BusError> {
        let mut connection = Self::log_in(stream).await?;
        connection.call_bus("Hello", "", Writer::default()).await?;
        Ok(connection)
    }

    async fn log_in(stream: UnixStream) -> Result<Self, BusError> {
        // A bus that takes no notice of who connects would hold up everything behind.
        let logged_in = timeout(PATIENCE, login::log_in(&stream)).await;
        logged_in.map_err(|_| BusError::Silent)??;
        Ok(Self {
            stream,
            serial: 0,
            received: Vec::new(),
            to_send: Vec::new(),
            signals: VecDeque::new(),
        })
    }

    /// Has the bus pass on the signals that match the rule.
    ///
    /// # Errors
    /// As [`call`](Self::call).
    pub(crate) async fn listen(&mut self, rule: &str) -> Result<(), BusError> {
        let mut arguments = Writer::default();
        arguments.text(rule);
        self.call_bus("AddMatch", "s", arguments).await.map(drop)
    }

    async fn call_bus(
        &mut self,
        method: &str,
        signature: &'static str,
        arguments: Writer,
    ) -> Result<Vec<u8>, BusError> {
        let call = Call {
            destination: BUS,
            path: BUS_PATH,
            interface: BUS,
            method,
            signature,
            arguments,
        };
        self.call(call).await
    }

    /// Calls a method, and returns the body of the answer.
    ///
    /// # Errors
    /// [`BusError::Answer`] if the answer is an error, [`BusError::Silent`] if none came in time,
    /// others if the connection is of no more use.
    pub(crate) async fn call(&mut self, call: Call<'_>) -> Result<Vec<u8>, BusError> {
        let serial = self.next_serial();
        self.to_send.extend(call.message(serial));
        let answer = timeout(PATIENCE, self.answer(serial)).await;
        answer.map_err(|_| BusError::Silent)?
    }

    async fn answer(&mut self, serial: u32) -> Result<Vec<u8>, BusError> {
        loop {
            match self.next().await? {
                Incoming::Reply { call, body } if call == serial => return Ok(body),
                Incoming::Error { call, name, text } if call == serial => {
                    return Err(BusError::Answer { name, text });
                }
                other => self.note(other),
            }
        }
    }

    /// The next signal. May be cancelled.
    ///
    /// # Errors
    /// If the connection is of no more use.
    pub(crate) async fn signal(&mut self) -> Result<Signal, BusError> {
        loop {
            if let Some(signal) = self.signals.pop_front() {
                return Ok(signal);
            }
            let incoming = self.next().await?;
            self.note(incoming);
        }
    }

    fn note(&mut self, incoming: Incoming) {
        match incoming {
            Incoming::Signal(signal) => {
                if self.signals.len() >= MOST_SIGNALS {
                    self.signals.pop_front();
                }
                self.signals.push_back(signal);
            }
            Incoming::Call { caller, serial } => {
                let own = self.next_serial();
                self.to_send.extend(message::refusal(own, &caller, serial));
            }
            // Answers to calls that were given up.
            Incoming::Reply { .. } | Incoming::Error { .. } | Incoming::Other => {}
        }
    }

    /// Sends what is to be sent, and returns the next message. May be cancelled.
    async fn next(&mut self) -> Result<Incoming, BusError> {
        while !self.to_send.is_empty() {
            let written = write_some(&self.stream, &self.to_send).await?;
            self.to_send.drain(..written);
        }
        loop {
            if let Some(length) = message::length(&self.received)? {
                if let Some(whole) = self.received.get(..length) {
                    let incoming = message::read(whole)?;
                    self.received.drain(..length);
                    return Ok(incoming);
                }
            }
            read_more(&self.stream, &mut self.received).await?;
        }
    }

    fn next_serial(&mut self) -> u32 {
        // 0 is no number.
        self.serial = self.serial.checked_add(1).unwrap_or(1);
        self.serial
    }
}

/// Waits for bytes and appends those that are there, up to a chunk. May be cancelled.
pub(super) async fn read_more(stream: &UnixStream, received: &mut Vec<u8>) -> io::Result<()> {
    loop {
        stream.readable().await?;
        let mut chunk = [0; CHUNK_BYTES];
        match stream.try_read(&mut chunk) {
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(length) => {
                received.extend(chunk.get(..length).unwrap_or_default());
                return Ok(());
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
    }
}

/// Writes some of the bytes, and tells how many. May be cancelled.
async fn write_some(stream: &UnixStream, bytes: &[u8]) -> io::Result<usize> {
    loop {
        stream.writable().await?;
        match stream.try_write(bytes) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            outcome => return outcome,
        }
    }
}

/// Writes all of them.
pub(super) async fn write_all(stream: &UnixStream, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        let written = write_some(stream, bytes).await?;
        bytes = bytes.get(written..).unwrap_or_default();
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use zbus::zvariant::{OwnedValue, Value};

    use super::*;
    use crate::desktop::dbus::Reader;

    /// A service of another implementation.
    struct Service;

    #[zbus::interface(name = "test.Service")]
    impl Service {
        async fn tell(
            &self,
            texts: Vec<String>,
            hints: HashMap<String, OwnedValue>,
            number: i32,
            #[zbus(signal_emitter)] emitter: zbus::object_server::SignalEmitter<'_>,
        ) -> zbus::fdo::Result<u32> {
            Self::told(&emitter, 9, "nine").await?;
            let weight = match hints.get("weight").map(|value| &**value) {
                Some(Value::U8(weight)) => u32::from(*weight),
                other => return Err(zbus::fdo::Error::InvalidArgs(format!("{other:?}"))),
            };
            Ok(texts.len() as u32 * 1000 + weight * 10 + number.unsigned_abs())
        }

        #[zbus(signal)]
        async fn told(
            emitter: &zbus::object_server::SignalEmitter<'_>,
            number: u32,
            text: &str,
        ) -> zbus::Result<()>;
    }

    /// A connection to zbus as the other end.
    async fn connected() -> (Connection, zbus::Connection) {
        let (ours, theirs) = UnixStream::pair().unwrap();
        let guid = zbus::Guid::generate();
        let builder = zbus::connection::Builder::unix_stream(theirs)
            .server(guid)
            .unwrap()
            .p2p()
            .serve_at("/x", Service)
            .unwrap();
        let (ours, theirs) = tokio::join!(Connection::log_in(ours), builder.build());
        (ours.unwrap(), theirs.unwrap())
    }

    fn tell(hint: &str) -> Call<'static> {
        let mut arguments = Writer::default();
        arguments.array(4, |texts| {
            texts.text("ä");
            texts.text("");
        });
        arguments.entries([hint], |entry, hint| {
            entry.text(hint);
            entry.signature("y");
            entry.byte(3);
        });
        arguments.signed(-4);
        Call {
            destination: "test.Service",
            path: "/x",
            interface: "test.Service",
            method: "Tell",
            signature: "asa{sv}i",
            arguments,
        }
    }

    #[tokio::test]
    async fn another_implementation_understands_calls_and_is_understood() {
        let (mut ours, _theirs) = connected().await;
        for _ in 0..2 {
            let answer = ours.call(tell("weight")).await.unwrap();
            assert_eq!(Reader::new(&answer).number(), Some(2034));
        }
        let signal = ours.signal().await.unwrap();
        let heard = (
            signal.interface.as_str(),
            signal.name.as_str(),
            signal.signature.as_str(),
        );
        assert_eq!(heard, ("test.Service", "Told", "us"));
        let mut arguments = Reader::new(&signal.body);
        assert_eq!(
            (arguments.number(), arguments.text()),
            (Some(9), Some("nine"))
        );
    }

    #[tokio::test]
    async fn errors_of_others_come_with_their_reason() {
        let (mut ours, _theirs) = connected().await;
        let error = ours.call(tell("height")).await.unwrap_err();
        assert_eq!(
            error.to_string(),
            "org.freedesktop.DBus.Error.InvalidArgs: None"
        );
        // And harm nothing.
        ours.call(tell("weight")).await.unwrap();
    }

    #[tokio::test]
    async fn who_calls_us_hears_that_there_is_nothing() {
        let (mut ours, theirs) = connected().await;
        let calling = theirs.call_method(None::<&str>, "/", None::<&str>, "Ping", &());
        let answer = tokio::select! {
            answer = calling => answer,
            other = ours.signal() => panic!("{other:?}"),
        };
        let error = answer.unwrap_err().to_string();
        assert!(error.contains("UnknownMethod"), "{error}");
    }

    #[tokio::test]
    async fn a_bus_that_ends_is_told() {
        let (ours, theirs) = UnixStream::pair().unwrap();
        drop(theirs);
        assert!(matches!(
            Connection::log_in(ours).await,
            Err(BusError::Gone(_))
        ));
        let (ours, theirs) = UnixStream::pair().unwrap();
        let rejecting = write_all(&theirs, b"REJECTED EXTERNAL\r\n");
        let (outcome, _) = tokio::join!(Connection::log_in(ours), rejecting);
        let error = outcome.err().unwrap().to_string();
        assert!(error.ends_with("REJECTED EXTERNAL"), "{error}");
    }
}
