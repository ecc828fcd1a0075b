//! The ways to ask the running server how it is.

use std::net::SocketAddr;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::sync::Arc;

use tracing::{info, warn};

use super::AppError;
use crate::status::endpoint::Endpoint;
use crate::status::socket::{self, StatusSocket};
use crate::viewer::attend::Service;

pub(super) use crate::status::Facts;

/// Listens for those who want metrics, if anybody may have them. Needs a runtime to run in.
pub(super) fn bind_metrics(address: Option<SocketAddr>) -> Result<Option<Endpoint>, AppError> {
    let Some(address) = address else {
        return Ok(None);
    };
    let bound = Endpoint::bind(address);
    let endpoint = bound.map_err(|source| AppError::Metrics { address, source })?;
    if !address.ip().is_loopback() {
        warn!(%address, "metrics can be read by everybody who reaches this address");
    }
    Ok(Some(endpoint))
}

/// Answers from now on: metrics at the endpoint, whose address is returned, and the rest on a socket
/// in the state directory, which goes when it is dropped. A session without the latter is better
/// than none.
pub(super) fn open(
    state_dir: &Path,
    metrics: Option<Endpoint>,
    service: &Arc<Service>,
    facts: &Facts,
) -> (Option<StatusSocket>, Option<SocketAddr>) {
    let address = metrics.and_then(|endpoint| {
        let address = endpoint.local_addr().ok();
        endpoint.serve(Arc::downgrade(service), facts.clone());
        address
    });
    if let Some(address) = address {
        info!("metrics are at http://{address}/metrics");
    }
    let socket = StatusSocket::open(state_dir, Arc::downgrade(service), facts.clone());
    let socket = socket.inspect_err(|error| {
        warn!(%error, "`hackstream-server status` will not see this session");
    });
    (socket.ok(), address)
}

/// Answers from now on whoever started us, who looks after the session from outside of its files. A
/// session without is better than none.
pub(super) fn answer_on(socket: Option<UnixListener>, service: &Arc<Service>, facts: &Facts) {
    let Some(socket) = socket else {
        return;
    };
    if let Err(error) = socket::serve(socket, Arc::downgrade(service), facts.clone()) {
        warn!(%error, "whoever started the session cannot ask how it is");
    }
}
