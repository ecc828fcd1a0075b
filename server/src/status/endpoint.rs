//! `GET /metrics` for Prometheus, and nothing else of HTTP.
//!
//! Whoever reaches the address can ask, so everything about a request is bounded: its size, its
//! time, and how many there are at once. A connection serves one request.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Weak};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};
use tracing::{debug, warn};

use super::exposition;
use super::report::{self, Facts};
use crate::viewer::attend::Service;

/// Longest head of a request in bytes.
const MOST_HEAD: usize = 8 << 10;

/// Most header fields of a request.
const MOST_FIELDS: usize = 64;

/// Requests at once; more are not heard.
const MOST_AT_ONCE: usize = 4;

/// How long a request, and reading its answer, may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// After a connection that could not be accepted, for want of descriptors for instance.
const PAUSE: Duration = Duration::from_secs(1);

/// Where metrics can be had.
pub struct Endpoint(TcpListener);

impl Endpoint {
    /// Listens. Needs a runtime to run in.
    ///
    /// # Errors
    /// The system's.
    pub fn bind(address: SocketAddr) -> io::Result<Self> {
        let listener = std::net::TcpListener::bind(address)?;
        listener.set_nonblocking(true)?;
        Ok(Self(TcpListener::from_std(listener)?))
    }

    /// Where it listens.
    ///
    /// # Errors
    /// The system's.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }

    /// Answers from now on, as long as there is a service.
    pub fn serve(self, service: Weak<Service>, facts: Facts) {
        tokio::spawn(answer_all(self.0, service, facts));
    }
}

async fn answer_all(listener: TcpListener, service: Weak<Service>, facts: Facts) {
    let (facts, room) = (Arc::new(facts), Arc::new(Semaphore::new(MOST_AT_ONCE)));
    loop {
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            Err(error) => {
                warn!(%error, "cannot accept a request for metrics");
                sleep(PAUSE).await;
                continue;
            }
        };
        let Ok(place) = Arc::clone(&room).try_acquire_owned() else {
            continue;
        };
        let (service, facts) = (Weak::clone(&service), Arc::clone(&facts));
        tokio::spawn(async move {
            let answered = timeout(PATIENCE, answer(stream, service, facts)).await;
            if !matches!(answered, Ok(Ok(()))) {
                debug!("a request for metrics was not answered");
            }
            drop(place);
        });
    }
}

async fn answer(
    mut stream: TcpStream,
    service: Weak<Service>,
    facts: Arc<Facts>,
) -> io::Result<()> {
    let head = read_head(&mut stream).await?;
    let answer = match judge(&head) {
        Verdict::Metrics { with_body } => {
            let Some(service) = service.upgrade() else {
                return Ok(());
            };
            // Not on the thread of the network, which keys wait for.
            let asked = tokio::task::spawn_blocking(move || report::of(&service, &facts)).await;
            let page = exposition::of(&asked.map_err(io::Error::other)?);
            let head = response_head("200 OK", exposition::CONTENT_TYPE, page.len());
            if with_body { head + &page } else { head }
        }
        Verdict::Refused(status) => {
            let text = format!("{status}; metrics are at /metrics\n");
            response_head(status, "text/plain; charset=utf-8", text.len()) + &text
        }
    };
    stream.write_all(answer.as_bytes()).await?;
    stream.shutdown().await
}

/// Reads up to the end of the head or to the limit, whichever comes first.
async fn read_head(stream: &mut TcpStream) -> io::Result<Vec<u8>> {
    let mut head = Vec::new();
    let mut part = [0; 1024];
    loop {
        let count = stream.read(&mut part).await?;
        head.extend_from_slice(&part[..count]);
        let is_whole = head.windows(4).any(|end| end == b"\r\n\r\n");
        if count == 0 || is_whole || head.len() > MOST_HEAD {
            return Ok(head);
        }
    }
}

/// What becomes of a request.
#[derive(Debug, PartialEq, Eq)]
enum Verdict {
    /// It gets the metrics, or only the head of that answer.
    Metrics { with_body: bool },
    /// It gets this status.
    Refused(&'static str),
}

fn judge(head: &[u8]) -> Verdict {
    let mut fields = [httparse::EMPTY_HEADER; MOST_FIELDS];
    let mut request = httparse::Request::new(&mut fields);
    match request.parse(head) {
        Ok(httparse::Status::Complete(_)) => {}
        Ok(httparse::Status::Partial) if head.len() > MOST_HEAD => {
            return Verdict::Refused("431 Request Header Fields Too Large");
        }
        Err(httparse::Error::TooManyHeaders) => {
            return Verdict::Refused("431 Request Header Fields Too Large");
        }
        Ok(httparse::Status::Partial) | Err(_) => return Verdict::Refused("400 Bad Request"),
    }
    let path = request.path.and_then(|path| path.split('?').next());
    match (request.method, path) {
        (Some("GET"), Some("/metrics")) => Verdict::Metrics { with_body: true },
        (Some("HEAD"), Some("/metrics")) => Verdict::Metrics { with_body: false },
        (_, Some("/metrics")) => Verdict::Refused("405 Method Not Allowed"),
        _ => Verdict::Refused("404 Not Found"),
    }
}

fn response_head(status: &str, content_type: &str, length: usize) -> String {
    format!(
        "HTTP/1.1 {status}\r\nContent-Type: {content_type}\r\nContent-Length: {length}\r\n\
         Connection: close\r\n\r\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_metrics_are_to_be_had() {
        for (head, verdict) in [
            (
                "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n",
                Verdict::Metrics { with_body: true },
            ),
            (
                "HEAD /metrics?all HTTP/1.0\r\n\r\n",
                Verdict::Metrics { with_body: false },
            ),
            ("GET / HTTP/1.1\r\n\r\n", Verdict::Refused("404 Not Found")),
            (
                "POST /metrics HTTP/1.1\r\n\r\n",
                Verdict::Refused("405 Method Not Allowed"),
            ),
            ("GET /metrics", Verdict::Refused("400 Bad Request")),
            ("\0\u{1}\u{2}\r\n\r\n", Verdict::Refused("400 Bad Request")),
            ("", Verdict::Refused("400 Bad Request")),
        ] {
            assert_eq!(judge(head.as_bytes()), verdict, "{head:?}");
        }
        let endless = format!("GET /metrics HTTP/1.1\r\nA: {}", "b".repeat(MOST_HEAD));
        let many = format!("GET /metrics HTTP/1.1\r\n{}\r\n", "A: b\r\n".repeat(100));
        for head in [endless, many] {
            let refused = Verdict::Refused("431 Request Header Fields Too Large");
            assert_eq!(judge(head.as_bytes()), refused);
        }
    }
}
