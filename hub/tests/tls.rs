//! What the hub's program speaks: TLS 1.3 alone, and nothing before the handshake is over. Asked with
//! OpenSSL, which shares nothing with what it speaks to.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on fails"
)]

mod common;

use std::path::Path;
use std::process::{Command, Output};

use common::{Running, new_hub, with_input};

/// A request that ends its connection.
const REQUEST: &str = "GET /health/live HTTP/1.1\r\nHost: hub\r\nConnection: close\r\n\r\n";

/// Connects, trusting the hub's own certificate alone, and sends [`REQUEST`].
fn client(hub: &Running, arguments: &[&str]) -> Output {
    let mut openssl = Command::new("openssl");
    openssl.args(["s_client", "-connect", &hub.address, "-ign_eof"]);
    openssl.args(["-verify_return_error", "-CAfile"]);
    openssl.arg(hub.folder.path().join("tls.crt.pem"));
    openssl.args(arguments);
    with_input(openssl, REQUEST)
}

fn told(output: &Output) -> String {
    [&output.stdout[..], &output.stderr]
        .map(String::from_utf8_lossy)
        .concat()
}

fn path(folder: &Path, name: &str) -> String {
    folder.join(name).to_str().unwrap().to_owned()
}

#[test]
fn it_speaks_tls_1_3_and_nothing_older() {
    let hub = new_hub();
    let good = client(&hub, &["-tls1_3"]);
    let said = told(&good);
    assert!(good.status.success(), "{said}");
    assert!(said.contains("New, TLSv1.3, Cipher is TLS_"), "{said}");
    assert!(said.contains("HTTP/1.1 204"), "{said}");
    for version in ["-tls1", "-tls1_1", "-tls1_2"] {
        // Without the level OpenSSL itself does not offer the oldest ones.
        let refused = client(&hub, &[version, "-cipher", "ALL:@SECLEVEL=0"]);
        let said = told(&refused);
        assert!(!refused.status.success(), "{version}: {said}");
        // The hub has heard what was offered and says no: to the version, or to what it comes with.
        let numbers = ["SSL alert number 70\n", "SSL alert number 40\n"];
        let says_no = numbers.iter().any(|number| said.contains(number));
        assert!(says_no, "{version}: {said}");
        assert!(said.contains("Cipher is (NONE)"), "{version}: {said}");
    }
    // A client that can do both gets the newer one.
    let both = told(&client(&hub, &["-min_protocol", "TLSv1.2"]));
    assert!(both.contains("New, TLSv1.3, Cipher is TLS_"), "{both}");
}

#[test]
fn nobody_is_heard_before_the_handshake_is_over() {
    let hub = new_hub();
    let folder = tempfile::tempdir().unwrap();
    let (ticket, early) = (path(folder.path(), "ticket"), path(folder.path(), "early"));
    std::fs::write(&early, REQUEST).unwrap();
    let first = told(&client(&hub, &["-tls1_3", "-sess_out", &ticket]));
    assert!(first.contains("HTTP/1.1 204"), "{first}");
    // It may be known again, which saves it the certificate, and may not be early then.
    let tickets = first.matches("Max Early Data: ").count();
    let harmless = first.matches("Max Early Data: 0\n").count();
    assert!(tickets > 0 && tickets == harmless, "{first}");
    let second = client(
        &hub,
        &["-tls1_3", "-sess_in", &ticket, "-early_data", &early],
    );
    let second = told(&second);
    assert!(second.contains("Reused, TLSv1.3"), "{second}");
    assert!(second.contains("Early data was not sent"), "{second}");
    assert_eq!(second.matches("HTTP/1.1 204").count(), 1, "{second}");
}
