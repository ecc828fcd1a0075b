//! Asking the hub over HTTPS. The hub never asks us.

use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use hackstream_control_api::id::{JobId, SessionId};
use hackstream_control_api::limits::MAX_NODE_BODY_BYTES;
use hackstream_control_api::node::{JobList, JobResult, LogAnswer, LogChunk, Report, ReportAnswer};
use serde::Serialize;
use serde::de::DeserializeOwned;
use ureq::Agent;
use ureq::http::Response;
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, TlsProvider};

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
    /// The hub at this address, which shows a certificate that is in `ca` or signed by one in it; we
    /// name ourselves by what is in `token`.
    ///
    /// # Errors
    /// [`HubError`] if one of these cannot be used.
    pub fn new(address: &str, ca: Option<&Path>, token: &Path) -> Result<Self, HubError> {
        let base = address.trim_end_matches('/').to_owned();
        if !is_safe(&base) {
            return Err(HubError::Address(address.to_owned()));
        }
        let token_text = read_secret(token)?.trim().to_owned();
        let tls = TlsConfig::builder()
            .provider(TlsProvider::Rustls)
            .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .root_certs(roots(ca)?)
            .build();
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            // What the environment names would read the token where the hub is reached without TLS.
            .proxy(None)
            .timeout_connect(Some(PATIENCE))
            .timeout_global(Some(Duration::from_secs(WAIT) + PATIENCE))
            .user_agent(concat!("hackstream-noded/", env!("CARGO_PKG_VERSION")))
            .tls_config(tls)
            .build();
        Ok(Self {
            agent: Agent::new_with_config(config),
            base,
            token: format!("Bearer {token_text}"),
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

/// What is in a file that only its owner may read: whoever knows the token can pose as this node.
fn read_secret(path: &Path) -> Result<String, HubError> {
    use std::io::Read as _;
    use std::os::unix::fs::MetadataExt as _;
    let failed = |reason: String| HubError::File {
        path: path.to_owned(),
        reason,
    };
    // Of the file that is read, whatever has its name by then.
    let read = || -> std::io::Result<(u32, String)> {
        let mut file = std::fs::File::open(path)?;
        let mode = file.metadata()?.mode();
        let mut text = String::new();
        file.read_to_string(&mut text)?;
        Ok((mode, text))
    };
    let (mode, text) = read().map_err(|error| failed(error.to_string()))?;
    if mode & 0o077 == 0 {
        return Ok(text);
    }
    let shown = path.display();
    Err(failed(format!(
        "others can read the node's token; run: chmod 600 {shown}"
    )))
}

fn read(path: &Path) -> Result<String, HubError> {
    std::fs::read_to_string(path).map_err(|error| HubError::File {
        path: path.to_owned(),
        reason: error.to_string(),
    })
}

/// Nobody but those in `ca`; without it nobody, for the machine's authorities know no hub.
fn roots(ca: Option<&Path>) -> Result<RootCerts, HubError> {
    let Some(path) = ca else {
        return Ok(RootCerts::from(Vec::<Certificate<'static>>::new()));
    };
    let text = read(path)?;
    let wrong = |reason: String| HubError::File {
        path: path.to_owned(),
        reason,
    };
    let items = ureq::tls::parse_pem(text.as_bytes());
    let items: Result<Vec<_>, _> = items.collect();
    let items = items.map_err(|error| wrong(error.to_string()))?;
    let certificates: Vec<Certificate<'static>> = items
        .into_iter()
        .filter_map(|item| match item {
            PemItem::Certificate(certificate) => Some(certificate),
            _ => None,
        })
        .collect();
    match certificates.len() {
        0 => Err(wrong("there is no certificate in it".to_owned())),
        _ => Ok(RootCerts::from(certificates)),
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
    let text: String = text.unwrap_or_default().chars().take(200).collect();
    Err(HubError::Refused {
        status: status.as_u16(),
        text,
    })
}

fn answer<T: DeserializeOwned>(
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
