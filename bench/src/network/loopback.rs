//! This machine's loopback as a link: for those who may not make network namespaces.
//!
//! It carries all that the machine's programs say to each other, hence its figures are worth less;
//! [`notes`] says what a reader has to know.

use std::net::{Ipv4Addr, UdpSocket};
use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use anyhow::{Context, Result, bail};

use super::counters::{Flow, Traffic};
use crate::clock::Instant;
use crate::interrupt::Interrupt;
use crate::units::bytes_text;

const DEVICE: &str = "lo";
pub(super) const ADDRESS: Ipv4Addr = Ipv4Addr::LOCALHOST;
/// How long other programs are listened to before anything is started.
const LISTENING: Duration = Duration::from_secs(1);
const PORT_TRIES: u32 = 100;

/// What loopback leaves out, whoever measures on it.
const LEFT_OUT: [&str; 4] = [
    "no wire: no rate, delay, loss or queue, and packets of up to 64 KiB (MTU 65536) instead of \
     1500 bytes, so headers cost next to nothing",
    "bytes are of both directions together: the device counts each packet as received and as sent",
    "server and viewer share one network stack and one set of X displays",
    "the servers ask for no password, so any user of this machine can reach them meanwhile",
];

/// What loopback leaves out, and what other programs send on it now. Takes a second.
pub(super) fn notes(interrupt: &Interrupt) -> Result<Vec<String>> {
    let (start, before) = (Instant::now(), carried()?);
    interrupt.sleep(LISTENING)?;
    let elapsed = Instant::now().since(start);
    let others = (carried()?.bytes - before.bytes) as f64 / elapsed.as_secs_f64();
    let mut notes = LEFT_OUT.map(str::to_owned).to_vec();
    notes.push(format!(
        "bytes contain what other programs send over loopback: {} per second before the first \
         cell",
        bytes_text(others)
    ));
    Ok(notes)
}

/// What the machine's programs sent each other so far.
pub(super) fn traffic() -> Result<Traffic> {
    carried().map(Traffic::Together)
}

fn carried() -> Result<Flow> {
    match Traffic::read("self", DEVICE)? {
        // The same twice.
        Traffic::Apart { down, .. } => Ok(down),
        Traffic::Together(flow) => Ok(flow),
    }
}

/// A port that no program uses, neither for TCP nor for UDP. One that starts between this and its
/// use may take it: then the cell fails and says so.
pub(super) fn free_port() -> Result<u16> {
    for _ in 0..PORT_TRIES {
        let any = SocketAddr::from((ADDRESS, 0));
        let listener = TcpListener::bind(any).context("no TCP port is free")?;
        let port = listener.local_addr()?.port();
        if UdpSocket::bind((ADDRESS, port)).is_ok() {
            return Ok(port);
        }
    }
    bail!("no port on {ADDRESS} is free for both TCP and UDP");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_free_port_can_be_listened_on() {
        let port = free_port().unwrap();
        let _tcp = TcpListener::bind((ADDRESS, port)).unwrap();
        let _udp = UdpSocket::bind((ADDRESS, port)).unwrap();
        assert_ne!(free_port().unwrap(), port);
    }

    #[test]
    fn what_is_sent_is_counted_once() {
        let receiver = UdpSocket::bind((ADDRESS, 0)).unwrap();
        let sender = UdpSocket::bind((ADDRESS, 0)).unwrap();
        let before = carried().unwrap();
        let to = receiver.local_addr().unwrap();
        assert_eq!(sender.send_to(&[0; 40_000], to).unwrap(), 40_000);
        let after = carried().unwrap();
        // Other programs may have said something, too.
        assert!(after.bytes - before.bytes >= 40_000 && after.packets > before.packets);
    }
}
