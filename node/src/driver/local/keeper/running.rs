//! What runs of a session: its sandbox, and what carries its packets.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::net::UdpSocket;
use std::os::fd::{AsFd, AsRawFd as _, OwnedFd};
use std::os::unix::net::UnixListener;
use std::process::{Child, ChildStderr, ChildStdout, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{MemfdFlags, memfd_create};
use rustix::io::{FdFlags, fcntl_setfd};
use rustix::pipe::{PipeFlags, pipe_with};

use super::output::Output;
use super::{Means, this_program};
use crate::NodeError;
use crate::driver::local::processes::Process;
use crate::driver::local::{network, raw, sandbox, seccomp, stage};
use crate::driver::sockets::Sockets;
use crate::folder::Folder;
use crate::spec::SessionSpec;

/// How long the kernel may take to end what was killed.
const KILL: Duration = Duration::from_secs(10);

/// What runs of it.
pub(super) struct Running {
    pub(super) sandbox: Child,
    /// Its way out, if it has one.
    way_out: Option<Child>,
    pub(super) stdout: Output<ChildStdout>,
    pub(super) stderr: Output<ChildStderr>,
    /// On which bubblewrap tells what it started.
    info: File,
}

impl Running {
    /// Starts what becomes the sandbox of the session, and serves `sockets`. It waits for its network.
    ///
    /// # Errors
    /// [`NodeError`] if something is missing that it needs.
    pub(super) fn start(
        folder: &Folder,
        spec: &SessionSpec,
        means: &Means,
        sockets: Sockets,
    ) -> Result<Self, NodeError> {
        let failed = NodeError::system("cannot hand descriptors down");
        let (info, given) = handed(sockets).map_err(failed)?;
        let seen = sandbox::Given {
            folder,
            server: &means.server,
            socket: given.viewers.as_raw_fd(),
            status: given.status.as_raw_fd(),
            info: given.info.as_raw_fd(),
            filter: given.filter.as_raw_fd(),
        };
        let sandbox = sandbox::sandbox(spec, &seen);
        // Not on the command line, which all users of the machine can read.
        let failed = NodeError::system("cannot tell bubblewrap what to do");
        let secret = told(&sandbox.arguments).map_err(failed)?;
        let mut command = stage::command(&this_program()?, means.user, &secret, &sandbox.command);
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut sandbox = spawn(&mut command, means, "setpriv")?;
        let piped = || std::io::Error::from(std::io::ErrorKind::BrokenPipe);
        let mut outputs = || -> std::io::Result<_> {
            let stdout = Output::new(sandbox.stdout.take().ok_or_else(piped)?)?;
            Ok((
                stdout,
                Output::new(sandbox.stderr.take().ok_or_else(piped)?)?,
            ))
        };
        let (stdout, stderr) = outputs().map_err(NodeError::system("cannot hear the session"))?;
        Ok(Self {
            sandbox,
            way_out: None,
            stdout,
            stderr,
            info: File::from(info),
        })
    }

    /// Gives it a way to the internet, and waits until that is there.
    ///
    /// # Errors
    /// [`NodeError::Program`], also if it is not there by `deadline`.
    pub(super) fn find_way_out(
        &mut self,
        means: &Means,
        deadline: Instant,
    ) -> Result<(), NodeError> {
        let failed = |source| NodeError::Program {
            program: "slirp4netns",
            source,
        };
        let mut command = network::way_out(self.sandbox.id(), means.user);
        let child = spawn(&mut command, means, "setpriv")?;
        let child = self.way_out.insert(child);
        let mut ready = [0];
        let told = child.stdout.take().map(|mut out| {
            wait_for(&out, deadline)?;
            out.read(&mut ready)
        });
        match told {
            Some(Ok(1)) => Ok(()),
            Some(Err(error)) => Err(failed(error)),
            _ => Err(failed(std::io::Error::other("it ended at once"))),
        }
    }

    /// The first process in the namespace, of which bubblewrap tells; `None` if it ended before, or did
    /// not come to it by `deadline`.
    pub(super) fn init(&mut self, deadline: Instant) -> Option<Process> {
        init_of(&mut self.info, deadline)
    }

    /// How the sandbox ended, if it has.
    pub(super) fn status(&mut self) -> Result<Option<ExitStatus>, NodeError> {
        let status = self.sandbox.try_wait();
        status.map_err(NodeError::system("cannot wait for the sandbox"))
    }

    /// Ends all that runs, and waits for its end.
    pub(super) fn end(&mut self, means: &Means, init: Option<&Process>) -> Result<(), NodeError> {
        let immortal = || NodeError::Immortal("the session".to_owned());
        let _ = self.sandbox.kill();
        if let Some(way_out) = &mut self.way_out {
            let _ = way_out.kill();
            let _ = way_out.wait();
        }
        let is_ended = means.group.as_ref().map(|group| group.end_programs(KILL));
        let waited = self.sandbox.wait();
        waited.map_err(NodeError::system("cannot wait for the sandbox"))?;
        // The end of the first process in the namespace is the end of all in it.
        if is_ended == Some(false) || init.is_some_and(|init| !init.kill(KILL)) {
            return Err(immortal());
        }
        Ok(())
    }
}

/// Descriptors that the session's programs inherit: their ends of what the keeper keeps.
struct Handed {
    viewers: UdpSocket,
    status: UnixListener,
    info: OwnedFd,
    filter: OwnedFd,
}

/// What the session is handed down, and where bubblewrap is heard.
fn handed(sockets: Sockets) -> std::io::Result<(OwnedFd, Handed)> {
    let (info, told) = pipe_with(PipeFlags::CLOEXEC)?;
    let (filter, program) = pipe_with(PipeFlags::CLOEXEC)?;
    // It is shorter than what a pipe holds.
    File::from(program).write_all(&seccomp::program())?;
    let given = Handed {
        viewers: sockets.viewers,
        status: sockets.status,
        info: told,
        filter,
    };
    let down = [
        given.viewers.as_fd(),
        given.status.as_fd(),
        given.info.as_fd(),
        given.filter.as_fd(),
    ];
    for descriptor in down {
        fcntl_setfd(descriptor, FdFlags::empty())?;
    }
    Ok((info, given))
}

/// A file in memory with these arguments, each ended by a zero, which programs inherit.
fn told(arguments: &[std::ffi::OsString]) -> std::io::Result<File> {
    use std::os::unix::ffi::OsStrExt as _;
    let file = memfd_create("arguments", MemfdFlags::CLOEXEC)?;
    let mut file = File::from(file);
    for argument in arguments {
        file.write_all(argument.as_bytes())?;
        file.write_all(&[0])?;
    }
    file.seek(SeekFrom::Start(0))?;
    fcntl_setfd(&file, FdFlags::empty())?;
    Ok(file)
}

/// Starts a program of the session in the session's control group.
fn spawn(command: &mut Command, means: &Means, program: &'static str) -> Result<Child, NodeError> {
    if let Some(group) = &means.group {
        let door = group.programs_door();
        let door = door.map_err(NodeError::system("cannot enter the session's group"))?;
        raw::enter_first(command, door);
    }
    let spawned = command.spawn();
    spawned.map_err(|source| NodeError::Program { program, source })
}

/// Waits until there is something to read, or nothing more will come.
fn wait_for(from: &impl AsFd, deadline: Instant) -> std::io::Result<()> {
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        let timeout = Timespec::try_from(left).ok();
        let mut sources = [PollFd::new(from, PollFlags::IN)];
        match poll(&mut sources, timeout.as_ref()) {
            Ok(0) => return Err(std::io::ErrorKind::TimedOut.into()),
            Ok(_) => return Ok(()),
            Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

fn init_of(info: &mut File, deadline: Instant) -> Option<Process> {
    let mut text = Vec::new();
    let mut piece = [0; 1024];
    while !text.contains(&b'}') && text.len() < 4096 {
        wait_for(info, deadline).ok()?;
        match info.read(&mut piece) {
            Ok(count @ 1..) => text.extend_from_slice(&piece[..count]),
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Ok(_) | Err(_) => return None,
        }
    }
    let info: serde_json::Value = serde_json::from_slice(&text).ok()?;
    let number = info.get("child-pid")?.as_i64()?;
    Process::of(i32::try_from(number).ok()?)
}
