//! `hackstream configure`: which hub, whether it is the right one, and who logs in.

use std::process::ExitCode;

use clap::Args;
use hackstream_https::Trust;

use crate::api::Api;
use crate::api::request::Request;
use crate::config::address::HubAddress;
use crate::config::settings::Fingerprint;
use crate::config::{self, Settings};
use crate::context::Context;
use crate::error::CliError;
use crate::terminal::out;

const EXAMPLES: &str = "\
Examples:
  hackstream configure
      Asks for the hub's address, shows its key if no authority vouches for it, and logs in.
  hackstream configure --api-url hub.example.org:8443 --fingerprint sha256:… --no-login
      For scripts: asks nothing.";

/// Arguments of `configure`; the hub is one of the options of every command.
#[derive(Args, Clone, Debug)]
#[command(after_help = EXAMPLES)]
pub struct Configure {
    /// Who logs in, unless something else is typed then
    #[arg(long, value_name = "NAME")]
    username: Option<String>,
    /// Do not log in now
    #[arg(long)]
    no_login: bool,
}

impl Configure {
    /// Sets the hub.
    ///
    /// # Errors
    /// If it cannot be asked for, reached or trusted; those of files.
    pub fn run(&self, context: &Context) -> Result<ExitCode, CliError> {
        let settings = set_up(context, self.username.clone())?;
        if !self.no_login && context.may_ask() {
            let person = context.person(Context::api(&settings)?, &settings);
            super::login::by_person(&person)?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// What a person is asked who begins with another command.
///
/// # Errors
/// Those of [`Configure::run`].
pub fn first_run(context: &Context) -> Result<Settings, CliError> {
    if !context.may_ask() {
        let text = "no hub is set: run `hackstream configure`, or give --api-url";
        return Err(CliError::Usage(text.to_owned()));
    }
    context.tell("No hub is set yet.")?;
    set_up(context, None)
}

fn set_up(context: &Context, username: Option<String>) -> Result<Settings, CliError> {
    let before = config::load(&context.places)?;
    let address = match &context.common().api_url {
        Some(address) => address.clone(),
        None => ask_address(context, before.api_url.as_ref())?,
    };
    let wanted = before.with(Some(address.clone()), context.common().fingerprint);
    let fingerprint = check(context, &address, wanted.fingerprint)?;
    let settings = config::change(&context.places, |settings| {
        settings.go_to(address);
        settings.fingerprint = fingerprint;
        settings.username = username.or(settings.username.take());
        Ok(())
    })?;
    let path = context.places.config_file();
    out::tell(&format!("Remembered in {}.", path.display()))?;
    Ok(settings)
}

fn ask_address(context: &Context, before: Option<&HubAddress>) -> Result<HubAddress, CliError> {
    loop {
        let typed = context.ask(
            "Server (such as https://hub.example.org:8443)",
            before.map(HubAddress::as_str),
        )?;
        match typed.parse() {
            Ok(address) => return Ok(address),
            Err(error) => context.tell(&format!("{error}."))?,
        }
    }
}

/// Speaks to the hub, and asks the person about a key that nobody vouches for. The key to expect from
/// then on, if it is not an authority's affair.
fn check(
    context: &Context,
    address: &HubAddress,
    expected: Option<Fingerprint>,
) -> Result<Option<Fingerprint>, CliError> {
    let trust = expected.map_or(Trust::Authorities, |key| Trust::Key(key.0));
    let api = Api::new(address.clone(), trust)?;
    match api.send(&Request::get("/health/live"), None) {
        Ok(_) => Ok(expected),
        Err(CliError::Untrusted {
            shown,
            expected: None,
            ..
        }) if context.may_ask() => {
            let key = Fingerprint(shown);
            context.tell(&format!(
                "No authority vouches for this hub. Its key is\n  {key}\nhackstreamd prints that of \
                 the right one when it is ready."
            ))?;
            if !context.ask_yes_or_no("Is it the right one?")? {
                let text = "the hub was not accepted: ask whoever runs it for its fingerprint";
                return Err(CliError::Failed(text.to_owned()));
            }
            check(context, address, Some(key))
        }
        Err(error) => Err(error),
    }
}
