//! A session's own network: none, or the internet without the machine and its neighbours.
//!
//! The session has a network namespace in which nothing but slirp4netns answers, which makes its
//! programs' connections outside as a user of no rights. Addresses of the machine and of private
//! networks are unreachable by routes that nobody in the session may change: the namespace belongs to a
//! user namespace outside of theirs. Its one way in is the server's UDP socket, which was made outside.

use std::fmt;
use std::fs::{self, File};
use std::io::Write as _;
use std::net::Ipv4Addr;
use std::os::fd::AsRawFd as _;
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Command, Stdio};

use super::processes::Process;
use crate::NodeError;

/// Where the kernel makes such devices.
const TUN: &str = "/dev/net/tun";

/// The device in the session.
const DEVICE: &str = "tap0";

/// The name server in the session, which asks those of the machine.
pub const NAME_SERVER: &str = "10.0.2.3";

/// Networks that are nobody's business: this one, private ones, link-local ones with the metadata of
/// clouds among them, carriers' own, tests' and benchmarks' (RFC 6890), and what is no single host.
const PRIVATE: [&str; 12] = [
    "0.0.0.0/8",
    "10.0.0.0/8",
    "100.64.0.0/10",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.0.0.0/24",
    "192.0.2.0/24",
    "192.168.0.0/16",
    "198.18.0.0/15",
    "198.51.100.0/24",
    "203.0.113.0/24",
    "224.0.0.0/3",
];

/// Addresses that begin with the same bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Block {
    /// The first of them.
    pub first: Ipv4Addr,
    /// How many bits, 32 for a single address.
    pub prefix: u8,
}

impl fmt::Display for Block {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.first, self.prefix)
    }
}

/// What is typed into `ip -batch` in the session's network: only the loopback device is up without a
/// way out.
#[must_use]
pub fn routes(has_internet: bool, machine: &[Block]) -> String {
    let mut lines = String::from("link set lo up\n");
    if has_internet {
        let own = machine.iter().map(Block::to_string);
        let forbidden = PRIVATE.map(str::to_owned).into_iter().chain(own);
        lines.extend(forbidden.map(|network| unreachable(&network)));
    }
    lines
}

/// What is typed in for addresses that the machine has got since; again where they are known already.
fn more_routes(machine: &[Block]) -> String {
    machine.iter().map(unreachable).collect()
}

/// Once more is once.
fn unreachable(network: &impl fmt::Display) -> String {
    format!("route replace unreachable {network}\n")
}

/// The network of a process, whatever becomes of the process' number.
pub struct Network(File);

impl Network {
    /// That of the process. Whether it was the right one's is for the caller to ask afterwards.
    ///
    /// # Errors
    /// [`NodeError::System`].
    pub fn of(process: i32) -> Result<Self, NodeError> {
        let network = File::open(format!("/proc/{process}/ns/net"));
        let network = network.map_err(NodeError::system("cannot reach the session's network"))?;
        Ok(Self(network))
    }

    /// Where programs that we start find it.
    #[must_use]
    pub fn path(&self) -> String {
        format!("/proc/{}/fd/{}", std::process::id(), self.0.as_raw_fd())
    }
}

/// Keeps a session that runs from these addresses of the machine as well. Only root can.
///
/// # Errors
/// [`NodeError`] if the session does not run, or its network cannot be changed.
pub fn keep_from(init: &Process, machine: &[Block]) -> Result<(), NodeError> {
    let network = Network::of(init.pid)?;
    if !init.lives() {
        let ended = std::io::Error::from(std::io::ErrorKind::NotFound);
        return Err(NodeError::system("cannot reach the session's network")(
            ended,
        ));
    }
    set_routes_of(&network.path(), &more_routes(machine))
}

/// Sets the routes of the network that this process is in.
///
/// # Errors
/// [`NodeError`] if `ip` refuses one of them.
pub fn set_routes(lines: &str) -> Result<(), NodeError> {
    type_routes(&mut Command::new("ip"), lines)
}

/// Sets the routes of the network that is at `path`.
///
/// # Errors
/// As of [`set_routes`].
pub fn set_routes_of(path: &str, lines: &str) -> Result<(), NodeError> {
    let mut command = Command::new("nsenter");
    command.arg(format!("--net={path}")).args(["--", "ip"]);
    type_routes(&mut command, lines)
}

fn type_routes(ip: &mut Command, lines: &str) -> Result<(), NodeError> {
    let failed = |source| NodeError::Program {
        program: "ip",
        source,
    };
    // What it refuses keeps it from nothing that follows.
    let ip = ip.args(["-force", "-batch", "-"]).stdin(Stdio::piped());
    let mut child = ip.spawn().map_err(failed)?;
    let typed = child
        .stdin
        .take()
        .map_or(Ok(()), |mut input| input.write_all(lines.as_bytes()));
    let status = child.wait().map_err(failed)?;
    typed.map_err(failed)?;
    if status.success() {
        return Ok(());
    }
    let refused = std::io::Error::other("it refused the session's routes");
    Err(NodeError::system("ip")(refused))
}

/// The machine's own addresses, all that the kernel answers to but loopback's.
///
/// # Errors
/// [`NodeError`] if the kernel does not tell them: then nobody may be let out.
pub fn machine() -> Result<Vec<Block>, NodeError> {
    let unknown = NodeError::system("cannot tell the machine's own addresses");
    let trie = fs::read_to_string("/proc/net/fib_trie").map_err(unknown)?;
    if !trie.contains("host LOCAL") {
        let none = std::io::Error::other("/proc/net/fib_trie has none, not even loopback's");
        return Err(NodeError::system("cannot tell the machine's own addresses")(none));
    }
    Ok(local_addresses(&trie))
}

/// Where the routes of type LOCAL lead: single addresses, and whole networks that somebody gave the
/// machine.
fn local_addresses(trie: &str) -> Vec<Block> {
    let mut found = Vec::new();
    let mut address = None;
    for line in trie.lines() {
        let line = line.trim_start();
        if let Some(leaf) = line.strip_prefix("|-- ") {
            address = leaf.parse::<Ipv4Addr>().ok();
        } else if let Some((prefix, "host LOCAL")) = line.split_once(' ') {
            let prefix = prefix.strip_prefix('/').and_then(|bits| bits.parse().ok());
            let block = address.zip(prefix);
            found.extend(block.map(|(first, prefix)| Block { first, prefix }));
        }
    }
    found.retain(|block: &Block| !block.first.is_loopback());
    found.sort();
    found.dedup();
    found
}

/// Why sessions have no way out, if it is their users who may not open the device that packets go through.
/// Where udev runs they may; a bare container or virtual machine often has it for root alone.
#[must_use]
pub fn closed_device() -> Option<NodeError> {
    let permissions = fs::metadata(TUN).ok()?.permissions().mode();
    (permissions & 0o006 != 0o006).then_some(NodeError::ClosedDevice(TUN))
}

/// The command that gives the network of `process` a way to the internet. It says so on standard output
/// by one byte, or says nothing, and ends with the caller's thread. `user` owns that network, if not the caller's user.
#[must_use]
pub fn way_out(process: u32, user: Option<u32>) -> Command {
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "KILL"]);
    if let Some(user) = user {
        let user = user.to_string();
        command.args(["--reuid", &user, "--regid", &user, "--clear-groups"]);
    }
    carrier(&mut command).arg(process.to_string()).arg(DEVICE);
    command.stdin(Stdio::null());
    command
}

/// The command that gives the network at `path` a way to the internet. It says so in the same way, and
/// ends when its standard input, one end of a pipe, is closed at the other.
#[must_use]
pub fn way_out_of(path: &str) -> Command {
    let mut command = Command::new("setpriv");
    carrier(&mut command).args(["--exit-fd=0", "--netns-type=path", path, DEVICE]);
    command
}

/// What both have in common.
fn carrier(command: &mut Command) -> &mut Command {
    command
        .env_clear()
        .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
        // It also chats on its standard output, which nobody hears once the way is there.
        .args(["--no-new-privs", "--", "sh", "-c"])
        .args(["exec slirp4netns \"$@\" 3>&1 >/dev/null", "sh"])
        .args(["--configure", "--mtu=65520", "--disable-host-loopback"])
        .args(["--enable-sandbox", "--enable-seccomp", "--ready-fd=3"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_machines_addresses_are_found() {
        let trie = "Main:\n  +-- 0.0.0.0/0 3 0 5\n     |-- 0.0.0.0\n        /0 universe UNICAST\n     |-- \
                    192.0.2.7\n        /32 host LOCAL\n     |-- 127.0.0.1\n        /32 host LOCAL\n     |-- \
                    192.0.2.255\n        /32 link BROADCAST\nLocal:\n     |-- 192.0.2.7\n        /32 host LOCAL\n     \
                    |-- 198.51.100.0\n        /24 host LOCAL\n     |-- 127.0.0.0\n        /8 host LOCAL\n";
        let found = local_addresses(trie)
            .iter()
            .map(Block::to_string)
            .collect::<Vec<_>>();
        assert_eq!(found, ["192.0.2.7/32", "198.51.100.0/24"]);
    }

    #[test]
    fn without_a_way_out_there_is_nothing_to_forbid() {
        let machine = [Block {
            first: Ipv4Addr::new(8, 8, 8, 8),
            prefix: 32,
        }];
        assert_eq!(routes(false, &machine), "link set lo up\n");
        let lines = routes(true, &machine);
        for network in ["10.0.0.0/8", "169.254.0.0/16", "8.8.8.8/32"] {
            assert!(lines.contains(&format!("route replace unreachable {network}\n")));
        }
    }
}
