//! What is copied at a viewer reaches a session only while the viewer is in control. The server is
//! the test, so that it can ask for what it was never told of.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on fails"
)]

use std::net::{Ipv4Addr, SocketAddr};

use hackstream_e2e::PATIENCE;
use hackstream_e2e::hostile::{block_on, within};
use hackstream_protocol::PROTOCOL_VERSION;
use hackstream_protocol::geometry::Size;
use hackstream_protocol::wire::clipboard::{
    ClipboardDemand, ClipboardMessage, ClipboardSupply, Format, Formats, Offer, Request, Selection,
};
use hackstream_protocol::wire::control::{
    SeatReport, SeatWish, ServerMessage, Standing, ViewerMessage, Welcome,
};
use hackstream_transport::{
    Connection, ControlReader, ControlWriter, Exchanges, Identity, IncomingExchange, Listener,
};
use hackstream_view::config::{Options, Token, TrustPolicy};
use hackstream_view::headless::Viewer;
use tokio::task::{JoinHandle, block_in_place, spawn_blocking};

const COPIED: Selection = Selection::Clipboard;

/// The session of one viewer.
struct Session {
    connection: Connection,
    says: ControlWriter<ServerMessage>,
    _hears: ControlReader<ViewerMessage>,
    tells: ControlWriter<ClipboardMessage>,
    is_told: ControlReader<ClipboardMessage>,
    requests: u64,
    _streams: JoinHandle<()>,
}

impl Session {
    /// Lets the viewer in and wants to hear what it copies.
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
            microphone: false,
            scales: false,
            desktop: Default::default(),
            renewed: false,
        });
        within(says.send(&welcome)).await.unwrap();
        let mut exchanges = Exchanges::default();
        let mut clipboards = exchanges.clipboard();
        let running = exchanges.run(connection.clone());
        let streams = tokio::spawn(async move { drop(running.await) });
        let Some(IncomingExchange::Clipboard(stream)) = within(clipboards.recv()).await else {
            panic!("no clipboard");
        };
        let (mut tells, mut is_told) = stream;
        within(tells.send(&ClipboardMessage::Wanted)).await.unwrap();
        let first = within(is_told.receive()).await.unwrap();
        assert_eq!(first, Some(ClipboardMessage::Wanted));
        Self {
            connection,
            says,
            _hears: hears,
            tells,
            is_told,
            requests: 0,
            _streams: streams,
        }
    }

    /// Tells the viewer what it may do, and waits until it knows.
    async fn seat(&mut self, viewer: &Viewer, standing: Standing) {
        let report = SeatReport {
            standing,
            viewers: 1,
            in_control: u32::from(standing.acts()),
        };
        let message = ServerMessage::Seats(report);
        within(self.says.send(&message)).await.unwrap();
        let knows = block_in_place(|| viewer.wait_for_seats(|seats| seats == report, PATIENCE));
        assert!(knows, "{standing:?}");
    }

    async fn next_offer(&mut self) -> Offer {
        match within(self.is_told.receive()).await.unwrap() {
            Some(ClipboardMessage::Offer(offer)) => offer,
            other => panic!("{other:?}"),
        }
    }

    async fn offers(&mut self, formats: Formats, seen: u64) {
        let offer = ClipboardMessage::Offer(Offer {
            selection: COPIED,
            serial: 1,
            seen,
            formats,
        });
        within(self.tells.send(&offer)).await.unwrap();
    }

    /// What the viewer hands out for a number; `None` if it refuses.
    async fn pastes(&mut self, serial: u64) -> Option<Vec<u8>> {
        self.requests += 1;
        let request = ClipboardDemand::Request(Request {
            number: self.requests,
            selection: COPIED,
            serial,
            format: Format::Text,
            base: 0,
        });
        let opened = within(self.connection.open_clipboard_contents()).await;
        let (mut to_peer, mut from_peer) = opened.unwrap();
        within(to_peer.send(&request)).await.unwrap();
        let mut contents = Vec::new();
        loop {
            match within(from_peer.receive()).await {
                Ok(Some(ClipboardSupply::Start(_))) => {}
                Ok(Some(ClipboardSupply::Piece(bytes))) => contents.extend(bytes),
                Ok(Some(ClipboardSupply::End)) => return Some(contents),
                Ok(None) | Err(_) => return None,
            }
        }
    }

    /// Tries all numbers that the viewer can have given to what it holds.
    async fn gets_nothing(&mut self) {
        for serial in 0..8 {
            assert_eq!(self.pastes(serial).await, None, "number {serial}");
        }
    }
}

fn listener() -> (Listener, Options) {
    let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let identity = Identity::generate().unwrap();
    let listener = Listener::bind(any, &identity).unwrap();
    let address = listener.local_addr().unwrap().to_string().parse().unwrap();
    let token = Token::new(b"secret".to_vec()).unwrap();
    let trust = TrustPolicy::Pinned(identity.fingerprint());
    let mut options = Options::headless(address, token, trust);
    options.seat = SeatWish::Watch;
    (listener, options)
}

fn copy(viewer: &Viewer, format: Format, contents: &[u8]) {
    let clipboard = viewer.clipboard();
    clipboard.set(COPIED, vec![(format, contents.to_vec())]);
}

#[test]
fn what_is_copied_leaves_the_viewer_once_it_is_in_control_and_not_before() {
    block_on(async {
        let (listener, options) = listener();
        let connecting = spawn_blocking(|| Viewer::connect(options));
        let mut session = Session::welcome(&listener).await;
        let viewer = within(connecting).await.unwrap().unwrap();
        copy(&viewer, Format::Text, b"copied before");
        session.gets_nothing().await;
        session.seat(&viewer, Standing::Watching).await;
        session.gets_nothing().await;
        // Control is taken from the menu, or was free again.
        session.seat(&viewer, Standing::InControl).await;
        let offer = session.next_offer().await;
        let pasted = session.pastes(offer.serial).await;
        assert_eq!(pasted.as_deref(), Some(&b"copied before"[..]));
        session.seat(&viewer, Standing::Watching).await;
        copy(&viewer, Format::Text, b"a password");
        session.gets_nothing().await;
        // Somebody copies in the session: that is what both clipboards hold, also afterwards.
        let text: Formats = [Format::Text].into_iter().collect();
        session.offers(text, offer.serial).await;
        let heard = block_in_place(|| {
            let clipboard = viewer.clipboard();
            clipboard.wait_for(COPIED, |formats| !formats.is_empty(), PATIENCE)
        });
        assert!(heard);
        session.seat(&viewer, Standing::InControl).await;
        copy(&viewer, Format::Html, b"<b>copied in control</b>");
        let offer = session.next_offer().await;
        assert!(offer.formats.contains(Format::Html), "{offer:?}");
    });
}
