//! The hub's REST API over HTTPS, one request at a time. Who asks is an argument: [`crate::hub`] knows.

pub mod events;
mod follow;
pub mod logs;
pub mod pages;
pub mod request;
pub mod retry;
pub mod sse;

use std::time::{Duration, Instant};

use hackstream_control_api::problem::{Code, Problem};
use hackstream_https::{Distrusted, Trust, connector};
use hackstream_ticket::KeyHash;
use rustls::pki_types::CertificateDer;
use serde::de::DeserializeOwned;
use ureq::http::Response;
use ureq::unversioned::resolver::DefaultResolver;
use ureq::unversioned::transport::{ConnectProxyConnector, Connector as _, TcpConnector};
use ureq::{Agent, Body};

use crate::config::address::HubAddress;
use crate::error::CliError;
use request::{Kind, Request};

/// How long a connection may take to be made.
const CONNECT: Duration = Duration::from_secs(15);

/// How long an answer may take: a login can stand in a queue.
const ANSWER: Duration = Duration::from_secs(60);

/// The hub gives a sign of life every 15 seconds where it has nothing else to say.
const SILENCE: Duration = Duration::from_secs(45);

/// Bytes of an answer; a full page of the audit log has some 200 KiB.
const MOST_BYTES: u64 = 4 << 20;

/// Bytes of an answer that says why not.
const MOST_PROBLEM_BYTES: u64 = 64 << 10;

/// The hub.
#[derive(Clone, Debug)]
pub struct Api {
    agent: Agent,
    address: HubAddress,
    trust: Trust,
    distrusted: Distrusted,
}

impl Api {
    /// The hub at this address. Nothing is sent yet.
    ///
    /// # Errors
    /// If TLS cannot be set up.
    pub fn new(address: HubAddress, trust: Trust) -> Result<Self, CliError> {
        let distrusted = Distrusted::default();
        let tls = connector(trust, of_this_machine, &distrusted);
        let tls = tls.map_err(|error| CliError::Failed(format!("cannot set up TLS: {error}")))?;
        let config = Agent::config_builder()
            .http_status_as_error(false)
            // A token goes to the hub and nowhere else.
            .max_redirects(0)
            .timeout_connect(Some(CONNECT))
            .timeout_global(Some(ANSWER))
            .user_agent(concat!("hackstream/", env!("CARGO_PKG_VERSION")))
            .build();
        let connector = ().chain(ConnectProxyConnector::default());
        let connector = connector.chain(TcpConnector::default()).chain(tls);
        Ok(Self {
            agent: Agent::with_parts(config, connector, DefaultResolver::default()),
            address,
            trust,
            distrusted,
        })
    }

    /// Where it is.
    #[must_use]
    pub const fn address(&self) -> &HubAddress {
        &self.address
    }

    /// The key by which it is recognised, if it is by that.
    #[must_use]
    pub const fn key(&self) -> Option<KeyHash> {
        self.trust.key()
    }

    /// Asks, and comes again as long as the hub says so and it can do no harm.
    ///
    /// # Errors
    /// [`CliError::Refused`] with what the hub says, and those of the way there.
    pub fn send(&self, request: &Request, token: Option<&str>) -> Result<Response<Body>, CliError> {
        let since = Instant::now();
        loop {
            let answer = self.send_once(request, token);
            let problem = answer.as_ref().err().and_then(CliError::problem);
            let wait = problem.and_then(|problem| retry::wait(problem, since.elapsed()));
            match wait {
                Some(wait) if request.can_repeat() => std::thread::sleep(wait),
                _ => return answer,
            }
        }
    }

    /// Asks, and understands the answer.
    ///
    /// # Errors
    /// Like [`Self::send`]; [`CliError::NotUnderstood`].
    pub fn ask<T: DeserializeOwned>(
        &self,
        request: &Request,
        token: Option<&str>,
    ) -> Result<T, CliError> {
        self.understand(self.send(request, token)?)
    }

    /// What an answer says.
    ///
    /// # Errors
    /// [`CliError::NotUnderstood`] if it is something else, or too long.
    pub fn understand<T: DeserializeOwned>(
        &self,
        mut answer: Response<Body>,
    ) -> Result<T, CliError> {
        let body = answer.body_mut().with_config().limit(MOST_BYTES);
        let bytes = body
            .read_to_vec()
            .map_err(|error| self.unreachable(&error))?;
        serde_json::from_slice(&bytes).map_err(|error| self.not_understood(error.to_string()))
    }

    pub(crate) fn not_understood(&self, what: impl Into<String>) -> CliError {
        CliError::NotUnderstood {
            hub: self.address.clone(),
            what: what.into(),
        }
    }

    fn send_once(
        &self,
        request: &Request,
        token: Option<&str>,
    ) -> Result<Response<Body>, CliError> {
        let prepared = request.prepare(&self.address, token);
        let prepared = prepared.map_err(|error| CliError::Failed(error.to_string()))?;
        let (parts, body) = prepared.into_parts();
        let answer = match (body, request.kind()) {
            (Some(body), _) => self.agent.run(ureq::http::Request::from_parts(parts, body)),
            (None, Kind::Answer) => self.agent.run(ureq::http::Request::from_parts(parts, ())),
            (None, Kind::Stream) => {
                let request = ureq::http::Request::from_parts(parts, ());
                let configured = self.agent.configure_request(request);
                let configured = configured
                    .timeout_global(None)
                    .timeout_recv_response(Some(ANSWER));
                self.agent
                    .run(configured.timeout_per_read(Some(SILENCE)).build())
            }
        };
        let answer = answer.map_err(|error| self.unreachable(&error))?;
        if answer.status().is_success() {
            return Ok(answer);
        }
        Err(self.refusal(answer))
    }

    /// Why nothing came back; distrust is told apart from silence.
    fn unreachable(&self, error: &ureq::Error) -> CliError {
        let hub = self.address.clone();
        match self.distrusted.take() {
            Some(shown) => CliError::Untrusted {
                hub,
                shown,
                expected: self.trust.key(),
            },
            None => CliError::Unreachable {
                hub,
                reason: reason(error),
            },
        }
    }

    fn refusal(&self, mut answer: Response<Body>) -> CliError {
        let status = answer.status();
        let body = answer.body_mut().with_config().limit(MOST_PROBLEM_BYTES);
        let problem = body.read_to_vec().ok();
        let problem = problem.and_then(|bytes| serde_json::from_slice::<Problem>(&bytes).ok());
        match problem {
            Some(problem) => CliError::Refused(Box::new(problem)),
            // What is in front of a hub that is down answers so.
            None if matches!(status.as_u16(), 502..=504) => CliError::Unreachable {
                hub: self.address.clone(),
                reason: format!("what is in front of it says {status}"),
            },
            None => self.not_understood(format!("{status} and no reason")),
        }
    }
}

/// The authorities that this machine trusts.
fn of_this_machine() -> Vec<CertificateDer<'static>> {
    rustls_native_certs::load_native_certs().certs
}

/// The cause, without the words of the library around it.
fn reason(error: &ureq::Error) -> String {
    match error {
        ureq::Error::HostNotFound => "no such name".to_owned(),
        ureq::Error::ConnectionFailed => "no connection".to_owned(),
        ureq::Error::Timeout(_) => "no answer in time".to_owned(),
        ureq::Error::Io(error) if error.kind() == std::io::ErrorKind::ConnectionRefused => {
            "nobody listens there".to_owned()
        }
        ureq::Error::Io(error) => error.to_string(),
        other => other.to_string(),
    }
}

/// Whether the hub does not take the token (any more).
#[must_use]
pub(crate) fn is_unknown_token(error: &CliError) -> bool {
    let code = error.problem().map(|problem| problem.code);
    matches!(code, Some(Code::Unauthenticated | Code::TokenExpired))
}
