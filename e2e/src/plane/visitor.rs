//! A viewer whom the hub sends into a session.

use std::net::SocketAddr;

use hackstream_view::config::{Options, Ticket, Token, TrustPolicy};
use hackstream_view::headless::Viewer;
use serde_json::json;

use super::Plane;
use crate::PATIENCE;
use crate::hub::client_key;

/// A way into a session, good once.
pub struct Invitation {
    /// Where the session's server listens.
    pub address: SocketAddr,
    options: Options,
}

impl Invitation {
    /// Has the hub write one.
    ///
    /// # Panics
    /// If it refuses.
    #[must_use]
    pub fn ask(plane: &Plane, session: &str, token: &str) -> Self {
        let key = client_key(3);
        let wish = json!({ "client_key": key.public().hash().to_string() });
        let path = format!("/v1/sessions/{session}/connect");
        let goal = plane.ok("POST", &path, token, &wish);
        let text = |name: &str| goal[name].as_str().expect("a text").to_owned();
        let address = format!("{}:{}", text("host"), goal["port"]);
        let address: SocketAddr = address.parse().expect("an address");
        let spki = format!("sha256:{}", text("server_spki"));
        let trust = TrustPolicy::Pinned(spki.parse().expect("a fingerprint"));
        let server = address.to_string().parse().expect("an address");
        let options = Options {
            ticket: Some(Ticket::new(text("token"), key)),
            ..Options::headless(server, Token::default(), trust)
        };
        Self { address, options }
    }

    /// Goes there, or to `through`, which leads there: a viewer that shows a whole picture, and tries
    /// for ever to come back.
    ///
    /// # Panics
    /// If it is not let in.
    #[must_use]
    pub fn follow(mut self, through: Option<SocketAddr>) -> Viewer {
        if let Some(through) = through {
            self.options.server = through.to_string().parse().expect("an address");
        }
        self.options.reconnect_timeout = None;
        let viewer = Viewer::connect(self.options).expect("a viewer");
        assert!(viewer.wait_for(|picture| picture.is_complete(), PATIENCE));
        viewer
    }
}
