//! Starting one process.

use std::fs::File;
use std::io::{self, Read};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::sync_channel;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::{FdFlags, fcntl_setfd};
use rustix::pipe::{PipeFlags, pipe_with};
use rustix::process::{Pid, getpriority_process, setpriority_process};

use super::super::messages::{Launch, Role};

/// How long a program may take to write its line of readiness.
const PATIENCE: Duration = Duration::from_secs(20);

/// How much of a busy CPU the application leaves to who shows it, as `nice` counts it: a picture that is
/// drawn is sent before the next one is begun. Where sessions have no groups with limits, their neighbours'
/// keys need not wait for it either.
const COURTESY: i32 = 5;

/// Stack of the thread that is the application's parent.
const PARENT_STACK_BYTES: usize = 128 << 10;

/// Longest line of readiness in bytes.
const MAX_LINE_BYTES: usize = 256;

/// Starts the process in a process group of its own and waits for its line of readiness if it
/// writes one; the line is empty if the process ends or `lifeline` closes first.
pub(super) fn launch(launch: &Launch, lifeline: BorrowedFd<'_>) -> io::Result<(Pid, String)> {
    let mut command = Command::new(&launch.program);
    command
        .args(&launch.arguments)
        .stdin(Stdio::null())
        .process_group(0);
    for (name, value) in &launch.environment {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    let Some(option) = &launch.ready_option else {
        let child = match launch.role {
            Role::Command => spawn_behind(command)?,
            _ => command.spawn()?,
        };
        return Ok((Pid::from_child(&child), String::new()));
    };
    let (reader, writer) = pipe_with(PipeFlags::CLOEXEC)?;
    // The child keeps this end under the same number. No other process is started meanwhile.
    fcntl_setfd(&writer, FdFlags::empty())?;
    command.arg(option).arg(writer.as_raw_fd().to_string());
    let child = command.spawn()?;
    drop(writer);
    Ok((Pid::from_child(&child), read_line(reader, lifeline)))
}

/// Starts a process that stands back on a busy CPU. A thread has a priority of its own, which what it
/// starts inherits, and which it could not get back. The thread stays: programs that want to end with
/// their parent would end with it.
fn spawn_behind(mut command: Command) -> io::Result<Child> {
    let (tell, told) = sync_channel(1);
    let spawn = move || {
        // Where it is refused the application is as quick as the rest.
        let _ = getpriority_process(None)
            .and_then(|own| setpriority_process(None, own.saturating_add(COURTESY)));
        let child = command.spawn();
        let is_parent = child.is_ok();
        let _ = tell.send(child);
        if is_parent {
            loop {
                std::thread::park();
            }
        }
    };
    let thread = std::thread::Builder::new().name("application".to_owned());
    thread.stack_size(PARENT_STACK_BYTES).spawn(spawn)?;
    let ended = || io::Error::other("the thread that starts the application broke");
    told.recv().unwrap_or_else(|_| Err(ended()))
}

fn read_line(from: OwnedFd, lifeline: BorrowedFd<'_>) -> String {
    let deadline = Instant::now() + PATIENCE;
    let mut from = File::from(from);
    let mut line = Vec::new();
    while line.len() < MAX_LINE_BYTES && !line.contains(&b'\n') {
        let left = deadline.saturating_duration_since(Instant::now());
        let timeout = Timespec::try_from(left).ok();
        let mut sources =
            [from.as_fd(), lifeline].map(|fd| PollFd::from_borrowed_fd(fd, PollFlags::IN));
        let polled = poll(&mut sources, timeout.as_ref());
        let [has_bytes, server_spoke] = sources.map(|source| !source.revents().is_empty());
        if server_spoke || left.is_zero() {
            return String::new();
        }
        if polled.is_err() || !has_bytes {
            continue;
        }
        let mut bytes = [0; MAX_LINE_BYTES];
        match from.read(&mut bytes) {
            Ok(0) | Err(_) => return String::new(),
            Ok(count) => line.extend_from_slice(&bytes[..count]),
        }
    }
    String::from_utf8_lossy(&line).trim().to_owned()
}

#[cfg(test)]
mod tests {
    use rustix::process::{WaitOptions, waitpid};

    use super::*;

    /// The niceness of what is started in this role.
    fn niceness(role: Role) -> i32 {
        let folder = tempfile::tempdir().unwrap();
        let told = folder.path().join("told");
        let say = format!("nice > {}", told.display());
        let launch = Launch {
            role,
            program: "sh".into(),
            arguments: vec!["-c".into(), say.into()],
            environment: Vec::new(),
            ready_option: None,
        };
        let (lifeline, _server) = std::os::unix::net::UnixStream::pair().unwrap();
        let (process, _) = super::launch(&launch, lifeline.as_fd()).unwrap();
        waitpid(Some(process), WaitOptions::empty()).unwrap();
        std::fs::read_to_string(told)
            .unwrap()
            .trim()
            .parse()
            .unwrap()
    }

    #[test]
    fn the_application_stands_back_and_nobody_else() {
        let own = getpriority_process(None).unwrap();
        assert_eq!(niceness(Role::Command), (own + COURTESY).min(19));
        let threads = std::fs::read_dir("/proc/self/task").unwrap();
        let is_parent = |thread: io::Result<std::fs::DirEntry>| {
            let name = std::fs::read_to_string(thread.unwrap().path().join("comm"));
            name.is_ok_and(|name| name == "application\n")
        };
        assert!(threads.into_iter().any(is_parent), "the parent has ended");
        assert_eq!(niceness(Role::WindowManager), own);
        assert_eq!(getpriority_process(None).unwrap(), own);
    }
}
