//! Peers that talk and acknowledge nothing.

use std::time::Duration;

use bytes::Bytes;

use crate::Connection;

/// A datagram of a kind that nobody knows, which is skipped and acknowledged.
const QUESTION: &[u8] = &[0];

/// Within so long whoever hears the question has acknowledged it, or one of the probes that QUIC sends
/// after it. With the time before the question that is less than what a connection lives in silence, so
/// that the peer can still be told.
const ANSWER_TIME: Duration = Duration::from_secs(5);

impl Connection {
    /// Waits until the peer, which is heard, has acknowledged nothing for 25 seconds although it was
    /// asked to. Costs a timer only while that is in doubt. Not beside
    /// [`answered`](Self::answered); may be cancelled.
    pub async fn talked_past(&self) {
        loop {
            self.path_state().hearing.doubted().await;
            // Answers so far are none to the question.
            while self.has_answered().await {}
            // Who takes no datagrams, or has no room in its window for one, is sent QUIC's probes.
            let _ = self.send_datagram(Bytes::from_static(QUESTION));
            if tokio::time::timeout(ANSWER_TIME, self.answered())
                .await
                .is_err()
            {
                return;
            }
        }
    }

    /// Whether there was an answer that nobody has waited for.
    async fn has_answered(&self) -> bool {
        tokio::select! {
            biased;
            () = self.answered() => true,
            () = std::future::ready(()) => false,
        }
    }
}
