//! `hackstreamd serve`.

use std::io::Write as _;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::error::AppError;
use super::{attest, log, open, scrape, tend};
use crate::config::Serve;
use crate::deeds::upkeep;
use crate::http::tls::{Identity, TlsError};
use crate::http::{listen, routing};
use crate::hub::Hub;
use crate::keys::Keys;
use crate::metrics::Metrics;

/// Serves until told to end.
///
/// # Errors
/// Why it cannot.
pub fn run(config: &Serve) -> Result<(), AppError> {
    log::start(config.log_format);
    if let Some(address) = config.metrics.filter(|address| !address.ip().is_loopback()) {
        return Err(AppError::OpenMetrics(address));
    }
    let metrics = Arc::new(Metrics::default());
    let store = open(&config.place, &metrics)?;
    let keys = Keys::open(&config.place.state_dir)?;
    let identity = identity(config)?;
    let hub = Arc::new(Hub::new(store, &keys, metrics)?);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(serve(config, hub, identity))
}

fn identity(config: &Serve) -> Result<Identity, TlsError> {
    match (&config.certificate, &config.key) {
        (Some(certificate), Some(key)) => Identity::given(certificate, key),
        _ => Identity::own(&config.place.state_dir, &config.names),
    }
}

async fn serve(config: &Serve, hub: Arc<Hub>, identity: Identity) -> Result<(), AppError> {
    let fingerprint = identity.fingerprint.clone();
    let tls = identity.server()?;
    let router = routing::router(&hub)?;
    let listener = bind(config.listen).await?;
    if let Some(address) = config.metrics {
        let listener = bind(address).await?;
        tokio::spawn(scrape::serve(listener, Arc::clone(&hub)));
    }
    tokio::spawn(keep_up(Arc::clone(&hub)));
    tokio::spawn(tend::pools(Arc::clone(&hub)));
    tokio::spawn(attest::audit_log(Arc::clone(&hub)));
    let ending = hub.ending.subscribe();
    // Before anybody hears that the hub is ready, and may tell it to end.
    let signals = Signals::catch()?;
    announce(listener.local_addr()?, fingerprint.as_deref())?;
    let serving = tokio::spawn(listen::serve(
        listener,
        tls,
        router,
        ending,
        listen::Bounds::default(),
    ));
    signals.told_to_end().await;
    tracing::info!("ending");
    hub.ending.send_replace(true);
    let _ = serving.await;
    Ok(())
}

async fn bind(address: SocketAddr) -> Result<TcpListener, AppError> {
    let bound = TcpListener::bind(address).await;
    bound.map_err(|source| AppError::Listen { address, source })
}

/// The line that says where the hub is.
fn announce(address: SocketAddr, fingerprint: Option<&str>) -> Result<(), AppError> {
    let fingerprint = fingerprint.map(|hex| format!(" fingerprint=sha256:{hex}"));
    let mut stdout = std::io::stdout();
    writeln!(
        stdout,
        "ready listen={address}{}",
        fingerprint.unwrap_or_default()
    )?;
    Ok(stdout.flush()?)
}

/// What Ctrl-C and systemd send.
struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

impl Signals {
    fn catch() -> Result<Self, AppError> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    async fn told_to_end(mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

/// Does once a minute what has to be done when nobody asks.
async fn keep_up(hub: Arc<Hub>) {
    let mut every = tokio::time::interval(Duration::from_secs(upkeep::EVERY.0));
    let since = hub.store.now();
    loop {
        every.tick().await;
        let kept = upkeep::run(&hub.store, since).await;
        if kept.given_up > 0 {
            tracing::warn!(sessions = kept.given_up, "sessions were given up");
        }
        for fault in kept.faults {
            tracing::error!(%fault, "something could not be kept up");
        }
    }
}
