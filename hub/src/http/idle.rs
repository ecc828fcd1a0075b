//! Whether a connection is of use to anybody.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes};
use hyper::body::{Body as HttpBody, Frame, SizeHint};
use tokio::sync::watch;
use tokio::time::timeout;

/// What goes on on a connection.
#[derive(Clone, Copy, Default)]
struct Going {
    /// Requests that have begun and whose answers have not ended.
    now: usize,
    /// Requests that have begun in all.
    ever: u64,
}

/// The requests of a connection.
#[derive(Clone, Default)]
pub(super) struct Requests(watch::Sender<Going>);

impl Requests {
    /// One more, until what is returned is dropped.
    pub(super) fn begin(&self) -> Busy {
        self.0.send_modify(|going| {
            going.now += 1;
            going.ever += 1;
        });
        Busy(self.0.clone())
    }

    /// Waits until there has been none for so long.
    pub(super) async fn have_ceased(&self, span: Duration) {
        let mut going = self.0.subscribe();
        loop {
            // The sender is here: this does not fail.
            let _ = going.wait_for(|going| going.now == 0).await;
            if timeout(span, going.changed()).await.is_err() {
                return;
            }
        }
    }
}

/// A request that has begun.
pub(super) struct Busy(watch::Sender<Going>);

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.send_modify(|going| going.now -= 1);
    }
}

/// An answer's body: while it is sent, the connection is in use.
pub(super) struct Sending {
    body: Body,
    _busy: Busy,
}

impl Sending {
    /// The body of the answer to the request `busy`.
    pub(super) fn new(body: Body, busy: Busy) -> Self {
        Self { body, _busy: busy }
    }
}

impl HttpBody for Sending {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn idle_is_what_has_no_request_for_the_whole_span() {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .unwrap();
        let span = Duration::from_millis(20);
        runtime.block_on(async {
            let requests = Requests::default();
            requests.have_ceased(span).await;
            let busy = requests.begin();
            assert!(timeout(span * 5, requests.have_ceased(span)).await.is_err());
            drop(busy);
            requests.have_ceased(span).await;
        });
    }
}
