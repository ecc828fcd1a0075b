//! Connect tickets: what a control plane sends viewers with, and what else gets nobody in.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on fails"
)]

use std::rc::Rc;
use std::time::{Duration, Instant};

use hackstream_e2e::compare::{Picture, Screen, step};
use hackstream_e2e::folder::Folder;
use hackstream_e2e::hostile::{Peer, REFUSED, WELCOME, block_on, hello, message};
use hackstream_e2e::hub::{
    Hub, client_key, come_back, descriptor, greet, greeting, loopback, now, options, proof, view,
    welcome,
};
use hackstream_e2e::relay::{Relay, Way};
use hackstream_e2e::server::Server;
use hackstream_e2e::terminal::Board;
use hackstream_e2e::{PATIENCE, viewer, wait_until};
use hackstream_protocol::wire::control::{Hello, RefusalReason, SeatWish, ServerMessage, Standing};
use hackstream_ticket::{Feature, Features, Policy, Seat, Ticket, UnixSeconds};
use hackstream_view::headless::LinkState;
use tokio::task::LocalSet;

const BAD_TICKET: u64 = RefusalReason::BadTicket.close_code() as u64;

/// What the server's log counts as the reason of refusals, once it counts `least` of them: who is refused
/// may hear of it before we read the line.
fn failures(server: &Server, least: usize) -> Vec<String> {
    wait_until("the reasons in the log", || {
        let reasons = failures_so_far(server);
        (reasons.len() >= least).then_some(reasons)
    })
}

fn failures_so_far(server: &Server) -> Vec<String> {
    let log = server.process.stderr.all();
    let reason = |line: &String| {
        let (_, rest) = line.split_once("failure=\"")?;
        Some(rest.split('"').next()?.to_owned())
    };
    log.iter().filter_map(reason).collect()
}

fn nobody_came(server: &Server) -> bool {
    viewer::joined(server) == 0
}

/// Many at once, from as many addresses as it takes that none is turned away for its number.
#[test]
fn of_many_that_show_one_ticket_exactly_one_gets_in() {
    const ROUNDS: u8 = 8;
    let hub = Hub::new(1);
    let server = Rc::new(hub.session(&[], &["sleep", "1000"]));
    let mut tickets = Vec::new();
    block_on(async {
        for round in 0..ROUNDS {
            let text = hub.sign(&hub.ticket(&server, &client_key(2), round));
            let all = LocalSet::new();
            let people: Vec<_> = (0..64)
                .map(|person| {
                    let (server, text) = (Rc::clone(&server), text.clone());
                    all.spawn_local(async move {
                        let from = loopback(1 + person % 8);
                        let mut peer = Peer::connect_from(&server, from).await;
                        greet(&mut peer, &server, &text, &client_key(2)).await;
                        let answer = peer.answer().await;
                        (peer, answer)
                    })
                })
                .collect();
            all.await;
            let mut answers = Vec::new();
            for person in people {
                answers.push(person.await.unwrap());
            }
            let welcomes = answers.iter().filter(|(_, answer)| *answer == WELCOME);
            assert_eq!(welcomes.count(), 1, "round {round}");
            let refusals = answers.iter().filter(|(_, answer)| *answer == REFUSED);
            assert_eq!(refusals.count(), 63);
            tickets.push(text);
        }
        // Nor later.
        for text in tickets {
            let mut peer = Peer::connect(&server).await;
            greet(&mut peer, &server, &text, &client_key(2)).await;
            assert_eq!(peer.closed().await, BAD_TICKET);
        }
    });
    assert_eq!(viewer::joined(&server), usize::from(ROUNDS));
    assert!(
        failures(&server, 1)
            .iter()
            .all(|failure| failure == "replayed")
    );
}

#[test]
fn a_ticket_is_good_in_its_time_only() {
    let hub = Hub::new(1);
    let server = hub.session(&[], &["sleep", "1000"]);
    let shifted = |number, seconds: i64| {
        let at = |time: UnixSeconds| UnixSeconds(time.0.saturating_add_signed(seconds));
        let ticket = hub.ticket(&server, &client_key(2), number);
        Ticket {
            issued_at: at(ticket.issued_at),
            expires_at: at(ticket.expires_at),
            ..ticket
        }
    };
    block_on(async {
        // Clocks that are a minute apart either way, and a ticket that just ended.
        for (number, seconds) in [(1, -60), (2, 60), (3, -30)] {
            let mut peer = Peer::connect(&server).await;
            let text = hub.sign(&shifted(number, seconds));
            greet(&mut peer, &server, &text, &client_key(2)).await;
            assert_eq!(peer.closed().await, BAD_TICKET);
        }
        assert_eq!(failures(&server, 3), ["expired"; 3]);
        let endless = Ticket {
            expires_at: now().plus(3600),
            ..shifted(4, 0)
        };
        let mut peer = Peer::connect(&server).await;
        greet(&mut peer, &server, &hub.sign(&endless), &client_key(2)).await;
        assert_eq!(peer.closed().await, BAD_TICKET);
        assert!(nobody_came(&server));
        let mut peer = Peer::connect(&server).await;
        greet(
            &mut peer,
            &server,
            &hub.sign(&shifted(5, 0)),
            &client_key(2),
        )
        .await;
        assert_eq!(peer.answer().await, WELCOME);
    });
}

/// Whoever gets hold of a ticket, and even of a proof, gets nowhere with them.
#[test]
fn a_stolen_ticket_is_worth_nothing() {
    let hub = Hub::new(1);
    let server = hub.session(&["--node-id", "node-1"], &["sleep", "1000"]);
    let (owner, thief) = (client_key(2), client_key(3));
    let good = hub.ticket(&server, &owner, 1);
    let text = hub.sign(&good);
    let other_session = Ticket {
        session: "another".parse().unwrap(),
        ..good.clone()
    };
    let other_node = Ticket {
        node: "node-2".parse().unwrap(),
        ..good.clone()
    };
    let other_server = Ticket {
        server_key: thief.public().hash(),
        ..good.clone()
    };
    block_on(async {
        // Overheard on the owner's connection, which never got round to showing them.
        let owners = Peer::connect(&server).await;
        let overheard = proof(&owners, &owner, text.as_bytes());
        let refused = async |ticket: &str, proof_of: &dyn Fn(&Peer) -> Vec<u8>| {
            let mut peer = Peer::connect(&server).await;
            let proof = proof_of(&peer);
            peer.say(&message(&greeting(&server, ticket, proof))).await;
            assert_eq!(peer.closed().await, BAD_TICKET);
            peer.leave().await;
        };
        refused(&text, &|peer| proof(peer, &thief, text.as_bytes())).await;
        refused(&text, &|_| overheard.clone()).await;
        refused(&text, &|_| Vec::new()).await;
        refused(&text, &|peer| proof(peer, &owner, b"something else")).await;
        for other in [&other_session, &other_node, &other_server] {
            let text = hub.sign(other);
            refused(&text, &|peer| proof(peer, &owner, text.as_bytes())).await;
        }
        assert_eq!(failures(&server, 7), ["bad_binding"; 7]);
        // Forged in any place.
        for at in (5..text.len()).step_by(23) {
            let mut changed = text.clone().into_bytes();
            changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).unwrap();
            refused(&changed, &|peer| proof(peer, &owner, changed.as_bytes())).await;
        }
        let foreign = Hub::new(9).sign(&good);
        refused(&foreign, &|peer| proof(peer, &owner, foreign.as_bytes())).await;
        assert!(
            failures(&server, 8)[7..]
                .iter()
                .all(|failure| failure == "forged")
        );
        assert!(nobody_came(&server));
        // None of that used it up.
        let mut peer = Peer::connect(&server).await;
        greet(&mut peer, &server, &text, &owner).await;
        assert_eq!(peer.answer().await, WELCOME);
    });
    let log = server.process.stderr.all().join("\n");
    assert!(!log.contains("panicked") && !log.contains(&text), "{log}");
}

#[test]
fn a_session_of_a_control_plane_takes_no_token() {
    let server = Hub::new(1).session(&[], &["sleep", "1000"]);
    block_on(async {
        for token in [&b""[..], b"0123456789abcdef0123456789abcdef"] {
            let hello = Hello {
                token: token.to_vec(),
                ..hello(&server)
            };
            let mut peer = Peer::connect(&server).await;
            peer.say(&message(&hello)).await;
            assert_eq!(peer.closed().await, BAD_TICKET);
        }
        let mut peer = Peer::connect(&server).await;
        let long = greeting(&server, &"h".repeat(1025), Vec::new());
        peer.say(&message(&long)).await;
        let code = u64::from(RefusalReason::ProtocolError.close_code());
        assert_eq!(peer.closed().await, code);
    });
}

/// The way back is bound to the viewer's key, and each step of it ends the one before.
#[test]
fn only_the_same_viewer_comes_back_and_the_way_back_changes() {
    let hub = Hub::new(1);
    let server = hub.session(&[], &["sleep", "1000"]);
    let (owner, thief) = (client_key(2), client_key(3));
    block_on(async {
        let mut first = Peer::connect(&server).await;
        greet(
            &mut first,
            &server,
            &hub.sign(&hub.ticket(&server, &owner, 1)),
            &owner,
        )
        .await;
        let given = welcome(&mut first).await;
        assert_eq!((given.ticket.len(), given.renewed), (32, false));
        let back = async |ticket: &[u8], key| {
            let mut peer = Peer::connect(&server).await;
            come_back(&mut peer, &server, ticket, key).await;
            peer
        };
        let stolen = back(&given.ticket, &thief).await;
        assert_eq!(stolen.closed().await, BAD_TICKET);
        assert!(
            first.quic.close_reason().is_none(),
            "a thief disturbs nobody"
        );

        let mut second = back(&given.ticket, &owner).await;
        let renewed = welcome(&mut second).await;
        assert!(renewed.renewed && renewed.ticket != given.ticket);
        let replaced = u64::from(RefusalReason::Replaced.close_code());
        assert_eq!(first.closed().await, replaced);
        // A welcome that got lost: what the viewer has holds once more.
        let mut third = back(&given.ticket, &owner).await;
        let again = welcome(&mut third).await;
        assert_eq!(second.closed().await, replaced);
        let mut fourth = back(&again.ticket, &owner).await;
        welcome(&mut fourth).await;
        for over in [&given.ticket, &renewed.ticket] {
            assert_eq!(back(over, &owner).await.closed().await, BAD_TICKET);
        }
        assert!(fourth.quic.close_reason().is_none(), "the last one stays");
    });
}

#[test]
fn a_ticket_admits_to_what_its_policy_says() {
    let hub = Hub::new(1);
    let server = hub.session(
        &["--enable", "file-transfer,microphone"],
        &["sleep", "1000"],
    );
    let key = client_key(2);
    let with = |policy, number| {
        let ticket = hub.ticket(&server, &key, number);
        hub.sign(&Ticket { policy, ..ticket })
    };
    let watch = Policy {
        seat: Seat::View,
        ..Policy::EVERYTHING
    };
    let little = Policy {
        disabled: Features::NONE
            .with(Feature::Files)
            .with(Feature::Microphone),
        ..Policy::EVERYTHING
    };
    let standing = |message| match message {
        ServerMessage::Seats(report) => Some(report.standing),
        _ => None,
    };
    block_on(async {
        let mut peer = Peer::connect(&server).await;
        greet(&mut peer, &server, &with(Policy::EVERYTHING, 1), &key).await;
        let told = welcome(&mut peer).await;
        assert!(told.files.is_some());
        assert_eq!(peer.hear(standing).await, Standing::InControl);

        let mut peer = Peer::connect(&server).await;
        greet(&mut peer, &server, &with(little, 2), &key).await;
        let told = welcome(&mut peer).await;
        assert_eq!((told.files, told.microphone), (None, false));
        assert_eq!(peer.hear(standing).await, Standing::InControl);

        let mut guest = Peer::connect(&server).await;
        greet(&mut guest, &server, &with(watch, 3), &key).await;
        let told = welcome(&mut guest).await;
        assert_eq!(told.files, None);
        assert_eq!(guest.hear(standing).await, Standing::ViewOnly);
        // The same after it came back, whatever it asks for.
        let mut again = Peer::connect(&server).await;
        let hello = Hello {
            ticket: told.ticket.clone(),
            seat: SeatWish::ControlAlone,
            ..greeting(&server, "", proof(&again, &key, &told.ticket))
        };
        again.say(&message(&hello)).await;
        welcome(&mut again).await;
        assert_eq!(again.hear(standing).await, Standing::ViewOnly);
    });
}

/// The program reads where to go and what to show, shows the session, and is told what is wrong.
#[test]
fn the_viewer_goes_where_a_descriptor_says() {
    let folder = Folder::new();
    let board = Board::new(&folder);
    let hub = Hub::new(1);
    let server = hub.session(&[], &board.command());
    let key = client_key(2);
    let text = hub.sign(&hub.ticket(&server, &key, 1));
    let goal = descriptor(&server, &text, &key);
    let file = server.folder().path("seen.png");
    let shot = ["--screenshot", file.to_str().unwrap()];

    // An impostor: nothing is said to it.
    let mut elsewhere = goal.clone();
    elsewhere["server_spki"] = format!("sha256:{}", "0".repeat(64)).into();
    let ended = view(&server, &elsewhere, &shot);
    assert_eq!(ended.code, Some(5), "{:?}", ended.stderr);
    assert!(failures(&server, 0).is_empty() && nobody_came(&server));

    let ended = view(&server, &goal, &shot);
    assert_eq!(ended.code, Some(0), "{:?}", ended.stderr);
    assert!(
        Picture::read_png(&file) == server.picture(),
        "another picture"
    );

    let ended = view(&server, &goal, &shot);
    assert_eq!(ended.code, Some(4), "{:?}", ended.stderr);
    let said = ended.stderr.join("\n");
    assert!(said.contains("used before"), "{said}");

    let old = hub.ticket(&server, &key, 2);
    let old = Ticket {
        issued_at: UnixSeconds(old.issued_at.0 - 100),
        expires_at: UnixSeconds(old.expires_at.0 - 100),
        ..old
    };
    let ended = view(&server, &descriptor(&server, &hub.sign(&old), &key), &shot);
    assert_eq!(ended.code, Some(4), "{:?}", ended.stderr);
    let said = ended.stderr.join("\n");
    assert!(said.contains("too old"), "{said}");

    let mut half = goal.clone();
    half.as_object_mut().unwrap().remove("key");
    let ended = view(&server, &half, &shot);
    assert_eq!(ended.code, Some(2));
    let said = ended.stderr.join("\n");
    assert!(
        said.contains("key is missing") && !said.contains(&text),
        "{said}"
    );
}

/// A ticket that is over long since, no control plane, and a connection that is lost for good: the
/// viewer comes back to the same session all the same.
#[test]
fn a_viewer_comes_back_when_its_ticket_is_over() {
    let folder = Folder::new();
    let board = Board::new(&folder);
    let hub = Hub::new(1);
    let server = hub.session(&[], &board.command());
    let relay = Relay::to(&server);
    let ticket = Ticket {
        expires_at: now().plus(15),
        ..hub.ticket(&server, &client_key(2), 1)
    };
    let until = ticket.expires_at;
    let mut options = options(&server, hub.sign(&ticket), client_key(2));
    options.server = relay.address().to_string().parse().unwrap();
    options.reconnect_timeout = None;
    let viewer = viewer::connect_with(&server, options);
    relay.cut(&[Way::Up, Way::Down]);
    // QUIC gives the connection up after half a minute without a sign of life.
    let deadline = Instant::now() + 4 * PATIENCE;
    let left = || {
        server
            .process
            .stderr
            .all()
            .iter()
            .any(|l| l.contains("viewer left"))
    };
    while !left() || now() < until {
        assert!(Instant::now() < deadline, "the server never gave up");
        std::thread::sleep(Duration::from_millis(100));
    }
    relay.mend();
    let live = viewer.wait_for_link(|link| link == LinkState::Live, PATIENCE);
    assert!(live, "{:?}", server.process.stderr);
    step(&server, &[&viewer], "writing after", || {
        board.fill(1000, 20)
    });
    assert_eq!(viewer::joined(&server), 2);
    assert!(failures(&server, 0).is_empty());
}
