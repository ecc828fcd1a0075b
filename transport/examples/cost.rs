//! What a small frame costs on the loopback interface: the time `send_frame` takes on a thread of
//! its own, and the time until an answer to a frame is back.
#![expect(clippy::print_stdout, reason = "it is what this program is for")]

use std::error::Error;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use bytes::Bytes;
use hackstream_protocol::wire::StreamKind;
use hackstream_transport::{
    Connection, Connector, Identity, IncomingStream, Listener, RecordReader, TransportError,
};
use tokio::runtime::{Builder, Handle};

const ROUNDS: usize = 3000;
/// A header (flags, id 1, no dependency, zeros) and a payload: 200 bytes.
const FRAME: [u8; 200] = {
    let mut frame = [0; 200];
    frame[1] = 1;
    frame
};

fn main() -> Result<(), Box<dyn Error>> {
    let threads = std::env::args().nth(1).map_or(Ok(1), |arg| arg.parse())?;
    let runtime = || {
        Builder::new_multi_thread()
            .worker_threads(threads)
            .enable_all()
            .build()
    };
    let (servers, viewers) = (runtime()?, runtime()?);
    let identity = Identity::generate()?;
    let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let listener = servers.block_on(async { Listener::bind(any, &identity) })?;
    let addr = listener.local_addr()?;
    viewers.spawn(view(addr));
    let (server, mut answers) = servers.block_on(async {
        let incoming = listener.accept().await.ok_or("closed")?;
        let (server, _) = incoming.handshake().await?;
        let IncomingStream::Input(answers) = server.accept_stream().await? else {
            return Err("not input".into());
        };
        Ok::<_, Box<dyn Error>>((server, answers))
    })?;
    let handle = servers.handle().clone();
    let measured = std::thread::spawn(move || measure(&handle, &server, &mut answers));
    let (mut sending, mut answered, path) = measured.join().map_err(|_| "panicked")??;
    print("send_frame", &mut sending);
    print("frame and answer", &mut answered);
    println!("path() {path:?}");
    Ok(())
}

type Measured = (Vec<Duration>, Vec<Duration>, Duration);

/// One frame after the other, each when the last was answered.
fn measure(
    runtime: &Handle,
    server: &Connection,
    answers: &mut RecordReader,
) -> Result<Measured, TransportError> {
    let frame = Bytes::from_static(&FRAME);
    let mut sending = Vec::with_capacity(ROUNDS);
    let mut answered = Vec::with_capacity(ROUNDS);
    for _ in 0..ROUNDS {
        let start = Instant::now();
        runtime.block_on(server.send_frame(frame.clone(), 1))?;
        sending.push(start.elapsed());
        runtime.block_on(answers.input())?;
        answered.push(start.elapsed());
    }
    let start = Instant::now();
    for _ in 0..ROUNDS {
        std::hint::black_box(server.path());
    }
    Ok((sending, answered, start.elapsed() / ROUNDS as u32))
}

/// Answers each frame with a record.
async fn view(addr: SocketAddr) -> Result<(), TransportError> {
    let connector = Connector::new()?;
    let viewer = connector.connect(addr, "localhost").await?;
    let mut input = viewer.open_records(StreamKind::Input).await?;
    loop {
        if let IncomingStream::Frame(reader) = viewer.accept_stream().await? {
            reader.read().await?;
            input.write(&[7]).await?;
        }
    }
}

fn print(what: &str, times: &mut [Duration]) {
    times.sort_unstable();
    let at = |percent: usize| times[(times.len() - 1) * percent / 100];
    println!(
        "{what}: p50 {:?}, p95 {:?}, p99 {:?}",
        at(50),
        at(95),
        at(99)
    );
}
