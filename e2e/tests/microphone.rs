//! What is said at a viewer is recorded in the session: real sound servers, a known tone, no
//! hardware.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on fails"
)]

use std::time::Duration;

use hackstream_e2e::folder::Folder;
use hackstream_e2e::hostile::{Peer, noise, runtime};
use hackstream_e2e::microphone::{
    ENABLED, Recording, is_open, listen, say_tone, sources, wait_until_open,
};
use hackstream_e2e::process::Process;
use hackstream_e2e::processor::Waiting;
use hackstream_e2e::server::{Run, Server};
use hackstream_e2e::sound::{Loudspeaker, session_socket};
use hackstream_e2e::{viewer, wait_until};
use hackstream_protocol::ids::SoundSeq;
use hackstream_protocol::units::Timestamp;
use hackstream_protocol::wire::control::{MicrophoneOffer, ViewerMessage};
use hackstream_protocol::wire::microphone::MicrophonePacket;
use hackstream_protocol::wire::sound::{Outlook, PacketDuration, SoundPacket};
use rustix::process::{Pid, Signal, kill_process};

/// Long enough for what might happen and should not.
const WHILE: Duration = Duration::from_secs(2);

/// Far more than a voice takes; the delay itself is printed.
const LATEST: Duration = Duration::from_secs(1);

const NOTHING: &[&str] = &["sleep", "1000"];

fn server(options: &[&str]) -> Server {
    let run = Run {
        options,
        ..Run::default()
    };
    Server::run_as(&run, Folder::new(), NOTHING)
}

/// Says the tone again and again until more of it is recorded: the session opens its device for the
/// first packets of a voice, and skips what it missed meanwhile. Ends in silence.
fn say_until_heard(loudspeaker: &Loudspeaker, folder: &Folder, recording: &Recording) {
    let before = recording.heard().seconds();
    wait_until("a voice", || {
        say_tone(loudspeaker, folder, 1);
        (recording.heard().seconds() > before + 0.5).then_some(())
    });
    wait_until("silence", || {
        (recording.heard().silence() >= 1.0).then_some(())
    });
}

#[test]
fn a_tone_is_recorded_as_it_was_said_and_the_microphone_is_open_no_longer_than_that() {
    let server = server(ENABLED);
    let loudspeaker = Loudspeaker::start(server.folder());
    let viewer = viewer::start_with_sound(&server, &loudspeaker, &["--microphone"]);
    std::thread::sleep(WHILE);
    assert!(!is_open(&loudspeaker), "nobody listens");

    let recording = Recording::start(&server);
    say_until_heard(&loudspeaker, server.folder(), &recording);
    let (said, there) = (loudspeaker.listen_to_air(), listen(&server));
    let folders = [server.folder()];
    let waiting = Waiting::since_now(&folders);
    say_tone(&loudspeaker, server.folder(), 5);
    let (played, heard) = (said.heard_to_the_end(4.75), there.heard_to_the_end(4.75));
    let waited = waiting.so_far();
    let delay = heard.began.unwrap() - played.began.unwrap();
    println!(
        "said {}; recorded {}; after {delay:?}; waited {waited:?} for processors",
        played.told(),
        heard.told()
    );
    assert!((heard.seconds() - played.seconds()).abs() < 0.25);
    assert!(heard.is_the_tone());
    // Whoever does not get a processor in time cannot play in time.
    let excused = waited.as_secs_f64() * 1000.0 + played.gaps();
    assert!(heard.gaps() < 30.0 + excused);
    assert!(delay < LATEST + waited);

    drop((recording, there));
    wait_until_open(&loudspeaker, false);
    wait_until("the device to sleep", || {
        let sources = sources(&server);
        let mut lines = sources.lines().filter(|line| line.contains("microphone"));
        lines.all(|line| line.contains("SUSPENDED")).then_some(())
    });
    assert_eq!(viewer.wakes("microphone"), None, "its thread has ended");
    assert_eq!(server.process.wakes("voice"), None);
    wait_until("the thread that hears of who records to sleep", || {
        let before = server.process.wakes("microphone");
        assert!(before.is_some(), "it is there");
        std::thread::sleep(WHILE);
        (server.process.wakes("microphone") == before).then_some(())
    });
    let _again = Recording::start(&server);
    wait_until_open(&loudspeaker, true);
}

#[test]
fn without_consent_the_microphone_stays_closed_whatever_the_session_does() {
    let server = server(ENABLED);
    let loudspeaker = Loudspeaker::start(server.folder());
    let _viewer = viewer::start_with_sound(&server, &loudspeaker, &[]);
    let recording = Recording::start(&server);
    say_tone(&loudspeaker, server.folder(), 2);
    assert!(!is_open(&loudspeaker));
    assert!(recording.heard().seconds() < 0.001);
}

#[test]
fn a_session_without_a_microphone_says_nothing_of_one() {
    let server = server(&[]);
    let loudspeaker = Loudspeaker::start(server.folder());
    let viewer = viewer::start_with_sound(&server, &loudspeaker, &["--microphone"]);
    viewer.stderr.wait_for("a line", |line| {
        line.contains("takes no microphone").then_some(())
    });
    assert!(!sources(&server).contains("microphone"));
    let _recording = Recording::start(&server);
    std::thread::sleep(WHILE);
    assert!(!is_open(&loudspeaker));
    // An offer that nobody asked for has no answer, and what is said all the same is not read.
    let runtime = runtime();
    runtime.block_on(async {
        let mut peer = Peer::admitted(&server).await;
        peer.say(&offer()).await;
        for i in 0..100 {
            let _ = peer.quic.send_datagram(spoken(i, &[0xfc]).into());
        }
        peer.say(&quality()).await;
        tokio::time::sleep(WHILE).await;
        assert!(peer.quic.close_reason().is_none());
        peer.leave().await;
    });
}

#[test]
fn a_viewer_without_a_microphone_says_so_once_and_goes_on() {
    let server = server(ENABLED);
    let mut command = viewer::command(&server);
    command
        .env("PULSE_SERVER", "unix:/nonexistent")
        .env("ALSA_CONFIG_PATH", "/dev/null")
        .arg("--microphone");
    let mut viewer = Process::start(&mut command);
    wait_until("a viewer", || (viewer::joined(&server) > 0).then_some(()));
    for _ in 0..3 {
        let _recording = Recording::start(&server);
        std::thread::sleep(WHILE / 2);
    }
    assert!(viewer.is_running());
    let lines = viewer.stderr.all();
    let told = lines.iter().filter(|line| line.contains("no microphone:"));
    assert_eq!(told.count(), 1, "{lines:?}");
}

#[test]
fn alsa_records_where_there_is_no_sound_server() {
    let server = server(ENABLED);
    let loudspeaker = Loudspeaker::start(server.folder());
    // The only device of this ALSA leads to the loudspeaker's microphone.
    let config = server.folder().path("asound.conf");
    let device = format!(
        "pcm.!default {{ type pulse server \"{}\" }}\n",
        loudspeaker.address()
    );
    std::fs::write(&config, device).unwrap();
    let mut command = viewer::command(&server);
    command
        .env("PULSE_SERVER", "unix:/nonexistent")
        .env("ALSA_CONFIG_PATH", &config)
        .arg("--microphone");
    let _viewer = Process::start(&mut command);
    wait_until("a viewer", || (viewer::joined(&server) > 0).then_some(()));
    let recording = Recording::start(&server);
    let outputs = || loudspeaker.source_outputs();
    wait_until("ALSA", || outputs().contains("ALSA").then_some(()));
    say_until_heard(&loudspeaker, server.folder(), &recording);
    let heard = recording.heard();
    println!("recorded {}", heard.told());
    assert!(heard.is_the_tone());
    drop(recording);
    wait_until("ALSA to be closed", || {
        (!outputs().contains("ALSA")).then_some(())
    });
}

#[test]
fn a_sound_server_that_is_killed_comes_back_and_so_does_the_voice() {
    let server = server(ENABLED);
    let loudspeaker = Loudspeaker::start(server.folder());
    let _viewer = viewer::start_with_sound(&server, &loudspeaker, &["--microphone"]);
    let first = Recording::start(&server);
    wait_until_open(&loudspeaker, true);
    let session = server.folder().sessions()[0].clone();
    let processes = server.folder().processes();
    let of_session = processes.iter().find(|(_, line)| {
        line.starts_with("pulseaudio") && line.contains(session.to_str().unwrap())
    });
    let (number, _) = of_session.expect("the session's sound server");
    kill_process(Pid::from_raw(*number).unwrap(), Signal::KILL).unwrap();
    wait_until_open(&loudspeaker, false);
    drop(first);
    wait_until("the sound server", || {
        std::os::unix::net::UnixStream::connect(session_socket(&server)).ok()
    });
    let again = Recording::start(&server);
    wait_until_open(&loudspeaker, true);
    say_until_heard(&loudspeaker, server.folder(), &again);
}

#[test]
fn each_of_several_viewers_is_heard_and_one_that_leaves_silences_no_other() {
    let server = server(ENABLED);
    let other_folder = Folder::new();
    let one = Loudspeaker::start(server.folder());
    let other = Loudspeaker::start(&other_folder);
    let first = viewer::start_with_sound(&server, &one, &["--microphone"]);
    let _second = viewer::start_with_sound(&server, &other, &["--microphone"]);
    let recording = Recording::start(&server);
    wait_until_open(&one, true);
    wait_until_open(&other, true);
    say_until_heard(&one, server.folder(), &recording);
    drop(first);
    wait_until_open(&one, false);
    say_until_heard(&other, &other_folder, &recording);
}

#[test]
fn nonsense_from_one_viewer_neither_ends_the_session_nor_covers_another_voice() {
    let server = server(ENABLED);
    let loudspeaker = Loudspeaker::start(server.folder());
    let _viewer = viewer::start_with_sound(&server, &loudspeaker, &["--microphone"]);
    let recording = Recording::start(&server);
    wait_until_open(&loudspeaker, true);
    let runtime = runtime();
    runtime.block_on(async {
        let mut peer = Peer::admitted(&server).await;
        peer.say(&offer()).await;
        tokio::time::sleep(WHILE / 4).await;
        for i in 0..20_000u64 {
            // Numbers that repeat, jump and overflow; what Opus cannot decode.
            let seq = [i, i / 2, u64::MAX - i, i.wrapping_mul(0x9e37_79b9)][i as usize % 4];
            let opus: Vec<u8> = noise(i).take(1 + i as usize % 900).collect();
            let _ = peer.quic.send_datagram(spoken(seq, &opus).into());
            if i % 500 == 0 {
                tokio::task::yield_now().await;
            }
        }
        tokio::time::sleep(WHILE / 2).await;
        assert!(peer.quic.close_reason().is_none());
        peer.leave().await;

        let broken = Peer::admitted(&server).await;
        let _ = broken.quic.send_datagram(vec![4, 0xff, 1, 1].into());
        assert_eq!(broken.closed().await, 5, "a malformed packet");
    });
    // What Opus makes of nonsense may be heard; nobody else's voice is missing for it.
    say_until_heard(&loudspeaker, server.folder(), &recording);
}

fn offer() -> Vec<u8> {
    control(&ViewerMessage::Microphone(MicrophoneOffer::Ready))
}

fn quality() -> Vec<u8> {
    use hackstream_protocol::wire::control::Quality;
    control(&ViewerMessage::Quality(Quality::Low))
}

fn control(message: &ViewerMessage) -> Vec<u8> {
    let mut body = Vec::new();
    message.write(&mut body);
    let mut bytes = (body.len() as u32).to_le_bytes().to_vec();
    bytes.extend_from_slice(&body);
    bytes
}

fn spoken(seq: u64, opus: &[u8]) -> Vec<u8> {
    let packet = SoundPacket {
        seq: SoundSeq(seq),
        captured: Timestamp(seq.wrapping_mul(10_000)),
        duration: PacketDuration::Ms10,
        outlook: Outlook::Continues,
        opus,
    };
    let mut bytes = Vec::new();
    MicrophonePacket(packet).write(&mut bytes);
    bytes
}
