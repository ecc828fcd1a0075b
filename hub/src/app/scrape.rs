//! Metrics over plain HTTP, on this machine only.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

use crate::http::handlers::health;
use crate::hub::Hub;
use crate::metrics;

/// Connections at once.
const MOST: usize = 8;

/// How long a request may take to arrive.
const HEAD: Duration = Duration::from_secs(5);

/// Serves `GET /metrics` for ever.
pub(super) async fn serve(listener: TcpListener, hub: Arc<Hub>) {
    let scrape = move || {
        let hub = Arc::clone(&hub);
        async move { text(&hub).await }
    };
    let router = Router::new().route("/metrics", get(scrape));
    let places = Arc::new(Semaphore::new(MOST));
    while let Ok(place) = Arc::clone(&places).acquire_owned().await {
        let Ok((stream, _)) = listener.accept().await else {
            tokio::time::sleep(HEAD).await;
            continue;
        };
        let service = TowerToHyperService::new(router.clone());
        tokio::spawn(async move {
            let mut builder = hyper::server::conn::http1::Builder::new();
            let builder = builder.timer(TokioTimer::new()).header_read_timeout(HEAD);
            let _ = builder
                .serve_connection(TokioIo::new(stream), service)
                .await;
            drop(place);
        });
    }
}

async fn text(hub: &Hub) -> Response {
    match health::text(hub).await {
        Ok(text) => ([(CONTENT_TYPE, metrics::CONTENT_TYPE)], text).into_response(),
        Err(fault) => fault.into_response(),
    }
}
