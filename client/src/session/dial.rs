//! Finding the server and being admitted.

use std::hash::{BuildHasher as _, RandomState};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use hackstream_codec::gauge;
use hackstream_protocol::PROTOCOL_VERSION;
use hackstream_protocol::fit::Room;
use hackstream_protocol::wire::control::{
    Credential, Hello, RefusalReason, SeatWish, ServerMessage, ViewerMessage, Welcome,
};
use hackstream_transport::{
    CloseReason, Connection, Connector, ControlReader, ControlWriter, Fingerprint, TransportError,
};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until, timeout};

use super::backoff::Backoff;
use super::contact::Contact;
use super::credential::credential;
use super::plight::Continuity;
use crate::config::{Options, Output, Scaling, ServerAddress, Ticket, TrustPolicy};
use crate::error::ViewError;
use crate::locked::locked;
use crate::picture::limits_for;
use crate::trust::{self, TrustError, Verdict};
use crate::x_display;

/// Time one attempt has for its handshake; later attempts run beside it.
const HANDSHAKE: Duration = Duration::from_secs(5);

/// Time the server has to answer the greeting.
const GREETING: Duration = Duration::from_secs(5);

/// The session took the viewer.
pub(super) struct Admission {
    pub(super) connection: Connection,
    /// The socket of the connection.
    pub(super) connector: Arc<Connector>,
    pub(super) writer: ControlWriter<ViewerMessage>,
    pub(super) reader: ControlReader<ServerMessage>,
    pub(super) welcome: Welcome,
    /// Whether the server knows this viewer from an earlier connection.
    pub(super) continuity: Continuity,
    /// The server's fingerprint, which it has to keep.
    pub(super) fingerprint: Fingerprint,
}

/// Why the viewer was not admitted.
pub(super) enum DialError {
    /// Trying again is of no use.
    Fatal(ViewError),
    /// Somebody has to vouch for this server first.
    Unknown(Fingerprint),
}

impl From<TrustError> for DialError {
    fn from(error: TrustError) -> Self {
        Self::Fatal(error.into())
    }
}

/// Whether the viewer was admitted before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Visit {
    /// It was not: every refusal counts.
    First,
    /// It was: a session that is full may be full of our own lost connection.
    Again,
}

/// Connects to one server, again and again if need be.
pub(super) struct Dialer {
    server: ServerAddress,
    addresses: Vec<SocketAddr>,
    hello: Hello,
    /// What a control plane sent us with, if one did.
    sent_with: Option<Ticket>,
    /// What the server gave us to come back with; empty if nothing.
    ticket: Mutex<Vec<u8>>,
    /// What the person wants to do.
    seat: Mutex<SeatWish>,
    /// How large a picture there is room for.
    room: Mutex<Option<Room>>,
    /// What the last greeting said of it.
    greeted: Mutex<SeatWish>,
    /// What went wrong last, for the person.
    trouble: Mutex<String>,
}

impl Dialer {
    /// Looks up the server's addresses.
    ///
    /// # Errors
    /// [`ViewError::Unreachable`] if it has none.
    pub(super) async fn new(options: &Options) -> Result<Self, ViewError> {
        let server = options.server.clone();
        let unreachable = |reason: String| ViewError::Unreachable {
            server: server.clone(),
            reason,
        };
        let found = tokio::net::lookup_host((server.host.as_str(), server.port)).await;
        let addresses: Vec<SocketAddr> = found
            .map_err(|error| unreachable(error.to_string()))?
            .collect();
        if addresses.is_empty() {
            return Err(unreachable("the name has no address".to_owned()));
        }
        Ok(Self {
            server,
            addresses,
            hello: hello(options),
            sent_with: options.ticket.clone(),
            ticket: Mutex::default(),
            seat: Mutex::new(options.seat),
            room: Mutex::new(room(options)),
            greeted: Mutex::new(options.seat),
            trouble: Mutex::new("no answer".to_owned()),
        })
    }

    /// What went wrong last.
    pub(super) fn trouble(&self) -> String {
        locked(&self.trouble).clone()
    }

    /// The person wants to do this from the next connection on.
    pub(super) fn wish_seat(&self, wish: SeatWish) {
        *locked(&self.seat) = wish;
    }

    /// The person has room for such a picture from the next connection on.
    pub(super) fn has_room(&self, room: Room) {
        *locked(&self.room) = Some(room);
    }

    /// What the server was told of it in the last greeting.
    pub(super) fn greeted_seat(&self) -> SeatWish {
        *locked(&self.greeted)
    }

    /// Where the server may be.
    pub(super) fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    fn note(&self, trouble: String) {
        *locked(&self.trouble) = trouble;
    }

    /// Tries until the session takes the viewer or trying is of no use.
    pub(super) async fn dial(
        &self,
        policy: &TrustPolicy,
        visit: Visit,
        contact: &Contact,
    ) -> Result<Admission, DialError> {
        let connector = Connector::new().map_err(|error| {
            DialError::Fatal(ViewError::Unreachable {
                server: self.server.clone(),
                reason: error.to_string(),
            })
        })?;
        let connector = Arc::new(connector);
        let mut backoff = Backoff::new();
        loop {
            let connection = self.race(&connector, contact).await;
            let greeted = self.greet(connection, &connector, policy, visit, contact);
            let greeted = greeted.await;
            contact.greeting_ended();
            match greeted {
                Ok(Some(admission)) => return Ok(admission),
                Ok(None) => sleep_until(Instant::now() + backoff.delay(random())).await,
                Err(error) => return Err(error),
            }
        }
    }

    /// The first connection that comes about. Attempts overlap, because a packet lost early in a
    /// handshake costs more time than the next attempt, and because only one of the server's
    /// addresses may work.
    async fn race(&self, connector: &Arc<Connector>, contact: &Contact) -> Connection {
        let mut backoff = Backoff::new();
        let mut attempts: JoinSet<Result<Connection, String>> = JoinSet::new();
        let mut addresses = self.addresses.iter().cycle();
        let mut next = Instant::now();
        loop {
            tokio::select! {
                Some(attempt) = attempts.join_next() => match attempt {
                    Ok(Ok(connection)) => return connection,
                    Ok(Err(trouble)) => self.note(trouble),
                    Err(_) => {}
                },
                () = contact.knocked() => {
                    backoff = Backoff::new();
                    next = Instant::now();
                }
                () = sleep_until(next) => {
                    next = Instant::now() + backoff.delay(random());
                    if let Some(&address) = addresses.next() {
                        attempts.spawn(self.attempt(connector, address));
                    }
                }
            }
        }
    }

    fn attempt(
        &self,
        connector: &Arc<Connector>,
        address: SocketAddr,
    ) -> impl Future<Output = Result<Connection, String>> + Send + use<> {
        let connector = Arc::clone(connector);
        let name = self.server.host.clone();
        async move {
            match timeout(HANDSHAKE, connector.connect(address, &name)).await {
                Ok(Ok(connection)) => Ok(connection),
                Ok(Err(error)) => Err(error.to_string()),
                Err(_) => Err(format!("no answer from {address}")),
            }
        }
    }

    /// Checks who is at the other end, then greets. `None`: try again.
    async fn greet(
        &self,
        connection: Connection,
        connector: &Arc<Connector>,
        policy: &TrustPolicy,
        visit: Visit,
        contact: &Contact,
    ) -> Result<Option<Admission>, DialError> {
        let Some(fingerprint) = connection.peer_fingerprint() else {
            return Err(TrustError::NoIdentity(self.server.clone()).into());
        };
        // Nothing, and above all no token, goes to a server before this.
        if trust::judge(policy, &self.server, fingerprint)? == Verdict::Ask {
            return Err(DialError::Unknown(fingerprint));
        }
        contact.greeting_began();
        match timeout(GREETING, self.exchange(&connection)).await {
            Ok(Ok((writer, reader, Some(ServerMessage::Welcome(welcome))))) => {
                if welcome.version != PROTOCOL_VERSION {
                    return Err(self.refused(RefusalReason::WrongVersion, &welcome.agent));
                }
                Ok(Some(Admission {
                    continuity: self.keep_ticket(&welcome),
                    connection,
                    connector: Arc::clone(connector),
                    writer,
                    reader,
                    welcome,
                    fingerprint,
                }))
            }
            Ok(Ok((_, _, Some(ServerMessage::Refused { reason, text })))) => {
                self.judge_refusal(reason, &text, visit)
            }
            Ok(Ok((_, _, Some(_)))) => Err(DialError::Fatal(ViewError::Protocol(
                "it did not answer the greeting".to_owned(),
            ))),
            Ok(Ok((_, _, None)) | Err(_)) => match connection.closed().await {
                CloseReason::ByPeer { reason, text } => self.judge_refusal(reason, &text, visit),
                other => {
                    self.note(other.to_string());
                    Ok(None)
                }
            },
            Err(_) => {
                self.note("the server did not answer the greeting".to_owned());
                Ok(None)
            }
        }
    }

    async fn exchange(
        &self,
        connection: &Connection,
    ) -> Result<
        (
            ControlWriter<ViewerMessage>,
            ControlReader<ServerMessage>,
            Option<ServerMessage>,
        ),
        TransportError,
    > {
        let (mut writer, mut reader) = connection.open_control().await?;
        let seat = *locked(&self.seat);
        *locked(&self.greeted) = seat;
        let ticket = locked(&self.ticket).clone();
        let hello = Hello {
            credential: credential(connection, self.sent_with.as_ref(), &ticket)?,
            ticket,
            seat,
            room: *locked(&self.room),
            ..self.hello.clone()
        };
        writer.send(&ViewerMessage::Hello(hello)).await?;
        let answer = reader.receive().await?;
        Ok((writer, reader, answer))
    }

    /// Keeps the ticket of a welcome. A server that gives a new one does not know the old one.
    fn keep_ticket(&self, welcome: &Welcome) -> Continuity {
        let mut ticket = locked(&self.ticket);
        let had_one = !ticket.is_empty();
        if welcome.ticket.is_empty() {
            return Continuity::Same;
        }
        ticket.clone_from(&welcome.ticket);
        if had_one && !welcome.renewed {
            Continuity::New
        } else {
            Continuity::Same
        }
    }

    fn judge_refusal(
        &self,
        reason: RefusalReason,
        text: &str,
        visit: Visit,
    ) -> Result<Option<Admission>, DialError> {
        // A server that is busy, or stops, says no better reason.
        let is_passing = reason == RefusalReason::Other(0)
            || (visit == Visit::Again && reason == RefusalReason::TooManyViewers);
        if is_passing {
            self.note(text.to_owned());
            return Ok(None);
        }
        Err(self.refused(reason, text))
    }

    fn refused(&self, reason: RefusalReason, text: &str) -> DialError {
        DialError::Fatal(super::admit::refusal(&self.server, reason, text))
    }
}

fn hello(options: &Options) -> Hello {
    let limits = limits_for(options.quality);
    let begun = Instant::now();
    let megapixel_time = gauge::megapixel_time(&mut || begun.elapsed()).unwrap_or_default();
    Hello {
        version: PROTOCOL_VERSION,
        token: options.token.bytes().to_vec(),
        quality: options.quality,
        h264: true,
        cache_bytes: limits.cache_bytes as u64,
        history_bytes: limits.history_bytes as u64,
        agent: concat!("hackstream-view ", env!("CARGO_PKG_VERSION")).to_owned(),
        ticket: Vec::new(),
        seat: options.seat,
        takes_files: options.files.takes(),
        max_bitrate: options.max_bitrate,
        room: None,
        desktop: options.desktop.takes(),
        megapixel_time,
        credential: Credential::default(),
    }
}

/// How large a picture there is room for, before there is a window.
fn room(options: &Options) -> Option<Room> {
    match (options.scaling, options.output) {
        (Scaling::AtMost(size), Output::Headless | Output::Window { .. }) => {
            Some(Room::AtMost(size))
        }
        (Scaling::ToWindow, Output::Window { .. }) => {
            Some(x_display::size().map_or(Room::Unlimited, Room::AtMost))
        }
        // A bare console shows what its monitor has room for of the whole screen.
        _ => None,
    }
}

/// Randomness for jitter: the seed that each process draws for its hash maps.
fn random() -> u32 {
    RandomState::new().hash_one(0) as u32
}
