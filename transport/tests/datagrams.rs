//! Datagrams between two honest ends.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on fails"
)]

mod common;

use bytes::Bytes;
use common::{pair, within};

#[tokio::test]
async fn datagrams_arrive_whole_and_in_order() {
    let pair = pair().await;
    within(async {
        for i in 0..20u8 {
            let datagram = Bytes::from(vec![i; 1040]);
            assert!(pair.server.send_datagram(datagram.clone()).unwrap());
            assert_eq!(pair.viewer.receive_datagram().await.unwrap(), datagram);
        }
    })
    .await;
}

#[tokio::test]
async fn of_too_many_datagrams_the_newest_arrive() {
    let pair = pair().await;
    within(async {
        // On one thread, nothing is sent before this test waits.
        for i in 0..200u8 {
            assert!(
                pair.server
                    .send_datagram(Bytes::from(vec![i; 200]))
                    .unwrap()
            );
        }
        let mut arrived = Vec::new();
        while arrived.last() != Some(&199) {
            arrived.push(pair.viewer.receive_datagram().await.unwrap()[0]);
        }
        assert!(arrived.len() <= 25, "stale: {arrived:?}");
    })
    .await;
}

#[tokio::test]
async fn what_is_too_long_is_not_sent() {
    let pair = pair().await;
    assert!(
        !pair
            .server
            .send_datagram(Bytes::from(vec![0; 5000]))
            .unwrap()
    );
}
