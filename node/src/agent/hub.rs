//! Asking the hub over HTTPS. The hub never asks us.

use std::net::IpAddr;
use std::path::Path;
use std::time::Duration;

use hackstream_control_api::id::{JobId, SessionId};
use hackstream_control_api::limits::MAX_NODE_BODY_BYTES;
use hackstream_control_api::node::{JobList, JobResult, LogAnswer, LogChunk, Report, ReportAnswer};
use hackstream_https::{Distrusted, Trust, connector};
use hackstream_ticket::KeyHash;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use serde::Serialize;
use serde::de::DeserializeOwned;
use ureq::Agent;
use ureq::http::Response;
use ureq::unversioned::resolver::DefaultResolver;
use ureq::unversioned::transport::{Connector as _, TcpConnector};

use crate::identity::Identity;

/// Seconds for which the hub may wait until there is something to do.
const WAIT: u64 = 30;

/// How long an answer may take beyond what the hub was asked to wait.
const PATIENCE: Duration = Duration::from_secs(15);

/// Why the hub was not asked.
#[derive(Debug, thiserror::Error)]
pub enum HubError {
    /// The hub's address makes no sense.
    #[error(
        "the hub's address {0} is none: it begins with https://, or with http:// and an address of this machine"
    )]
    Address(String),
    /// A file that is needed cannot be used.
    #[error("{}: {reason}", path.display())]
    File {
        /// Which.
        path: std::path::PathBuf,
        /// Why.
        reason: String,
    },
    /// The hub did not answer, or not what was asked.
    #[error("the hub does not answer: {0}")]
    Unreachable(String),
    /// The hub refused.
    #[error("the hub refused with {status}: {text}")]
    Refused {
        /// HTTP's number.
        status: u16,
        /// The beginning of what it said.
        text: String,
    },
}

impl HubError {
    /// Whether the same would be refused again: not what a hub says that is overloaded, or ends.
    #[must_use]
    pub const fn is_final(&self) -> bool {
        match self {
            Self::Refused { status, .. } => *status < 500 && !matches!(*status, 401 | 408 | 429),
            Self::Address(_) | Self::File { .. } | Self::Unreachable(_) => false,
        }
    }
}

/// The hub.
pub struct Hub {
    agent: Agent,
    base: String,
    token: String,
}

impl Hub {
    /// The hub of this identity, which has the key that was seen at enrolment, or else shows a
    /// certificate that is in `ca` or signed by one in it.
    ///
    /// # Errors
    /// [`HubError`] if one of these cannot be used.
    pub fn new(identity: &Identity, ca: Option<&Path>) -> Result<Self, HubError> {
        let base = identity.hub.trim_end_matches('/').to_owned();
        Ok(Self {
            agent: agent(&base, identity.hub_key, ca, &Distrusted::default())?,
            base,
            token: format!("Bearer {}", identity.token),
        })
    }

    /// What to do whose number is above `after`; waits until there is something, for half a minute.
    ///
    /// # Errors
    /// [`HubError`].
    pub fn jobs(&self, after: u64) -> Result<JobList, HubError> {
        let url = format!("{}/v1/node/jobs?after={after}&wait={WAIT}", self.base);
        let request = self.agent.get(&url).header("authorization", &self.token);
        answer(request.call())
    }

    /// Says how a job went.
    ///
    /// # Errors
    /// [`HubError`].
    pub fn result(&self, job: JobId, result: &JobResult) -> Result<(), HubError> {
        let response = self.post(&format!("/v1/node/jobs/{job}/result"), result);
        accepted(response).map(drop)
    }

    /// Says what the node has.
    ///
    /// # Errors
    /// [`HubError`].
    pub fn report(&self, report: &Report) -> Result<ReportAnswer, HubError> {
        answer(self.post("/v1/node/report", report))
    }

    /// Sends a piece of a log.
    ///
    /// # Errors
    /// [`HubError`].
    pub fn log(&self, session: SessionId, chunk: &LogChunk) -> Result<LogAnswer, HubError> {
        answer(self.post(&format!("/v1/node/logs/{session}"), chunk))
    }

    fn post(&self, path: &str, what: &impl Serialize) -> Result<Response<ureq::Body>, ureq::Error> {
        let body = serde_json::to_vec(what).map_err(|error| ureq::Error::Io(error.into()))?;
        let request = self.agent.post(format!("{}{path}", self.base));
        request
            .header("authorization", &self.token)
            .header("content-type", "application/json")
            .send(&body[..])
    }
}

/// What asks a hub that has this key, or else a certificate by one in `ca`. The key of another that was
/// there is in `distrusted` afterwards.
pub(crate) fn agent(
    base: &str,
    key: Option<KeyHash>,
    ca: Option<&Path>,
    distrusted: &Distrusted,
) -> Result<Agent, HubError> {
    if !is_safe(base) {
        return Err(HubError::Address(base.to_owned()));
    }
    let trust = key.map_or(Trust::Authorities, Trust::Key);
    let roots = roots(ca)?;
    let tls = connector(trust, || roots, distrusted);
    let tls = tls.map_err(|error| HubError::Unreachable(error.to_string()))?;
    let config = Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        // What the environment names would read the token where the hub is reached without TLS.
        .proxy(None)
        .timeout_connect(Some(PATIENCE))
        .timeout_global(Some(Duration::from_secs(WAIT) + PATIENCE))
        .user_agent(concat!("hackstream-noded/", env!("CARGO_PKG_VERSION")))
        .build();
    let connector = ().chain(TcpConnector::default()).chain(tls);
    Ok(Agent::with_parts(
        config,
        connector,
        DefaultResolver::default(),
    ))
}

/// Whether nobody on the way can read the token.
fn is_safe(base: &str) -> bool {
    let Some(rest) = base.strip_prefix("http://") else {
        return base.starts_with("https://");
    };
    let host = rest.split('/').next().unwrap_or_default();
    let host = host.rsplit_once(':').map_or(host, |(host, _)| host);
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host.parse::<IpAddr>()
        .is_ok_and(|address| address.is_loopback())
}

/// Nobody but those in `ca`; without it nobody, for the machine's authorities know no hub.
fn roots(ca: Option<&Path>) -> Result<Vec<CertificateDer<'static>>, HubError> {
    let Some(path) = ca else {
        return Ok(Vec::new());
    };
    let wrong = |reason: String| HubError::File {
        path: path.to_owned(),
        reason,
    };
    let text = std::fs::read(path).map_err(|error| wrong(error.to_string()))?;
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&text).collect();
    let certificates = certificates.map_err(|error| wrong(error.to_string()))?;
    match certificates.is_empty() {
        true => Err(wrong("there is no certificate in it".to_owned())),
        false => Ok(certificates),
    }
}

fn accepted(
    response: Result<Response<ureq::Body>, ureq::Error>,
) -> Result<Response<ureq::Body>, HubError> {
    let mut response = response.map_err(|error| HubError::Unreachable(error.to_string()))?;
    let status = response.status();
    if status.is_success() {
        return Ok(response);
    }
    let text = response
        .body_mut()
        .with_config()
        .limit(4096)
        .read_to_string();
    let text: String = text.unwrap_or_default().chars().take(1000).collect();
    Err(HubError::Refused {
        status: status.as_u16(),
        text,
    })
}

pub(crate) fn answer<T: DeserializeOwned>(
    response: Result<Response<ureq::Body>, ureq::Error>,
) -> Result<T, HubError> {
    let mut response = accepted(response)?;
    let limit = MAX_NODE_BODY_BYTES as u64;
    let bytes = response.body_mut().with_config().limit(limit).read_to_vec();
    let bytes = bytes.map_err(|error| HubError::Unreachable(error.to_string()))?;
    let value = serde_json::from_slice(&bytes);
    value.map_err(|error| HubError::Unreachable(format!("not what was asked for: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_token_goes_nowhere_in_the_clear() {
        for safe in [
            "https://hub.example",
            "http://127.0.0.1:8080",
            "http://[::1]:1",
        ] {
            assert!(is_safe(safe), "{safe}");
        }
        for unsafe_one in [
            "http://hub.example",
            "http://10.0.0.1",
            "ftp://127.0.0.1",
            "hub",
            "http://127.0.0.1.example",
        ] {
            assert!(!is_safe(unsafe_one), "{unsafe_one}");
        }
    }
}
