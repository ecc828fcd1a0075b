//! Whether viewers get notifications and links.

use hackstream_protocol::wire::control::DesktopShare;

use super::checked::{ConfigError, Picture};
use super::raw::{Extra, Feature, Service};

/// What the command line says of them.
pub(super) fn share(service: &Service, picture: &Picture) -> Result<DesktopShare, ConfigError> {
    let links = service.enable.contains(&Extra::Links);
    let is_ours = matches!(picture, Picture::OwnDisplay { .. });
    if links && !is_ours {
        return Err(ConfigError::new(
            "--enable links: the programs of a display that is only attached cannot be told where to \
             open links; use run",
        ));
    }
    Ok(DesktopShare {
        // Those of an attached display belong to its own desktop.
        notifications: is_ours && !service.disable.contains(&Feature::Notifications),
        links,
    })
}

#[cfg(test)]
mod tests {
    use crate::config::checked::Task;
    use crate::config::raw::Cli;
    use clap::Parser;

    fn share(args: &[&str]) -> Result<(bool, bool), String> {
        let args = [&["hackstream-server"], args].concat();
        let cli = Cli::try_parse_from(args).map_err(|error| error.to_string())?;
        match Task::new(cli.action, |_| Some("/home/ada".into())) {
            Ok(Task::Serve(config)) => Ok((config.desktop.notifications, config.desktop.links)),
            Ok(other) => panic!("{other:?}"),
            Err(error) => Err(error.to_string()),
        }
    }

    #[test]
    fn notifications_are_on_and_links_off_unless_the_operator_says_otherwise() {
        assert_eq!(share(&["run", "--", "x"]), Ok((true, false)));
        let off = [
            "run",
            "--disable",
            "notifications",
            "--enable",
            "links",
            "--",
            "x",
        ];
        assert_eq!(share(&off), Ok((false, true)));
        assert_eq!(share(&["attach", "--display", ":0"]), Ok((false, false)));
        let error = share(&["attach", "--display", ":0", "--enable", "links"]).unwrap_err();
        assert!(error.contains("attached"), "{error}");
    }
}
