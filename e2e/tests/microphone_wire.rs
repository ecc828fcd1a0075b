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

    /// It is told this of microphones, and then nothing more for a while.
    async fn hears_only(&mut self, expected: &[MicrophoneDemand]) {
        for demand in expected {
            assert_eq!(within(self.demand()).await, *demand);
        }
        let more = timeout(WHILE, self.demand()).await;
        assert!(more.is_err(), "{more:?} after {expected:?}");
    }

    async fn demand(&mut self) -> MicrophoneDemand {
        loop {
            let message = self.hears.receive().await.unwrap();
            if let ServerMessage::Microphone(demand) = message.expect("a server") {
                return demand;
            }
        }
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
        speaker.hears_only(&[]).await;
        let recording = Recording::start(&server);
        speaker.hears_only(&[Speak]).await;
        quiet.hears_only(&[]).await;
        speaker.offer(MicrophoneOffer::Withdrawn).await;
        speaker.hears_only(&[Rest]).await;
        speaker.offer(MicrophoneOffer::Ready).await;
        speaker.hears_only(&[Speak]).await;
        drop(recording);
        speaker.hears_only(&[Rest]).await;
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
        viewer.hears_only(&[]).await;
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
            scales: false,
            desktop: Default::default(),
            renewed: false,
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

    /// The viewer offers this, and then nothing more for a while.
    async fn hears_only(&mut self, expected: &[MicrophoneOffer]) {
        for offer in expected {
            assert_eq!(within(self.offer()).await, *offer);
        }
        let more = timeout(WHILE, self.offer()).await;
        assert!(more.is_err(), "{more:?} after {expected:?}");
    }

    async fn offer(&mut self) -> MicrophoneOffer {
        loop {
            let message = self.hears.receive().await.unwrap();
            if let ViewerMessage::Microphone(offer) = message.expect("a viewer") {
                return offer;
            }
        }
    }

    /// Waits for a packet of the viewer's microphone.
    async fn packet(&self) {
        loop {
            let datagram = self.connection.receive_datagram().await.unwrap();
            if matches!(MicrophonePacket::read(&datagram), Ok(Some(_))) {
                return;
            }
        }
    }

    /// The viewer sends nothing of its microphone for a while.
    async fn hears_silence(&self) {
        let packet = timeout(WHILE, self.packet()).await;
        assert!(packet.is_err(), "it is not silent");
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
        watched.hears_only(&[]).await;
        assert!(!is_open(&loudspeaker));
        watched.hears_silence().await;
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
        watched.hears_only(&[MicrophoneOffer::Ready]).await;
        assert!(!is_open(&loudspeaker), "nobody asked");
        watched.demand(MicrophoneDemand::Speak).await;
        wait_until_open(&loudspeaker, true);
        watched.hears_silence().await;
        std::thread::scope(|scope| {
            scope.spawn(|| say_tone(&loudspeaker, &folder, 3));
            // A hundred in a second; some do not come in time on a busy machine.
            let some = async {
                for _ in 0..100 {
                    within(watched.packet()).await;
                }
            };
            tokio::task::block_in_place(|| Handle::current().block_on(some));
        });
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
