//! What is said on the wire about microphones, by a server and a viewer whose peer is the test.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on fails"
)]

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use hackstream_e2e::folder::Folder;
use hackstream_e2e::hostile::{block_on, hello, within};
use hackstream_e2e::microphone::{ENABLED, Recording, is_open, say_tone, wait_until_open};
use hackstream_e2e::process::{Process, bound_command};
use hackstream_e2e::program;
use hackstream_e2e::server::{Run, Server};
use hackstream_e2e::sound::Loudspeaker;
use hackstream_protocol::PROTOCOL_VERSION;
use hackstream_protocol::geometry::Size;
use hackstream_protocol::wire::control::{
    MicrophoneDemand, MicrophoneOffer, ServerMessage, ViewerMessage, Welcome,
};
use hackstream_protocol::wire::microphone::MicrophonePacket;
use hackstream_transport::{
    Connection, Connector, ControlReader, ControlWriter, Identity, Listener,
};
use tokio::runtime::Handle;
use tokio::time::timeout;

/// Long enough for what might happen and should not.
const WHILE: Duration = Duration::from_secs(2);

/// A viewer that is admitted, and what it was told of microphones on that occasion.
struct Admitted {
    _connector: Connector,
    _connection: Connection,
    says: ControlWriter<ViewerMessage>,
    hears: ControlReader<ServerMessage>,
    is_taken: bool,
}

impl Admitted {
    async fn by(server: &Server) -> Self {
        let connector = Connector::new().unwrap();
        let address = server.ready.listen.parse().unwrap();
        let connection = within(connector.connect(address, "localhost"))
            .await
            .unwrap();
        let (mut says, mut hears) = within(connection.open_control()).await.unwrap();
        let hello = ViewerMessage::Hello(hello(server));
        within(says.send(&hello)).await.unwrap();
        let Some(ServerMessage::Welcome(welcome)) = within(hears.receive()).await.unwrap() else {
            panic!("no welcome");
        };
        Self {
            _connector: connector,
            _connection: connection,
            says,
            hears,
            is_taken: welcome.microphone,
        }
    }

    /// What it is told of microphones for a while.
    async fn demands(&mut self) -> Vec<MicrophoneDemand> {
        let mut demands = Vec::new();
        let told = async {
            while let Some(message) = self.hears.receive().await.unwrap() {
                if let ServerMessage::Microphone(demand) = message {
                    demands.push(demand);
                }
            }
        };
        let _ = timeout(WHILE, told).await;
        demands
    }

    async fn offer(&mut self, offer: MicrophoneOffer) {
        let message = ViewerMessage::Microphone(offer);
        within(self.says.send(&message)).await.unwrap();
    }
}

fn server(options: &[&str]) -> Server {
    let run = Run {
        options,
        ..Run::default()
    };
    Server::run_as(&run, Folder::new(), &["sleep", "1000"])
}

#[test]
fn a_server_asks_only_who_offered_and_only_while_a_program_records() {
    use MicrophoneDemand::{Rest, Speak};
    let server = server(ENABLED);
    block_on(async {
        let (mut quiet, mut speaker) = (Admitted::by(&server).await, Admitted::by(&server).await);
        assert!(quiet.is_taken);
        speaker.offer(MicrophoneOffer::Ready).await;
        assert_eq!(speaker.demands().await, []);
        let recording = Recording::start(&server);
        assert_eq!(speaker.demands().await, [Speak]);
        assert_eq!(quiet.demands().await, []);
        speaker.offer(MicrophoneOffer::Withdrawn).await;
        assert_eq!(speaker.demands().await, [Rest]);
        speaker.offer(MicrophoneOffer::Ready).await;
        assert_eq!(speaker.demands().await, [Speak]);
        drop(recording);
        assert_eq!(speaker.demands().await, [Rest]);
    });
}

#[test]
fn a_server_without_microphone_never_mentions_one() {
    let server = server(&[]);
    let _recording = Recording::start(&server);
    block_on(async {
        let mut viewer = Admitted::by(&server).await;
        assert!(!viewer.is_taken);
        viewer.offer(MicrophoneOffer::Ready).await;
        assert_eq!(viewer.demands().await, []);
    });
}

/// The connection of a viewer whose server is the test.
struct Watched {
    connection: Connection,
    says: ControlWriter<ServerMessage>,
    hears: ControlReader<ViewerMessage>,
}

impl Watched {
    async fn welcome(listener: &Listener) -> Self {
        let incoming = within(listener.accept()).await.unwrap();
        let (connection, _newcomer) = within(incoming.handshake()).await.unwrap();
        let (mut says, mut hears) = within(connection.accept_control()).await.unwrap();
        let greeting = within(hears.receive()).await.unwrap();
        assert!(matches!(greeting, Some(ViewerMessage::Hello(_))));
        let welcome = ServerMessage::Welcome(Welcome {
            version: PROTOCOL_VERSION,
            screen: Size::new(640, 480),
            agent: "test".to_owned(),
            ticket: Vec::new(),
            files: None,
            microphone: true,
            desktop: Default::default(),
        });
        within(says.send(&welcome)).await.unwrap();
        Self {
            connection,
            says,
            hears,
        }
    }

    async fn demand(&mut self, demand: MicrophoneDemand) {
        let message = ServerMessage::Microphone(demand);
        within(self.says.send(&message)).await.unwrap();
    }

    /// What the viewer offers within a while.
    async fn offers(&mut self) -> Vec<MicrophoneOffer> {
        let mut offers = Vec::new();
        let told = async {
            while let Some(message) = self.hears.receive().await.unwrap() {
                if let ViewerMessage::Microphone(offer) = message {
                    offers.push(offer);
                }
            }
        };
        let _ = timeout(WHILE, told).await;
        offers
    }

    /// How many packets of its microphone the viewer sends within a while.
    async fn packets(&self) -> usize {
        let mut count = 0;
        let taken = async {
            loop {
                let datagram = self.connection.receive_datagram().await.unwrap();
                count += usize::from(matches!(MicrophonePacket::read(&datagram), Ok(Some(_))));
            }
        };
        let _: Result<(), _> = timeout(WHILE, taken).await;
        count
    }
}

fn start_viewer(
    folder: &Folder,
    loudspeaker: &Loudspeaker,
    listener: &Listener,
    arguments: &[&str],
) -> Process {
    let mut command = bound_command(program("hackstream-view"));
    folder.use_in(&mut command);
    loudspeaker.use_in(&mut command);
    command
        .arg(listener.local_addr().unwrap().to_string())
        .args(["--token", "secret", "--accept-new", "--headless"])
        .args(arguments);
    Process::start(&mut command)
}

fn listener() -> Listener {
    let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    Listener::bind(any, &Identity::generate().unwrap()).unwrap()
}

#[test]
fn a_viewer_without_consent_opens_nothing_whatever_a_server_asks_for() {
    let folder = Folder::new();
    let loudspeaker = Loudspeaker::start(&folder);
    block_on(async {
        let listener = listener();
        let _viewer = start_viewer(&folder, &loudspeaker, &listener, &[]);
        let mut watched = Watched::welcome(&listener).await;
        watched.demand(MicrophoneDemand::Speak).await;
        assert_eq!(watched.offers().await, []);
        assert!(!is_open(&loudspeaker));
        assert_eq!(watched.packets().await, 0);
    });
}

#[test]
fn a_viewer_sends_what_is_said_and_no_silence_and_closes_its_microphone_when_told() {
    let folder = Folder::new();
    let loudspeaker = Loudspeaker::start(&folder);
    block_on(async {
        let listener = listener();
        let _viewer = start_viewer(&folder, &loudspeaker, &listener, &["--microphone"]);
        let mut watched = Watched::welcome(&listener).await;
        assert_eq!(watched.offers().await, [MicrophoneOffer::Ready]);
        assert!(!is_open(&loudspeaker), "nobody asked");
        watched.demand(MicrophoneDemand::Speak).await;
        wait_until_open(&loudspeaker, true);
        assert_eq!(watched.packets().await, 0, "silence");
        let said = std::thread::scope(|scope| {
            scope.spawn(|| say_tone(&loudspeaker, &folder, 3));
            tokio::task::block_in_place(|| Handle::current().block_on(watched.packets()))
        });
        // A hundred in a second; the program that plays takes a moment to start.
        assert!(said > 100, "{said}");
        // However often a server changes its mind, the last word counts.
        for _ in 0..20 {
            watched.demand(MicrophoneDemand::Rest).await;
            watched.demand(MicrophoneDemand::Speak).await;
        }
        wait_until_open(&loudspeaker, true);
        watched.demand(MicrophoneDemand::Rest).await;
        wait_until_open(&loudspeaker, false);
        // The end of the connection closes it as well.
        watched.demand(MicrophoneDemand::Speak).await;
        wait_until_open(&loudspeaker, true);
        drop(watched);
        drop(listener);
        wait_until_open(&loudspeaker, false);
    });
}
