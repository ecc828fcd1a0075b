//! What runs of a session: its sandbox, and what carries its packets.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::net::UdpSocket;
use std::os::fd::AsRawFd as _;
use std::process::{Child, ChildStderr, ChildStdout, ExitStatus, Stdio};
use std::time::Duration;

use rustix::io::{FdFlags, fcntl_setfd};
use rustix::pipe::{PipeFlags, pipe_with};

use super::output::Output;
use super::{Means, this_program};
use crate::NodeError;
use crate::driver::local::processes::Process;
use crate::driver::local::{network, sandbox, seccomp, stage};
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
    /// Starts what becomes the sandbox of the session, and serves `socket`. It waits for its network.
    ///
    /// # Errors
    /// [`NodeError`] if something is missing that it needs.
    pub(super) fn start(
        folder: &Folder,
        spec: &SessionSpec,
        means: &Means,
        socket: &UdpSocket,
    ) -> Result<Self, NodeError> {
        let failed = NodeError::system("cannot hand descriptors down");
        let handed = || -> std::io::Result<_> {
            let (info, told) = pipe_with(PipeFlags::CLOEXEC)?;
            let (filter, program) = pipe_with(PipeFlags::CLOEXEC)?;
            // It is shorter than what a pipe holds.
            File::from(program).write_all(&seccomp::program())?;
            let socket = socket.try_clone()?;
            fcntl_setfd(&told, FdFlags::empty())?;
            fcntl_setfd(&filter, FdFlags::empty())?;
            fcntl_setfd(&socket, FdFlags::empty())?;
            Ok((info, told, filter, socket))
        };
        let (info, told, filter, socket) = handed().map_err(failed)?;
        let given = sandbox::Given {
            folder,
            server: &means.server,
            socket: socket.as_raw_fd(),
            info: told.as_raw_fd(),
            filter: filter.as_raw_fd(),
        };
        let arguments = sandbox::arguments(spec, &given);
        let mut command = stage::command(&this_program()?, means.user, &arguments);
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut sandbox = command.spawn().map_err(|source| NodeError::Program {
            program: "setpriv",
            source,
        })?;
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
    /// [`NodeError::Program`].
    pub(super) fn find_way_out(&mut self, means: &Means) -> Result<(), NodeError> {
        self.way_out = Some(way_out(self.sandbox.id(), means)?);
        Ok(())
    }

    /// The first process in the namespace, of which bubblewrap tells; `None` if it ended before.
    pub(super) fn init(&mut self) -> Option<Process> {
        init_of(&mut self.info)
    }

    /// How the sandbox ended, if it has.
    pub(super) fn status(&mut self) -> Result<Option<ExitStatus>, NodeError> {
        let status = self.sandbox.try_wait();
        status.map_err(NodeError::system("cannot wait for the sandbox"))
    }

    /// Ends all that runs, and waits for its end.
    pub(super) fn end(&mut self, init: Option<&Process>) -> Result<(), NodeError> {
        let _ = self.sandbox.kill();
        if let Some(way_out) = &mut self.way_out {
            let _ = way_out.kill();
            let _ = way_out.wait();
        }
        let waited = self.sandbox.wait();
        waited.map_err(NodeError::system("cannot wait for the sandbox"))?;
        // The end of the first process in the namespace is the end of all in it.
        match init {
            Some(init) if !init.kill(KILL) => Err(NodeError::Immortal("the session".to_owned())),
            _ => Ok(()),
        }
    }
}

/// Starts what carries the session's packets, and waits until it does.
fn way_out(process: u32, means: &Means) -> Result<Child, NodeError> {
    let failed = |source| NodeError::Program {
        program: "slirp4netns",
        source,
    };
    let mut child = network::way_out(process, means.user)
        .spawn()
        .map_err(failed)?;
    let mut ready = [0];
    let told = child.stdout.take().map(|mut out| out.read(&mut ready));
    if matches!(told, Some(Ok(1))) {
        return Ok(child);
    }
    let _ = child.kill();
    let _ = child.wait();
    Err(failed(std::io::Error::other("it ended at once")))
}

fn init_of(info: &mut File) -> Option<Process> {
    let mut text = Vec::new();
    let mut piece = [0; 1024];
    while !text.contains(&b'}') && text.len() < 4096 {
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
