//! Connections: TLS, HTTP/1.1 and HTTP/2, and their bounds.

use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use rustls::ServerConfig;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tower::ServiceExt as _;

use super::Peer;
use super::crowd::Crowd;
use super::idle::{Requests, Sending};
use crate::auth::throttle::Network;

/// How many may be connected, and for how long they may do nothing.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Connections at once; more wait in the system's queue.
    pub connections: u32,
    /// Of one network: see [`Network`]. More are closed at once.
    pub of_one_network: usize,
    /// How long the head of a request may take, and how long a connection may have no request.
    pub idle: Duration,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            connections: 2048,
            of_one_network: 512,
            idle: Duration::from_secs(30),
        }
    }
}

/// How long a handshake may take.
const HANDSHAKE: Duration = Duration::from_secs(10);

/// Requests at once on a connection.
const STREAMS: u32 = 16;

/// Bytes that a connection and a request may have under way before they are read: bodies have at most
/// 16 KiB, but for those of nodes.
const CONNECTION_WINDOW: u32 = 256 << 10;
const STREAM_WINDOW: u32 = 64 << 10;

/// Bytes of a request's head.
const LARGEST_HEAD: u32 = 8 << 10;

/// Bytes that are kept of a connection of HTTP/1.
const BUFFER: usize = 32 << 10;

/// How long requests may take to end when the hub ends, or their connection.
const FAREWELL: Duration = Duration::from_secs(5);

/// After an error of `accept`, such as no free file descriptors, a moment without trying.
const PAUSE: Duration = Duration::from_millis(100);

/// Serves `router` until `ending` is true.
pub async fn serve(
    listener: TcpListener,
    tls: Arc<ServerConfig>,
    router: Router,
    mut ending: watch::Receiver<bool>,
    bounds: Bounds,
) {
    let places = Arc::new(Semaphore::new(bounds.connections as usize));
    let networks = Crowd::new(usize::MAX, bounds.of_one_network);
    let serving = Serving {
        acceptor: TlsAcceptor::from(tls),
        builder: builder(bounds.idle),
        router,
        idle: bounds.idle,
        ending: ending.clone(),
    };
    loop {
        let accepted = tokio::select! {
            accepted = accept(&listener, &places) => accepted,
            _ = ending.wait_for(|ending| *ending) => break,
        };
        let Some((stream, peer, place)) = accepted else {
            tokio::time::sleep(PAUSE).await;
            continue;
        };
        let Some(of_network) = networks.enter(Network::of(peer.ip())) else {
            continue;
        };
        let serving = serving.clone();
        tokio::spawn(async move {
            serving.connection(stream, peer).await;
            drop((place, of_network));
        });
    }
    let all = places.acquire_many(bounds.connections);
    if timeout(FAREWELL, all).await.is_err() {
        tracing::warn!("some requests were not done when the hub ended");
    }
}

/// What connections are served with.
#[derive(Clone)]
struct Serving {
    acceptor: TlsAcceptor,
    builder: Builder<TokioExecutor>,
    router: Router,
    idle: Duration,
    ending: watch::Receiver<bool>,
}

impl Serving {
    /// Serves a connection until it ends, is idle for too long, or the hub ends.
    async fn connection(mut self, stream: TcpStream, peer: SocketAddr) {
        let handshake = timeout(HANDSHAKE, self.acceptor.accept(stream)).await;
        // Whoever speaks no TLS, or too slowly, is not worth a line of the log.
        let Ok(Ok(stream)) = handshake else { return };
        let builder = version_of(&stream, self.builder);
        let requests = Requests::default();
        let service = service_fn(|request| answer(self.router.clone(), request, peer, &requests));
        let mut connection = pin!(builder.serve_connection(TokioIo::new(stream), service));
        tokio::select! {
            _ = connection.as_mut() => return,
            () = requests.have_ceased(self.idle) => {}
            _ = self.ending.wait_for(|ending| *ending) => {}
        }
        connection.as_mut().graceful_shutdown();
        let _ = timeout(FAREWELL, connection).await;
    }
}

/// Answers a request. What is returned borrows nothing: HTTP/2 has each answered by a task of its own.
fn answer(
    router: Router,
    mut request: Request<Incoming>,
    peer: SocketAddr,
    requests: &Requests,
) -> impl Future<Output = Result<Response, std::convert::Infallible>> + use<> {
    let busy = requests.begin();
    request.extensions_mut().insert(Peer(peer));
    async move {
        let response = router.oneshot(request).await?;
        Ok(response.map(|body| Body::new(Sending::new(body, busy))))
    }
}

type Accepted = Option<(TcpStream, SocketAddr, tokio::sync::OwnedSemaphorePermit)>;

async fn accept(listener: &TcpListener, places: &Arc<Semaphore>) -> Accepted {
    let place = Arc::clone(places).acquire_owned().await.ok()?;
    match listener.accept().await {
        Ok((stream, peer)) => {
            // Answers are small and written whole.
            let _ = stream.set_nodelay(true);
            Some((stream, peer, place))
        }
        Err(error) => {
            tracing::warn!(%error, "cannot accept a connection");
            None
        }
    }
}

/// For the version that was agreed on in the handshake. To find out from what is said first would mean
/// to wait, without an end, for somebody who says nothing.
fn version_of(
    stream: &TlsStream<TcpStream>,
    builder: Builder<TokioExecutor>,
) -> Builder<TokioExecutor> {
    match stream.get_ref().1.alpn_protocol() {
        Some(b"h2") => builder.http2_only(),
        _ => builder.http1_only(),
    }
}

fn builder(idle: Duration) -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .max_buf_size(BUFFER)
        .header_read_timeout(idle);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS)
        .max_header_list_size(LARGEST_HEAD)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .initial_stream_window_size(STREAM_WINDOW)
        .keep_alive_interval(idle)
        .keep_alive_timeout(HANDSHAKE);
    builder
}
