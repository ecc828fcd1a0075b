//! The viewer's UDP socket.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use quinn::crypto::rustls::QuicClientConfig;
use quinn::{ClientConfig, ConnectError, Endpoint, EndpointConfig, TokioRuntime};
use ring::hmac;
use ring::rand::SystemRandom;

use crate::congestion::ControllerBuilder;
use crate::path::PathState;
use crate::{Connection, TransportError, config, socket, tls};

/// A server that does not answer within this time is taken for absent.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// Connects to servers, again and again from the same UDP socket.
pub struct Connector {
    endpoint: Endpoint,
    crypto: Arc<QuicClientConfig>,
}

impl Connector {
    /// Takes any free UDP port. Must be called inside a tokio runtime.
    ///
    /// # Errors
    /// [`TransportError::Socket`] if the system has no UDP port to give.
    pub fn new() -> Result<Self, TransportError> {
        let crypto = tls::client_config()?;
        let socket = socket::bind_any().map_err(TransportError::Socket)?;
        let reset = hmac::Key::generate(hmac::HMAC_SHA256, &SystemRandom::new())
            .map_err(|_| TransportError::Crypto("no randomness".to_owned()))?;
        let endpoint = EndpointConfig::new(Arc::new(reset));
        let endpoint = Endpoint::new(endpoint, None, socket, Arc::new(TokioRuntime))
            .map_err(TransportError::Socket)?;
        Ok(Self { endpoint, crypto })
    }

    /// Connects to `addr`, which the person knows as `server_name`.
    ///
    /// The server has then proven that it holds the key of its certificate, and nothing else:
    /// compare [`Connection::peer_fingerprint`] before sending anything.
    ///
    /// # Errors
    /// [`TransportError::NoAnswer`] after ten seconds, [`TransportError::WrongProtocol`],
    /// [`TransportError::Busy`], [`TransportError::Handshake`].
    pub async fn connect(
        &self,
        addr: SocketAddr,
        server_name: &str,
    ) -> Result<Connection, TransportError> {
        let path = Arc::<PathState>::default();
        let controller = Arc::new(ControllerBuilder::new(Arc::clone(&path)));
        let crypto = Arc::clone(&self.crypto) as Arc<dyn quinn::crypto::ClientConfig>;
        let mut config = ClientConfig::new(crypto);
        config.transport_config(Arc::new(config::viewer(controller)));
        let connecting = match self
            .endpoint
            .connect_with(config.clone(), addr, server_name)
        {
            // The name is not compared with anything, so one that TLS cannot express is no error.
            Err(ConnectError::InvalidServerName(_)) => {
                let name = addr.ip().to_string();
                self.endpoint.connect_with(config, addr, &name)
            }
            result => result,
        };
        let connecting = connecting.map_err(|e| TransportError::Handshake(e.to_string()))?;
        match tokio::time::timeout(CONNECT_TIMEOUT, connecting).await {
            Ok(connection) => {
                let connection = connection.map_err(TransportError::of_handshake)?;
                Ok(Connection::new(connection, path))
            }
            Err(_) => Err(TransportError::NoAnswer {
                name: server_name.to_owned(),
                addr,
            }),
        }
    }

    /// Goes on from another UDP port, with all connections, and has each ask its server at once
    /// whether it still answers: for when this machine's address has changed, or when an outage may
    /// be over. Must be called inside a tokio runtime.
    ///
    /// # Errors
    /// [`TransportError::Socket`] if the system has no UDP port to give; then nothing changes.
    pub fn rebind(&self) -> Result<(), TransportError> {
        let socket = socket::bind_any().map_err(TransportError::Socket)?;
        self.endpoint.rebind(socket).map_err(TransportError::Socket)
    }

    /// Waits until the peers of all closed connections were told. Call it before the process ends.
    pub async fn wait_idle(&self) {
        self.endpoint.wait_idle().await;
    }
}
