//! What a session plays is heard at the viewer: real sound servers, a known tone, no hardware.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on fails"
)]

use std::time::Duration;

use hackstream_e2e::process::{Process, bound_command};
use hackstream_e2e::processor::Waiting;
use hackstream_e2e::server::{Run, Server};
use hackstream_e2e::sound::{Loudspeaker, listen_to_session, play_tone, session_socket};
use hackstream_e2e::terminal::terminal;
use hackstream_e2e::{viewer, wait_until};
use rustix::process::{Pid, Signal, kill_process};

/// Longer than the session's device takes to fall asleep, and threads that look from time to time.
const REST: Duration = Duration::from_secs(4);

/// Far more than sound takes on any machine, and less than the tone; the delay itself is printed.
const LATEST: Duration = Duration::from_secs(3);

/// Waits until the session is recorded and the viewer has opened its device, for which it takes the
/// first packet: it skips what it missed meanwhile. Ends in silence.
fn wait_for_sound(server: &Server, loudspeaker: &Loudspeaker) {
    let ear = loudspeaker.listen();
    wait_until("a sound", || {
        play_tone(server, 1);
        ear.heard().began
    });
    let _ = ear.heard_to_the_end(0.0);
}

#[test]
fn a_tone_is_heard_as_it_was_played() {
    let server = Server::run(&["sleep", "1000"]);
    let loudspeaker = Loudspeaker::start(server.folder());
    let _viewer = viewer::start_with_sound(&server, &loudspeaker, &[]);
    wait_for_sound(&server, &loudspeaker);
    let (there, here) = (listen_to_session(&server), loudspeaker.listen());
    let folders = [server.folder()];
    let waiting = Waiting::since_now(&folders);
    play_tone(&server, 5);
    let (played, heard) = (there.heard_to_the_end(4.75), here.heard_to_the_end(4.75));
    let waited = waiting.so_far();
    let delay = heard.began.unwrap().duration_since(played.began.unwrap());
    println!(
        "played {}; heard {}; after {delay:?}; waited {waited:?} for processors",
        played.told(),
        heard.told()
    );
    assert!((heard.seconds() - played.seconds()).abs() < 0.25);
    assert!(heard.is_the_tone());
    // Whoever does not get a processor in time cannot play in time.
    let excused = waited.as_secs_f64() * 1000.0 + played.gaps();
    assert!(heard.gaps() < 30.0 + excused);
    assert!(delay < LATEST + waited);
}

/// A terminal that scrolls counts as a film: what is measured is how late pictures and sound are.
#[test]
fn sound_keeps_to_the_pictures() {
    const SECONDS: usize = 6;
    let script = "while sleep 0.03; do date +%N; done";
    let server = Server::run(&terminal(&["sh", "-c", script]));
    let loudspeaker = Loudspeaker::start(server.folder());
    let viewer = viewer::start_with_sound(&server, &loudspeaker, &["--stats-json"]);
    let folders = [server.folder()];
    let waiting = Waiting::since_now(&folders);
    play_tone(&server, SECONDS);
    let excused = waiting.so_far().as_secs_f64() * 1000.0 / SECONDS as f64;
    let lines = viewer.stdout.all();
    let lags: Vec<f64> = lines
        .iter()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap())
        .filter_map(|line| line["sound_lag_ms"].as_f64())
        .collect();
    println!("the sound lags by {lags:?} ms; each second {excused} ms without a processor");
    assert!(lags.len() >= 3, "{lines:?}");
    // From the first second on; a machine that does something else meanwhile may spoil one.
    let apart = lags.iter().filter(|lag| lag.abs() > 60.0 + excused);
    assert!(apart.count() <= 1, "{lags:?}");
}

#[test]
fn silence_costs_neither_packets_nor_time_and_the_device_sleeps() {
    let server = Server::run(&["sleep", "1000"]);
    let loudspeaker = Loudspeaker::start(server.folder());
    let viewer = viewer::start_with_sound(&server, &loudspeaker, &[]);
    play_tone(&server, 1);
    let socket = session_socket(&server);
    wait_until("the device to sleep", || {
        let mut command = bound_command("pactl");
        command.env("PULSE_SERVER", format!("unix:{}", socket.display()));
        let list = Process::start(command.args(["list", "short", "sinks"])).wait();
        list.stdout.join("").contains("SUSPENDED").then_some(())
    });
    // A thread may end while it is looked at.
    let threads = |process: &Process| {
        let tasks = format!("/proc/{}/task", process.pid().as_raw_nonzero());
        let tasks = std::fs::read_dir(tasks).unwrap().flatten();
        let names = tasks.filter_map(|t| std::fs::read_to_string(t.path().join("comm")).ok());
        names.collect::<Vec<String>>()
    };
    // After ten seconds.
    wait_until("the viewer to give its device back", || {
        (!threads(&viewer).contains(&"sound\n".to_owned())).then_some(())
    });
    let wakes = || -> u64 {
        let status = format!("/proc/{}/task", server.process.pid().as_raw_nonzero());
        let tasks = std::fs::read_dir(status).unwrap().flatten();
        let name = |path: &std::path::Path| std::fs::read_to_string(path.join("comm"));
        let of_sound = tasks.filter(|task| name(&task.path()).is_ok_and(|name| name == "sound\n"));
        let counts = of_sound.map(|task| {
            let status = std::fs::read_to_string(task.path().join("status")).unwrap();
            let lines = status
                .lines()
                .filter_map(|l| l.strip_prefix("voluntary_ctxt_switches:"));
            lines
                .map(|count| count.trim().parse::<u64>().unwrap())
                .sum::<u64>()
        });
        counts.sum()
    };
    wait_until("the thread that records to sleep", || {
        let before = wakes();
        assert!(before > 0, "there is one");
        std::thread::sleep(REST);
        (wakes() == before).then_some(())
    });
}

#[test]
fn a_sound_server_that_is_killed_comes_back_and_so_does_the_sound() {
    let server = Server::run(&["sleep", "1000"]);
    let loudspeaker = Loudspeaker::start(server.folder());
    let _viewer = viewer::start_with_sound(&server, &loudspeaker, &[]);
    wait_for_sound(&server, &loudspeaker);
    let session = server.folder().sessions()[0].clone();
    let processes = server.folder().processes();
    let of_session = processes.iter().find(|(_, line)| {
        line.starts_with("pulseaudio") && line.contains(session.to_str().unwrap())
    });
    let (number, _) = of_session.expect("the session's sound server");
    kill_process(Pid::from_raw(*number).unwrap(), Signal::KILL).unwrap();
    server
        .process
        .stderr
        .wait_for("a new sound server", |line| {
            line.contains("started again").then_some(())
        });
    // Connecting succeeds once it is there; the viewers' recorder comes back by itself.
    wait_until("the sound server", || {
        std::os::unix::net::UnixStream::connect(session_socket(&server)).ok()
    });
    let second = loudspeaker.listen();
    wait_until("the second tone", || {
        play_tone(&server, 1);
        second.heard().began
    });
}

#[test]
fn muted_viewers_get_none_and_a_quiet_one_hears_it_quietly() {
    let server = Server::run(&["sleep", "1000"]);
    let loudspeaker = Loudspeaker::start(server.folder());
    let listener = loudspeaker.listen();
    for silent in ["--mute", "--no-audio"] {
        let _viewer = viewer::start_with_sound(&server, &loudspeaker, &[silent]);
        play_tone(&server, 1);
        std::thread::sleep(Duration::from_secs(1));
        assert_eq!(listener.heard().began, None, "{silent}");
    }
    let _viewer = viewer::start_with_sound(&server, &loudspeaker, &["--volume", "25"]);
    wait_until("the tone", || {
        play_tone(&server, 1);
        (listener.heard().seconds() > 0.5).then_some(())
    });
    let level = listener.heard_to_the_end(0.5).level();
    assert!((0.2..0.3).contains(&level), "{level}");
}

#[test]
fn a_viewer_without_a_device_goes_on_and_says_so_once() {
    let server = Server::run(&["sleep", "1000"]);
    let mut command = viewer::command(&server);
    command
        .env("PULSE_SERVER", "unix:/nonexistent")
        .env("ALSA_CONFIG_PATH", "/dev/null");
    let mut viewer = Process::start(&mut command);
    wait_until("a viewer", || (viewer::joined(&server) > 0).then_some(()));
    play_tone(&server, 2);
    viewer
        .stderr
        .wait_for("a line", |line| line.contains("no sound:").then_some(()));
    play_tone(&server, 1);
    assert!(viewer.is_running());
    let lines = viewer.stderr.all();
    let told = lines.iter().filter(|line| line.contains("no sound:"));
    assert_eq!(told.count(), 1, "{lines:?}");
}

#[test]
fn a_session_whose_sound_is_disabled_has_none() {
    let run = Run {
        options: &["--disable", "audio"],
        ..Run::default()
    };
    let folder = hackstream_e2e::folder::Folder::new();
    let server = Server::run_as(&run, folder, &["sleep", "1000"]);
    let loudspeaker = Loudspeaker::start(server.folder());
    let mut viewer = viewer::start_with_sound(&server, &loudspeaker, &[]);
    assert!(!session_socket(&server).exists());
    assert!(viewer.is_running());
}
