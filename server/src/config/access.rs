//! Who is let in and to do what, and where metrics can be had.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use hackstream_ticket::{NameError, NodeId, SessionId};

use super::checked::ConfigError;
use super::raw::Service;

/// Who is let in, before the tokens are read.
#[derive(Debug)]
pub enum AccessChoice {
    /// Everyone, to do everything.
    Open,
    /// Whoever knows the token in this file, or the view token.
    TokenFile(PathBuf, ViewToken),
    /// Whoever knows the token in the state directory, or the view token.
    OwnToken(ViewToken),
    /// Whoever a control plane sends.
    Tickets(TicketChoice),
}

/// Which connect tickets are taken.
#[derive(Clone, Debug)]
pub struct TicketChoice {
    /// The file with the control plane's public keys.
    pub keys: PathBuf,
    /// What the control plane calls the session.
    pub session: SessionId,
    /// And the node, if we know.
    pub node: Option<NodeId>,
}

/// The token of those who may only watch.
#[derive(Debug)]
pub enum ViewToken {
    /// There is none.
    None,
    /// In this file.
    File(PathBuf),
    /// In the state directory.
    Own,
}

/// Who is let in on `listen`.
pub(super) fn choose(service: &Service, listen: SocketAddr) -> Result<AccessChoice, ConfigError> {
    if let Some(choice) = tickets(service)? {
        return Ok(AccessChoice::Tickets(choice));
    }
    let view = match (&service.view_token_file, service.view_token) {
        (Some(file), _) => ViewToken::File(file.clone()),
        (None, true) => ViewToken::Own,
        (None, false) => ViewToken::None,
    };
    match (service.no_auth, &service.token_file) {
        (true, _) if !matches!(view, ViewToken::None) => Err(ConfigError::new(
            "--no-auth lets everybody do everything, so that a token to watch would keep nobody from \
             acting; leave out --no-auth and give the tokens to those who need them",
        )),
        (true, _) if !is_private(listen.ip()) => Err(ConfigError::new(format!(
            "--no-auth on {listen} would let in the whole network; listen on a loopback or private \
             address (--listen 127.0.0.1:14500) or use a token"
        ))),
        (true, _) => Ok(AccessChoice::Open),
        (false, Some(file)) => Ok(AccessChoice::TokenFile(file.clone(), view)),
        (false, None) => Ok(AccessChoice::OwnToken(view)),
    }
}

fn tickets(service: &Service) -> Result<Option<TicketChoice>, ConfigError> {
    let (Some(keys), Some(session)) = (&service.ticket_key, &service.session_id) else {
        return Ok(None);
    };
    let wrong = |option: &str, text: &str, error: NameError| {
        ConfigError::new(format!("{option} {text}: {error}"))
    };
    let node = service.node_id.as_ref().map(|text| {
        let node = text.parse();
        node.map_err(|error| wrong("--node-id", text, error))
    });
    Ok(Some(TicketChoice {
        keys: keys.clone(),
        session: session
            .parse()
            .map_err(|error| wrong("--session-id", session, error))?,
        node: node.transpose()?,
    }))
}

/// Where metrics can be had: a port of this machine only, or an address.
pub(super) fn metrics(text: &str) -> Result<SocketAddr, ConfigError> {
    let local = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let port = text.parse().map(local);
    port.or_else(|_| text.parse()).map_err(|_| {
        ConfigError::new(format!(
            "--metrics {text}: expected a port, such as 9464, or an address and a port, such as \
             127.0.0.1:9464"
        ))
    })
}

/// Whether only this machine or its own network can reach the address.
fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => v4.is_loopback() || v4.is_private() || v4.is_link_local(),
        IpAddr::V6(v6) => v6.is_loopback() || v6.is_unique_local() || v6.is_unicast_link_local(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::checked::{Config, Task};
    use crate::config::raw::Cli;
    use clap::Parser;

    fn config(options: &[&str]) -> Result<Config, String> {
        let args = ["hackstream-server", "attach", "--display", ":0"];
        let cli = Cli::try_parse_from(args.iter().chain(options));
        let cli = cli.map_err(|error| error.to_string())?;
        match Task::new(cli.action, |_| Some("/home/ada".into())) {
            Ok(Task::Serve(config)) => Ok(*config),
            Ok(other) => panic!("{other:?}"),
            Err(error) => Err(error.to_string()),
        }
    }

    #[test]
    fn no_auth_is_for_private_addresses() {
        for listen in [
            "127.0.0.1:1",
            "10.1.2.3:1",
            "192.168.0.1:1",
            "[::1]:1",
            "[fd00::1]:1",
        ] {
            assert!(config(&["--no-auth", "--listen", listen]).is_ok());
        }
        for listen in ["0.0.0.0:1", "[::]:1", "8.8.8.8:1", "172.32.0.1:1"] {
            let error = config(&["--no-auth", "--listen", listen]).unwrap_err();
            assert!(error.contains("--no-auth"), "{error}");
        }
    }

    #[test]
    fn a_view_token_is_made_or_read_and_makes_no_sense_where_everybody_is_let_in() {
        let access = |options: &[&str]| config(options).map(|config| config.access);
        assert!(matches!(
            access(&[]),
            Ok(AccessChoice::OwnToken(ViewToken::None))
        ));
        assert!(matches!(
            access(&["--view-token"]),
            Ok(AccessChoice::OwnToken(ViewToken::Own))
        ));
        assert!(matches!(
            access(&["--token-file", "a", "--view-token-file", "b"]),
            Ok(AccessChoice::TokenFile(_, ViewToken::File(_)))
        ));
        for view in [&["--view-token"][..], &["--view-token-file", "b"]] {
            let open = ["--no-auth", "--listen", "127.0.0.1:1"];
            let error = access(&[&open[..], view].concat()).unwrap_err();
            assert!(error.contains("--no-auth"), "{error}");
        }
    }

    #[test]
    fn a_session_of_a_control_plane_takes_its_tickets_and_nothing_else() {
        let tickets = ["--ticket-key", "hub.pub", "--session-id", "01JD"];
        let access = |more: &[&str]| config(&[&tickets[..], more].concat()).map(|c| c.access);
        let Ok(AccessChoice::Tickets(choice)) = access(&["--node-id", "a"]) else {
            panic!()
        };
        assert_eq!(choice.session.as_str(), "01JD");
        assert_eq!(choice.node, "a".parse().ok());
        for other in [
            &["--token-file", "t"][..],
            &["--no-auth"],
            &["--view-token"],
            &["--view-token-file", "t"],
        ] {
            let error = access(other).unwrap_err();
            assert!(error.contains("--ticket-key"), "{error}");
        }
        assert!(
            access(&["--node-id", "../a"])
                .unwrap_err()
                .contains("--node-id")
        );
        for half in [&tickets[..2], &tickets[2..]] {
            assert!(config(half).is_err());
        }
    }

    #[test]
    fn metrics_are_for_this_machine_unless_another_address_is_named() {
        for (text, address) in [
            ("9464", "127.0.0.1:9464"),
            ("0.0.0.0:9464", "0.0.0.0:9464"),
            ("[::1]:1", "[::1]:1"),
        ] {
            assert_eq!(metrics(text).unwrap(), address.parse().unwrap());
        }
        for nonsense in ["", "localhost:9464", "99999", "127.0.0.1"] {
            let error = metrics(nonsense).unwrap_err().to_string();
            assert!(error.contains("--metrics"), "{error}");
        }
    }
}
