//! Two networks of our own, joined by a cable that can be pulled.
//!
//! A namespace lives as long as the `cat` that holds it, which ends with the test: nothing is left
//! to clean up.

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::net::Ipv4Addr;
use std::os::fd::AsFd;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};

use crate::process::bound_command;

/// The cable's name on both ends.
const DEVICE: &str = "e2e0";
/// How many bits of an address both ends share.
const PREFIX: u32 = 24;
/// The server's end.
pub const SERVER_ADDRESS: Ipv4Addr = Ipv4Addr::new(10, 214, 0, 1);
/// The viewer's end.
pub const VIEWER_ADDRESS: Ipv4Addr = Ipv4Addr::new(10, 214, 0, 2);
/// An address that the viewer's end may [get](Namespace::readdress).
pub const OTHER_ADDRESS: Ipv4Addr = Ipv4Addr::new(10, 214, 0, 7);

/// Hides the machine's displays: X servers in different network namespaces would take each other's
/// sockets away, and those of the same number each other's keyboards, which they compile into a file.
const HOLD: &str = "mkdir -p -m 1777 /tmp/.X11-unix && \
    mount -t tmpfs -o mode=1777 tmpfs /tmp/.X11-unix && \
    mkdir -p /var/lib/xkb && mount -t tmpfs tmpfs /var/lib/xkb && exec cat";

/// A network namespace with displays of its own.
pub struct Namespace {
    holder: Child,
}

/// Two namespaces and the cable between them.
pub struct Network {
    /// The server's.
    pub server: Namespace,
    /// The viewer's.
    pub viewer: Namespace,
}

impl Network {
    /// Lays the cable.
    ///
    /// # Errors
    /// What the system says where namespaces cannot be made, for lack of rights for instance.
    pub fn create() -> Result<Self, String> {
        let network = Self {
            server: Namespace::create()?,
            viewer: Namespace::create()?,
        };
        let peer = network.viewer.holder.id().to_string();
        let ends = ["type", "veth", "peer", "name", DEVICE, "netns", &peer];
        let add = ["link", "add", DEVICE];
        network.server.ip(&[&add[..], &ends].concat())?;
        for (namespace, address) in [
            (&network.server, SERVER_ADDRESS),
            (&network.viewer, VIEWER_ADDRESS),
        ] {
            namespace.ip(&[
                "address",
                "add",
                &format!("{address}/{PREFIX}"),
                "dev",
                DEVICE,
            ])?;
            namespace.ip(&["link", "set", "lo", "up"])?;
            namespace.ip(&["link", "set", DEVICE, "up"])?;
        }
        Ok(network)
    }
}

impl Namespace {
    fn create() -> Result<Self, String> {
        let mut command = Command::new("unshare");
        command.args([
            "--net",
            "--mount",
            "--propagation",
            "private",
            "--",
            "sh",
            "-c",
            HOLD,
        ]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut holder = command
            .stderr(Stdio::null())
            .spawn()
            .map_err(|e| e.to_string())?;
        let mut input = holder.stdin.take().ok_or("no input")?;
        let output = holder.stdout.take().ok_or("no output")?;
        // An echo proves that `cat` runs, hence that the namespace exists.
        let mut echo = String::new();
        let sent = input.write_all(b"here\n");
        let read = BufReader::new(output).read_line(&mut echo);
        holder.stdin = Some(input);
        let namespace = Self { holder };
        if sent.is_ok() && read.is_ok() && echo == "here\n" {
            return Ok(namespace);
        }
        Err("unshare made no network namespace: it needs root".to_owned())
    }

    /// A command that runs inside.
    #[must_use]
    pub fn command(&self, program: &Path) -> Command {
        let mut command = bound_command("nsenter");
        let path = |kind: &str| format!("/proc/{}/ns/{kind}", self.holder.id());
        command
            .arg(format!("--net={}", path("net")))
            .arg(format!("--mount={}", path("mnt")))
            .arg("--")
            .arg(program);
        command
    }

    /// Moves the calling thread, and those that it starts from now on, into this network.
    ///
    /// # Panics
    /// If the system refuses.
    pub fn enter(&self) {
        let file = File::open(format!("/proc/{}/ns/net", self.holder.id())).expect("a namespace");
        let moved = move_into_link_name_space(file.as_fd(), Some(LinkNameSpaceType::Network));
        moved.expect("to enter the namespace");
    }

    /// Pulls the cable out of this end, which then has no route either.
    ///
    /// # Panics
    /// If the system refuses.
    pub fn pull(&self) {
        let pulled = self.ip(&["link", "set", DEVICE, "down"]);
        pulled.expect("the cable to be pulled");
    }

    /// Puts it back.
    ///
    /// # Panics
    /// If the system refuses.
    pub fn mend(&self) {
        let mended = self.ip(&["link", "set", DEVICE, "up"]);
        mended.expect("the cable to be put back");
    }

    /// Takes its address away and gives it another one.
    ///
    /// # Panics
    /// If the system refuses.
    pub fn readdress(&self, from: Ipv4Addr, to: Ipv4Addr) {
        for (verb, address) in [("delete", from), ("add", to)] {
            let address = format!("{address}/{PREFIX}");
            let done = self.ip(&["address", verb, &address, "dev", DEVICE]);
            done.expect("another address");
        }
    }

    /// Gives it an address more.
    ///
    /// # Panics
    /// If the system refuses.
    pub fn add_address(&self, address: Ipv4Addr) {
        let address = format!("{address}/{PREFIX}");
        let done = self.ip(&["address", "add", &address, "dev", DEVICE]);
        done.expect("one more address");
    }

    /// Sends all that is for nobody here to `gateway`, at the other end of the cable.
    ///
    /// # Panics
    /// If the system refuses.
    pub fn route_everything(&self, gateway: Ipv4Addr) {
        let done = self.ip(&["route", "add", "default", "via", &gateway.to_string()]);
        done.expect("a route");
    }

    /// Lets no more than `rate` (as `tc` understands it: "3mbit") out of this end.
    ///
    /// # Errors
    /// What the system says where the kernel has no such queue.
    pub fn limit(&self, rate: &str) -> Result<(), String> {
        let queue = ["tbf", "rate", rate, "burst", "16kb", "latency", "200ms"];
        let add = ["qdisc", "add", "dev", DEVICE, "root"];
        self.run("tc", &[&add[..], &queue].concat())
    }

    fn ip(&self, arguments: &[&str]) -> Result<(), String> {
        self.run("ip", arguments)
    }

    fn run(&self, program: &str, arguments: &[&str]) -> Result<(), String> {
        let output = self.command(Path::new(program)).args(arguments).output();
        let output = output.map_err(|error| error.to_string())?;
        if output.status.success() {
            return Ok(());
        }
        let message = String::from_utf8_lossy(&output.stderr);
        Err(format!(
            "{program} {}: {}",
            arguments.join(" "),
            message.trim()
        ))
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        // Without its input `cat` ends.
        drop(self.holder.stdin.take());
        let _ = self.holder.wait();
    }
}
