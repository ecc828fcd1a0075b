//! The container image of a session, run for real: `cargo xtask image test`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on fails"
)]

use std::process::Command;
use std::time::{Duration, Instant};

use hackstream_e2e::container::{Container, docker, image, said, wait_for_colour};
use hackstream_e2e::keyboard::wheel;
use hackstream_e2e::runbook::{Kind, STRICT, commands};
use hackstream_e2e::wait_until;
use serde_json::Value;

/// Everything that can be taken from a container.
const LOCKED_DOWN: [&str; 14] = [
    "--read-only",
    "--tmpfs",
    "/tmp:size=1g",
    "--cap-drop",
    "ALL",
    "--security-opt",
    "no-new-privileges",
    "--memory",
    "2g",
    "--cpus",
    "2",
    "--pids-limit",
    "1024",
    "--shm-size=256m",
];

/// Where the pages of the tests are in the container.
const PAGE: &str = "HACKSTREAM_URL=file:///pages/first.html";

/// The colour of its footer.
const PAGE_COLOUR: u32 = 0x0020_5080;

fn pages() -> String {
    format!("{}/pages:/pages:ro", env!("CARGO_MANIFEST_DIR"))
}

#[test]
#[ignore = "needs the image: cargo xtask image test"]
fn nothing_but_a_port_is_needed_and_the_first_picture_is_quick() {
    // The first start reads the image from the disk; the second finds it in memory.
    forget_what_was_read();
    for (name, bar) in [("first start", 8), ("second start", 3)] {
        let pages = pages();
        let options = ["--shm-size=256m", "--volume", &pages, "--env", PAGE];
        let container = Container::run(&options, &[]);
        let started = container.asked.elapsed();
        let _ready = container.ready();
        let ready = container.asked.elapsed();
        let viewer = container.view();
        let picture = container.asked.elapsed();
        wait_for_colour(&viewer, PAGE_COLOUR);
        let page = container.asked.elapsed();
        println!(
            "{name}: container {started:.2?}, ready {ready:.2?}, first picture at a viewer \
             {picture:.2?}, Firefox's page {page:.2?}"
        );
        assert!(picture < Duration::from_secs(bar), "{name}: {picture:?}");
        viewer.close().unwrap();
    }
}

/// Has the kernel forget files that it has in memory, where this process may.
fn forget_what_was_read() {
    rustix::fs::sync();
    if let Err(why) = std::fs::write("/proc/sys/vm/drop_caches", "3") {
        eprintln!("the first start finds files in memory: {why}");
    }
}

#[test]
#[ignore = "needs the image: cargo xtask image test"]
fn locked_down_it_works_and_firefox_keeps_its_sandbox() {
    let pages = pages();
    let options = [&LOCKED_DOWN[..], &["--volume", &pages, "--env", PAGE]].concat();
    let container = Container::run(&options, &[]);
    let viewer = container.view();
    wait_for_colour(&viewer, PAGE_COLOUR);

    assert_eq!(container.inside(&["id", "--user"]), "1000");
    // Docker's filter is one; that of a process for web pages is another one on top of it.
    // The brackets keep the script from finding itself.
    let script = "for dir in /proc/[0-9]*; do \
         tr '\\0' ' ' < $dir/cmdline | grep -q '[-]contentproc.* tab' && \
         grep -H Seccomp_filters $dir/status; done; true";
    // Firefox keeps some processes ready, and one that has just begun has not shut itself in yet.
    wait_until(
        "a filter of Firefox's own in each process for pages",
        || {
            let filters = container.inside(&["sh", "-c", script]);
            let counts = filters
                .lines()
                .map(|line| line.rsplit_once('\t').unwrap().1);
            let mut counts = counts.map(|count| count.parse::<u32>().unwrap()).peekable();
            (counts.peek().is_some() && counts.all(|count| count >= 2)).then_some(())
        },
    );
    viewer.close().unwrap();
}

#[test]
#[ignore = "needs the image: cargo xtask image test"]
fn it_is_healthy_and_ends_in_order_when_told_to() {
    let container = Container::run(&["--health-interval=1s", "--shm-size=256m"], &[]);
    let _ready = container.ready();
    wait_until("a healthy container", || {
        let health = container.inspect("{{.State.Health.Status}}");
        (health == "healthy").then_some(())
    });
    let told = Instant::now();
    // A container that has to be killed after this time ends with 137.
    assert_eq!(container.stop("5"), "0", "{}", container.log());
    println!("ended {:.2?} after SIGTERM", told.elapsed());
}

#[test]
#[ignore = "needs the image: cargo xtask image test"]
fn a_profile_in_a_volume_outlives_its_container() {
    let volume = format!("hackstream-test-{}", std::process::id());
    let mount = format!("{volume}:/home/hackstream");
    let options = ["--volume", &mount, "--env", "HACKSTREAM_PROFILE=persist"];
    let script = "echo more >> notes; exec sleep 600";
    let run = || Container::run(&options, &["sh", "-c", script]);
    let seen = |container: &Container| {
        let fingerprint = container.ready().fingerprint;
        let notes = wait_until("notes", || {
            let notes = docker([
                "run",
                "--rm",
                "--volume",
                &mount,
                "--entrypoint",
                "cat",
                &image(),
                "notes",
            ]);
            notes.status.success().then_some(notes.stdout.len())
        });
        (fingerprint, notes)
    };
    let container = run();
    let (first, notes) = seen(&container);
    assert_eq!(notes, "more\n".len());
    drop(container);
    let container = run();
    wait_until("more notes", || {
        (seen(&container).1 == 2 * notes).then_some(())
    });
    assert_eq!(
        seen(&container).0,
        first,
        "viewers would be warned of another key"
    );
    drop(container);
    said(["volume", "rm", &volume]);
}

#[test]
#[ignore = "needs the image: cargo xtask image test"]
fn an_ephemeral_home_is_forgotten_when_the_container_starts_again() {
    let script = "test -e notes && touch /tmp/remembered; touch notes; exec sleep 600";
    let container = Container::run(&[], &["sh", "-c", script]);
    let _ready = container.ready();
    container.stop("5");
    container.start();
    let _ready = container.ready();
    let found = container.inside(&["ls", "/tmp", "/tmp/hackstream/home"]);
    assert!(
        found.contains("notes") && !found.contains("remembered"),
        "{found}"
    );
}

#[test]
#[ignore = "needs the image: cargo xtask image test"]
fn another_user_and_another_program_are_as_good() {
    let options = [
        "--user",
        "12345:12345",
        "--env",
        "HACKSTREAM_APP=xterm -bg #205080",
    ];
    let container = Container::run(&options, &[]);
    let viewer = container.view();
    wait_for_colour(&viewer, PAGE_COLOUR);
    viewer.close().unwrap();
}

#[test]
#[ignore = "needs the image: cargo xtask image test"]
fn letters_of_many_languages_have_fonts() {
    let container = Container::run(&[], &["sleep", "600"]);
    for (wanted, font) in [
        (":lang=de", "DejaVu"),
        ("Arial", "Liberation"),
        (":lang=ja", "Noto Sans CJK JP"),
        (":lang=zh-cn", "Noto Sans CJK SC"),
        (":lang=ko", "Noto Sans CJK KR"),
        ("emoji", "Noto Color Emoji"),
    ] {
        let found = container.inside(&["fc-match", wanted]);
        assert!(found.contains(font), "{wanted}: {found}");
    }
}

#[test]
#[ignore = "needs the image: cargo xtask image test"]
fn nobody_in_it_can_become_somebody_else() {
    let container = Container::run(&[], &["sleep", "600"]);
    let script = "find / -xdev -type f -perm /6000 2> /dev/null; true";
    assert_eq!(container.inside(&["sh", "-c", script]), "");
}

/// The exit code of a container that fails, and the line that says why.
fn failure(options: &[&str], program: &[&str]) -> (i32, String) {
    let (code, log) = Container::run(options, program).ended();
    let own = log
        .lines()
        .filter(|line| line.starts_with("hackstream-server: "));
    let own: Vec<&str> = own.filter(|line| !line.contains(": warning: ")).collect();
    assert_eq!(own.len(), 1, "{log}");
    (code, own[0].to_owned())
}

#[test]
#[ignore = "needs the image: cargo xtask image test"]
fn what_is_wrong_with_a_container_is_one_line() {
    let env = |setting| ["--env", setting];
    for (options, program, code, fragment) in [
        (
            &env("HACKSTREAM_SIEZ=1x1")[..],
            &[][..],
            2,
            "HACKSTREAM_SIEZ",
        ),
        (
            &env("HACKSTREAM_TOKEN_FILE="),
            &[],
            2,
            "HACKSTREAM_TOKEN_FILE",
        ),
        (
            &env("HACKSTREAM_TOKEN_FILE=/no/token"),
            &[],
            73,
            "/no/token",
        ),
        // Root's, and of no use to anybody else.
        (
            &env("HACKSTREAM_TOKEN_FILE=/etc/shadow"),
            &[],
            73,
            "/etc/shadow",
        ),
        (&[], &["no-such-program"], 127, "no-such-program"),
        (&["--read-only"], &["xterm"], 73, "--tmpfs /tmp"),
        (
            &["--tmpfs", "/tmp:size=4k"],
            &["xterm"],
            73,
            "No space left",
        ),
        (
            &[
                "--env",
                "HACKSTREAM_PROFILE=persist",
                "--tmpfs",
                "/home/hackstream:uid=7",
            ],
            &["xterm"],
            73,
            "belongs to the user 7",
        ),
        (
            &[
                "--env",
                "HACKSTREAM_PROFILE=persist",
                "--read-only",
                "--tmpfs",
                "/tmp",
            ],
            &["xterm"],
            73,
            "Read-only",
        ),
    ] {
        let (seen, line) = failure(options, program);
        assert!(
            seen == code && line.contains(fragment),
            "{options:?}: {seen}: {line}"
        );
    }
}

#[test]
#[ignore = "needs the image: cargo xtask image test"]
fn without_shared_memory_firefox_shows_its_page() {
    let pages = pages();
    let options = ["--ipc=none", "--volume", &pages, "--env", PAGE];
    let container = Container::run(&options, &[]);
    let viewer = container.view();
    wait_for_colour(&viewer, PAGE_COLOUR);
    viewer.close().unwrap();
}

#[test]
#[ignore = "needs the image: cargo xtask image test"]
fn the_runbooks_commands_for_containers_are_true() {
    let folder = tempfile::tempdir().unwrap();
    let script = format!("{STRICT}{}", commands(Kind::Docker));
    let mut command = Command::new("bash");
    command.args(["-c", &script]).current_dir(folder.path());
    let ended = command.output().unwrap();
    let said = String::from_utf8_lossy(&ended.stderr);
    assert!(ended.status.success(), "{}: {said}", ended.status);
    let token = std::fs::read_to_string(folder.path().join("token")).unwrap();
    assert!(token.trim().len() >= 16, "{token}");
}

/// Frames and bytes that ten steps of the wheel cost, at a person's pace.
fn cost_of_scrolling(options: &[&str]) -> (u64, u64) {
    let pages = pages();
    let usual = ["--shm-size=256m", "--volume", &pages, "--env", PAGE];
    let container = Container::run(&[&usual, options].concat(), &[]);
    let viewer = container.view();
    wait_for_colour(&viewer, PAGE_COLOUR);
    let sent = || {
        let status = container.inside(&["hackstream-server", "status", "--format", "json"]);
        let status: Value = serde_json::from_str(&status).unwrap();
        let count = |name: &str| status["sessions"][0][name].as_u64().unwrap();
        (count("frames"), count("frame_bytes"))
    };
    std::thread::sleep(Duration::from_secs(5));
    let before = sent();
    for _ in 0..10 {
        wheel(&viewer, 1);
        std::thread::sleep(Duration::from_millis(500));
    }
    let after = sent();
    viewer.close().unwrap();
    (after.0 - before.0, after.1 - before.1)
}

#[test]
#[ignore = "needs the image: cargo xtask image test"]
fn scrolling_without_gliding_costs_less_than_half() {
    let folder = tempfile::tempdir().unwrap();
    let usual = include_str!("../../packaging/image/firefox/hackstream.cfg");
    let file = folder.path().join("hackstream.cfg");
    let glide = "pref(\"general.smoothScroll\", true);\n";
    std::fs::write(&file, format!("{usual}{glide}")).unwrap();
    let mount = format!("{}:/usr/lib/firefox-esr/hackstream.cfg:ro", file.display());
    let gliding = cost_of_scrolling(&["--volume", &mount]);
    let usual = cost_of_scrolling(&[]);
    println!("frames and bytes of ten steps of the wheel: {usual:?}, gliding {gliding:?}");
    assert!(usual.1 * 2 < gliding.1, "{usual:?}, gliding {gliding:?}");
}
