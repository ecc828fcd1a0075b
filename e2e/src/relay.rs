//! A router between viewers and a server that translates addresses: it can lose everything without
//! a word, and forget its translations.
//!
//! In one process over loopback, so it needs no rights.

use std::collections::{HashMap, VecDeque};
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::server::Server;

/// How long a thread may wait for a packet before it looks whether it is still needed.
const LOOK: Duration = Duration::from_millis(50);

/// Packets kept for [replaying](Relay::replay).
const OVERHEARD: usize = 100;

/// A way of packets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// From viewers to the server.
    Up,
    /// From the server to viewers.
    Down,
}

/// The router. It works as long as it exists.
pub struct Relay {
    address: SocketAddr,
    shared: Arc<Shared>,
    upwards: Option<JoinHandle<()>>,
}

struct Shared {
    front: Arc<UdpSocket>,
    server: SocketAddr,
    lost: [AtomicBool; 2],
    over: AtomicBool,
    /// How long a way takes, and that it loses one packet in so many, once it is rough.
    rough: Mutex<Option<Rough>>,
    /// The newest packets from viewers.
    overheard: Mutex<VecDeque<Vec<u8>>>,
    /// The port towards the server for each port of a viewer.
    ports: Mutex<HashMap<SocketAddr, Arc<UdpSocket>>>,
}

impl Relay {
    /// A router in front of `server`, on loopback.
    ///
    /// # Panics
    /// If the system has no ports to give.
    #[must_use]
    pub fn to(server: &Server) -> Self {
        let server = server.ready.listen.parse().expect("an address");
        Self::between((Ipv4Addr::LOCALHOST, 0).into(), server)
    }

    /// A router at `front`, an address of loopback, in front of a server elsewhere.
    ///
    /// # Panics
    /// If the address is taken.
    #[must_use]
    pub fn between(front: SocketAddr, server: SocketAddr) -> Self {
        let front = Arc::new(socket_at(front));
        let address = front.local_addr().expect("an address");
        let shared = Arc::new(Shared {
            front,
            server,
            lost: Default::default(),
            over: AtomicBool::new(false),
            rough: Mutex::default(),
            overheard: Mutex::default(),
            ports: Mutex::default(),
        });
        let ours = Arc::clone(&shared);
        let upwards = Some(std::thread::spawn(move || upwards(&ours)));
        Self {
            address,
            shared,
            upwards,
        }
    }

    /// Where viewers find the server.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// From now on each way takes `delay`, and loses one packet in `one_in`, at random but the same in
    /// each run as far as the packets are.
    ///
    /// # Panics
    /// Never.
    pub fn roughen(&self, delay: Duration, one_in: u64) {
        let rough = Rough::new(delay, one_in);
        *self.shared.rough.lock().expect("unpoisoned") = Some(rough);
    }

    /// Loses everything on these ways from now on.
    pub fn cut(&self, ways: &[Way]) {
        for way in ways {
            self.shared.lost[*way as usize].store(true, Ordering::SeqCst);
        }
    }

    /// Loses nothing any more.
    pub fn mend(&self) {
        for lost in &self.shared.lost {
            lost.store(false, Ordering::SeqCst);
        }
    }

    /// Forgets all translations: viewers go on from other ports as the server sees it, and what it
    /// sends to the old ones is lost.
    ///
    /// # Panics
    /// Never.
    pub fn forget(&self) {
        self.shared.ports.lock().expect("unpoisoned").clear();
    }
}

impl Relay {
    /// Sends the newest packets of viewers once more, from an address of its own: what somebody on
    /// the way can do.
    ///
    /// # Panics
    /// If the system refuses.
    pub fn replay(&self) {
        let elsewhere = socket();
        let overheard = self.shared.overheard.lock().expect("unpoisoned");
        for packet in overheard.iter().rev() {
            elsewhere.send_to(packet, self.shared.server).expect("sent");
        }
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.shared.over.store(true, Ordering::SeqCst);
        if let Some(upwards) = self.upwards.take() {
            let _ = upwards.join();
        }
    }
}

impl Shared {
    fn overhear(&self, packet: &[u8]) {
        let mut overheard = self.overheard.lock().expect("unpoisoned");
        overheard.truncate(OVERHEARD - 1);
        overheard.push_front(packet.to_vec());
    }

    /// Sends a packet on, unless it gets lost.
    fn forward(&self, packet: &[u8], from: &Arc<UdpSocket>, to: SocketAddr) {
        match self.rough.lock().expect("unpoisoned").as_mut() {
            Some(rough) => rough.forward(packet, from, to),
            None => drop(from.send_to(packet, to)),
        }
    }

    fn loses(&self, way: Way) -> bool {
        self.lost[way as usize].load(Ordering::SeqCst)
    }

    fn is_over(&self) -> bool {
        self.over.load(Ordering::SeqCst)
    }
}

/// A packet on a long way.
struct Travelling {
    due: Instant,
    packet: Vec<u8>,
    from: Arc<UdpSocket>,
    to: SocketAddr,
}

/// A way that is long and loses packets.
struct Rough {
    delay: Duration,
    one_in: u64,
    random: u64,
    /// To a thread that ends with this value.
    travelling: Sender<Travelling>,
}

impl Rough {
    fn new(delay: Duration, one_in: u64) -> Self {
        let (travelling, arriving) = channel::<Travelling>();
        std::thread::spawn(move || {
            for packet in arriving {
                std::thread::sleep(packet.due.saturating_duration_since(Instant::now()));
                let _ = packet.from.send_to(&packet.packet, packet.to);
            }
        });
        Self {
            delay,
            one_in,
            random: 1,
            travelling,
        }
    }

    fn forward(&mut self, packet: &[u8], from: &Arc<UdpSocket>, to: SocketAddr) {
        // Knuth's generator; its upper bits are random enough.
        let next = self.random.wrapping_mul(6_364_136_223_846_793_005);
        self.random = next.wrapping_add(1_442_695_040_888_963_407);
        if (self.random >> 33) % self.one_in == 0 {
            return;
        }
        let _ = self.travelling.send(Travelling {
            due: Instant::now() + self.delay,
            packet: packet.to_vec(),
            from: Arc::clone(from),
            to,
        });
    }
}

fn socket() -> UdpSocket {
    socket_at((Ipv4Addr::LOCALHOST, 0).into())
}

fn socket_at(address: SocketAddr) -> UdpSocket {
    let socket = UdpSocket::bind(address).expect("a port");
    socket.set_read_timeout(Some(LOOK)).expect("a time-out");
    socket
}

fn upwards(shared: &Arc<Shared>) {
    let mut packet = [0; 1 << 16];
    while !shared.is_over() {
        let Ok((length, viewer)) = shared.front.recv_from(&mut packet) else {
            continue;
        };
        if shared.loses(Way::Up) {
            continue;
        }
        shared.overhear(&packet[..length]);
        let port = port_of(shared, viewer);
        shared.forward(&packet[..length], &port, shared.server);
    }
}

fn port_of(shared: &Arc<Shared>, viewer: SocketAddr) -> Arc<UdpSocket> {
    let mut ports = shared.ports.lock().expect("unpoisoned");
    let port = ports.entry(viewer).or_insert_with(|| {
        let port = Arc::new(socket());
        let (shared, ours) = (Arc::clone(shared), Arc::clone(&port));
        std::thread::spawn(move || downwards(&shared, viewer, &ours));
        port
    });
    Arc::clone(port)
}

fn downwards(shared: &Shared, viewer: SocketAddr, port: &Arc<UdpSocket>) {
    let is_known = || {
        let ports = shared.ports.lock().expect("unpoisoned");
        ports
            .get(&viewer)
            .is_some_and(|known| Arc::ptr_eq(known, port))
    };
    let mut packet = [0; 1 << 16];
    while !shared.is_over() {
        let received = port.recv_from(&mut packet);
        if let (Ok((length, _)), false) = (&received, shared.loses(Way::Down)) {
            if is_known() {
                shared.forward(&packet[..*length], &shared.front, viewer);
            }
        }
        if !is_known() {
            return;
        }
    }
}
