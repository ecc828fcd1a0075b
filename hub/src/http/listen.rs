//! Connections: TLS, HTTP/1.1 and HTTP/2, and their bounds.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use rustls::ServerConfig;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tower::util::MapRequest;

use super::Peer;

/// Connections at once; more wait in the system's queue.
const MOST_CONNECTIONS: usize = 2048;

/// How long a handshake may take.
const HANDSHAKE: Duration = Duration::from_secs(10);

/// How long the head of a request may take, and how long a connection may be idle.
const HEAD: Duration = Duration::from_secs(30);

/// Requests at once on a connection.
const STREAMS: u32 = 64;

/// How long requests may take to end when the hub ends.
const FAREWELL: Duration = Duration::from_secs(5);

/// After an error of `accept`, such as no free file descriptors, a moment without trying.
const PAUSE: Duration = Duration::from_millis(100);

/// Serves `router` until `ending` is true.
pub async fn serve(
    listener: TcpListener,
    tls: Arc<ServerConfig>,
    router: Router,
    mut ending: watch::Receiver<bool>,
) {
    let acceptor = TlsAcceptor::from(tls);
    let builder = Arc::new(builder());
    let places = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    let graceful = GracefulShutdown::new();
    loop {
        let accepted = tokio::select! {
            accepted = accept(&listener, &places) => accepted,
            _ = ending.wait_for(|ending| *ending) => break,
        };
        let Some((stream, peer, place)) = accepted else {
            tokio::time::sleep(PAUSE).await;
            continue;
        };
        let (acceptor, router) = (acceptor.clone(), router.clone());
        let (builder, watcher) = (Arc::clone(&builder), graceful.watcher());
        tokio::spawn(async move {
            let handshake = timeout(HANDSHAKE, acceptor.accept(stream)).await;
            // Whoever speaks no TLS, or too slowly, is not worth a line of the log.
            if let Ok(Ok(stream)) = handshake {
                let with_peer = MapRequest::new(router, move |mut request: Request<Incoming>| {
                    request.extensions_mut().insert(Peer(peer));
                    request
                });
                let service = TowerToHyperService::new(with_peer);
                let builder = version_of(&stream, &builder);
                let connection = builder.serve_connection(TokioIo::new(stream), service);
                let _ = watcher.watch(connection).await;
            }
            drop(place);
        });
    }
    if timeout(FAREWELL, graceful.shutdown()).await.is_err() {
        tracing::warn!("some requests were not done when the hub ended");
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
    builder: &Builder<TokioExecutor>,
) -> Builder<TokioExecutor> {
    match stream.get_ref().1.alpn_protocol() {
        Some(b"h2") => builder.clone().http2_only(),
        _ => builder.clone().http1_only(),
    }
}

fn builder() -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS)
        .keep_alive_interval(HEAD)
        .keep_alive_timeout(HANDSHAKE);
    builder
}
