//! What a person sees when something is wrong, with real programs, and that nothing is left.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod common;

use common::*;

#[test]
fn unknown_names_are_answered_with_the_known_ones() {
    for (option, name, known) in [
        ("--peers", "vnc", "tigervnc"),
        ("--links", "satellite", "transatlantic"),
        ("--works", "dance", "redraw-scroll"),
    ] {
        let output = compare(&[option, name]).output().unwrap();
        let message = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{message}");
        assert!(
            message.contains(name) && message.contains(known),
            "{message}"
        );
    }
}

#[test]
fn a_folder_that_cannot_be_written_is_noticed_before_anything_is_measured() {
    let folder = empty_folder("no-folder");
    let file = folder.join("file");
    std::fs::write(&file, "").unwrap();
    let output = compare(&["--peers", "floor", "--works", "key", "--out"])
        .arg(file.join("results"))
        .output()
        .unwrap();
    let message = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{message}");
    assert!(message.contains("cannot write into"), "{message}");
    assert!(!message.contains("[1/1]"), "{message}");
}

#[test]
fn a_missing_program_is_skipped_with_a_reason() {
    let (folder, programs) = (empty_folder("skipped"), empty_folder("no-programs"));
    let output = compare(&[
        "--peers",
        "hackstream,floor",
        "--works",
        "key",
        "--runs",
        "1",
    ])
    .arg("--bin-dir")
    .arg(&programs)
    .arg("--out")
    .arg(&folder)
    .output()
    .unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let results = results(&folder);
    let expected = [
        ["hackstream", "key", "skipped"],
        ["floor", "key", "measured"],
    ];
    assert_eq!(outcomes(&results), expected);
    assert!(reason(&results, 0).starts_with("hackstream-server is neither in "));
}

#[test]
fn a_viewer_that_shows_nothing_fails_its_cell_and_ends() {
    let script = "echo I only sleep >&2\nexec sleep 1000";
    let (folder, programs) = (
        empty_folder("blind"),
        folder_with_viewer("blind-viewer", script),
    );
    let programs = programs.to_str().unwrap().to_owned();
    let arguments = [
        "--peers",
        "hackstream,floor",
        "--works",
        "key",
        "--runs",
        "1",
    ];
    let run = Run::start(
        &folder,
        &[&arguments[..], &["--bin-dir", &programs]].concat(),
    );
    let viewer = run.wait_for_program("sleep");
    let output = run.end();
    let message = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{message}");
    assert!(message.contains("viewer: I only sleep"), "{message}");
    assert_gone(&[viewer]);
    let results = results(&folder);
    let expected = [
        ["hackstream", "key", "failed"],
        ["floor", "key", "measured"],
    ];
    assert_eq!(outcomes(&results), expected);
    assert!(reason(&results, 0).contains("did not show both markers"));
}

#[test]
fn a_viewer_that_cannot_reach_its_server_is_named_at_once() {
    let script = "echo no route to host >&2\nexit 3";
    let (folder, programs) = (
        empty_folder("lost"),
        folder_with_viewer("lost-viewer", script),
    );
    let output = compare(&["--peers", "hackstream", "--works", "key", "--bin-dir"])
        .arg(programs)
        .arg("--out")
        .arg(&folder)
        .output()
        .unwrap();
    let message = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{message}");
    assert!(message.contains("viewer: no route to host"), "{message}");
    let reason = reason(&results(&folder), 0);
    assert_eq!(
        reason,
        "hackstream-view ended unexpectedly (exit status: 3)"
    );
}

/// Long enough that only the end of a program can end the first cell.
const VIDEO_THEN_KEY: [&str; 8] = [
    "--peers",
    "hackstream",
    "--works",
    "video,key",
    "--runs",
    "1",
    "--seconds",
    "600",
];

#[test]
fn a_program_that_dies_in_the_middle_is_named_and_the_next_cell_goes_on() {
    for name in ["hackstream-view", "hackstream-server"] {
        let folder = empty_folder(&format!("dies-{name}"));
        program(name);
        let run = Run::start(&folder, &VIDEO_THEN_KEY);
        // Counting begins two seconds after the film.
        run.wait_for_frames(120);
        // Not before: it is also asked for its version. The kernel cuts names here.
        let pid = run.wait_for_program(&name[..name.len().min(15)]);
        let others = run.processes();
        signal(pid, "KILL");
        let output = run.end();
        let message = text(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{message}");
        assert_gone(&others);
        let results = results(&folder);
        let expected = [
            ["hackstream", "video", "failed"],
            ["hackstream", "key", "measured"],
        ];
        assert_eq!(outcomes(&results), expected, "{message}");
        let expected = format!("{name} ended unexpectedly (signal: 9 (SIGKILL))");
        assert_eq!(reason(&results, 0), expected);
    }
}

const KEY_THEN_IDLE: [&str; 8] = [
    "--peers",
    "hackstream",
    "--works",
    "key,idle",
    "--runs",
    "1",
    "--seconds",
    "600",
];

#[test]
fn an_interrupted_run_keeps_what_it_has_and_leaves_nothing() {
    program("hackstream-server");
    for name in ["INT", "TERM"] {
        let folder = empty_folder(&format!("interrupted-{name}"));
        let mut run = Run::start(&folder, &KEY_THEN_IDLE);
        run.wait_for_cells(1);
        run.wait_for_program("hackstream-view");
        let (processes, workspaces) = (run.processes(), run.workspaces());
        assert!(processes.len() > 3 && !workspaces.is_empty());
        run.signal(name);
        let output = run.end();
        assert_eq!(output.status.code(), Some(130), "{}", text(&output.stderr));
        assert_gone(&processes);
        assert!(workspaces.iter().all(|workspace| !workspace.exists()));
        let expected = [["hackstream", "key", "measured"]];
        assert_eq!(outcomes(&results(&folder)), expected);
    }
}

#[test]
fn a_killed_run_leaves_nothing_that_runs() {
    program("hackstream-server");
    let folder = empty_folder("killed");
    let mut run = Run::start(&folder, &KEY_THEN_IDLE);
    run.wait_for_cells(1);
    run.wait_for_program("hackstream-view");
    let (processes, workspaces) = (run.processes(), run.workspaces());
    assert!(processes.len() > 3 && !workspaces.is_empty());
    run.signal("KILL");
    assert_eq!(run.end().status.code(), None);
    assert_gone(&processes);
    assert_eq!(outcomes(&results(&folder)).len(), 1);
    // The next run sweeps up.
    let next = compare(&["--peers", "floor", "--works", "key", "--runs", "1"]);
    assert!({ next }.output().unwrap().status.success());
    assert!(workspaces.iter().all(|workspace| !workspace.exists()));
}
