//! What a command works with: the settings, the person at the terminal, and the clock.

use std::io::IsTerminal as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};

use hackstream_audit::{Contradiction, Memory};
use hackstream_control_api::audit::AuditState;
use hackstream_control_api::time::UnixMillis;
use hackstream_https::Trust;

use crate::api::Api;
use crate::commands::configure;
use crate::config::address::HubAddress;
use crate::config::settings::Fingerprint;
use crate::config::{self, Places, Settings};
use crate::error::{ALARM, CliError};
use crate::hub::Hub;
use crate::login::credentials::file::File;
use crate::login::credentials::keyring::SystemKeyring;
use crate::login::credentials::{Store, Warning};
use crate::login::{self, Person, TOKEN_VARIABLE, Tokens};
use crate::terminal::interrupt::Interrupts;
use crate::terminal::{ask, out};
use crate::witness::Witness;
use crate::witness::alarm::{self, Notice};

/// Options that both programs know everywhere.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "Options of every command")]
pub struct Common {
    /// The hub, for this command only; `configure` remembers one
    #[arg(long, global = true, value_name = "URL", env = "HACKSTREAM_API_URL")]
    pub api_url: Option<HubAddress>,
    /// The key that the hub must have (hackstreamd prints it), instead of an authority's word
    #[arg(
        long,
        global = true,
        value_name = "sha256:HEX",
        env = "HACKSTREAM_FINGERPRINT"
    )]
    pub fingerprint: Option<Fingerprint>,
    /// Never ask anything; fail where an answer is needed
    #[arg(long, global = true)]
    pub no_input: bool,
}

impl Common {
    /// Whether there is somebody who can answer.
    fn may_ask(&self) -> bool {
        let is_person = std::io::stdin().is_terminal() && std::io::stderr().is_terminal();
        is_person && !self.no_input
    }
}

/// What a command works with.
#[derive(Debug)]
pub struct Context {
    /// Where things are kept.
    pub places: Places,
    /// What Ctrl-C does.
    pub interrupts: Interrupts,
    common: Common,
    keyring: SystemKeyring,
    warning: Warning,
    alarmed: AtomicBool,
}

impl Context {
    /// That of this process.
    ///
    /// # Errors
    /// If there is no home, or signals cannot be handled.
    pub fn new(common: Common) -> Result<Self, CliError> {
        Ok(Self {
            places: Places::find(|name| std::env::var_os(name))?,
            interrupts: Interrupts::catch()?,
            keyring: SystemKeyring::new(common.may_ask()),
            warning: Warning::default(),
            common,
            alarmed: AtomicBool::new(false),
        })
    }

    /// What counts now: the command line, else the environment, else the file.
    ///
    /// # Errors
    /// If the file cannot be read, or makes no sense.
    pub fn settings(&self) -> Result<Settings, CliError> {
        let kept = config::load(&self.places)?;
        Ok(kept.with(self.common.api_url.clone(), self.common.fingerprint))
    }

    /// What the command line or the environment says of the hub.
    #[must_use]
    pub const fn common(&self) -> &Common {
        &self.common
    }

    /// The hub, and who asks it. Asks which hub that is where nobody ever said.
    ///
    /// # Errors
    /// If that cannot be asked; those of files.
    pub fn hub(&self) -> Result<Hub<'_>, CliError> {
        let mut settings = self.settings()?;
        if settings.api_url.is_none() {
            settings = configure::first_run(self)?;
        }
        let api = Self::api(&settings)?;
        let tokens = match std::env::var(TOKEN_VARIABLE) {
            Ok(token) if !token.is_empty() => Tokens::Service(token),
            _ => Tokens::Person(Box::new(self.person(api.clone(), &settings))),
        };
        Ok(Hub::new(api, tokens))
    }

    /// The hub of these settings, without anybody who asks.
    ///
    /// # Errors
    /// If they name none.
    pub fn api(settings: &Settings) -> Result<Api, CliError> {
        let address = settings.api_url.clone().ok_or_else(|| {
            let text = "no hub is set: run `hackstream configure`, or give --api-url";
            CliError::Usage(text.to_owned())
        })?;
        let trust = settings
            .fingerprint
            .map_or(Trust::Authorities, |key| Trust::Key(key.0));
        Api::new(address, trust)
    }

    /// The person at this hub, who is called as these settings say unless they type something else.
    #[must_use]
    pub fn person(&self, api: Api, settings: &Settings) -> Person<'_> {
        let store = self.store(api.address().clone(), settings);
        let witness = self.witness(&api);
        Person {
            api,
            store,
            witness,
            context: self,
            username: settings.username.clone(),
        }
    }

    /// Where the login to this hub is kept.
    #[must_use]
    pub fn store(&self, hub: HubAddress, settings: &Settings) -> Store<'_> {
        Store {
            wish: settings.tokens.unwrap_or_default(),
            hub,
            file: File::new(self.places.credentials_file()),
            keyring: &self.keyring,
            warning: &self.warning,
        }
    }

    /// What is remembered of this hub's audit log.
    #[must_use]
    pub fn witness(&self, api: &Api) -> Witness {
        Witness::new(self.places.witness_file(), api.address().clone())
    }

    /// Hears what a hub shows of its audit log, having been asked when `known` was remembered. Where
    /// that contradicts it, raises the alarm and returns why: the command goes on, and ends with
    /// [`ALARM`].
    ///
    /// # Errors
    /// Those of files.
    pub fn heard(
        &self,
        witness: &Witness,
        known: Option<&Memory>,
        shown: &AuditState,
    ) -> Result<Option<Contradiction>, CliError> {
        let judged = witness.hear(known, shown)?;
        match alarm::notice(witness.hub(), witness.path(), &judged) {
            None => {}
            Some(Notice::Note(text)) => out::tell(&text)?,
            Some(Notice::Alarm(text)) if !self.alarmed.swap(true, Ordering::Relaxed) => {
                out::tell(&text)?;
            }
            // Once for each command, however often it asks.
            Some(Notice::Alarm(_)) => {}
        }
        Ok(judged.err())
    }

    /// The person has decided that there is nothing to be alarmed about.
    pub fn quiet_alarm(&self) {
        self.alarmed.store(false, Ordering::Relaxed);
    }

    /// How a command ends that was done: an alarm comes before all that it found.
    #[must_use]
    pub fn code(&self, code: ExitCode) -> ExitCode {
        match self.alarmed.load(Ordering::Relaxed) {
            true => ExitCode::from(ALARM),
            false => code,
        }
    }

    /// Whether there is somebody who can answer.
    #[must_use]
    pub fn may_ask(&self) -> bool {
        self.common.may_ask()
    }

    /// What the person types; `usual` if that is nothing.
    ///
    /// # Errors
    /// If nobody can be asked.
    pub fn ask(&self, question: &str, usual: Option<&str>) -> Result<String, CliError> {
        self.check_may_ask(question)?;
        ask::line(question, usual)
    }

    /// Whether the person says yes.
    ///
    /// # Errors
    /// If nobody can be asked.
    pub fn ask_yes_or_no(&self, question: &str) -> Result<bool, CliError> {
        let answer = self.ask(&format!("{question} [y/N]"), Some("n"))?;
        Ok(matches!(answer.to_lowercase().as_str(), "y" | "yes"))
    }

    /// What the person types and nobody sees.
    ///
    /// # Errors
    /// If nobody can be asked.
    pub fn ask_secretly(&self, question: &str) -> Result<String, CliError> {
        self.check_may_ask(question)?;
        ask::secret(question, &self.interrupts)
    }

    /// Tells the person, beside what the command is asked for.
    ///
    /// # Errors
    /// If nobody reads it.
    pub fn tell(&self, text: &str) -> Result<(), CliError> {
        out::tell(text)
    }

    /// Tells the person what to worry about, if there is something.
    pub fn warn(&self, text: Option<&str>) {
        if let Some(text) = text {
            let _ = out::tell(&format!("warning: {text}"));
        }
    }

    /// The time by this machine's clock.
    #[must_use]
    pub fn now(&self) -> UnixMillis {
        login::now()
    }

    /// What this machine is called, for the list of devices.
    #[must_use]
    pub fn device(&self) -> String {
        let name = rustix::system::uname();
        let name = name.nodename().to_string_lossy();
        let name: String = name.chars().take(64).collect();
        match name.is_empty() {
            true => "unnamed".to_owned(),
            false => name,
        }
    }

    /// The viewer that the settings name.
    ///
    /// # Errors
    /// Those of [`Self::settings`].
    pub fn viewer(&self) -> Result<Option<PathBuf>, CliError> {
        let named = std::env::var_os("HACKSTREAM_VIEWER").map(PathBuf::from);
        Ok(named.or(self.settings()?.viewer))
    }

    fn check_may_ask(&self, question: &str) -> Result<(), CliError> {
        if self.may_ask() {
            return Ok(());
        }
        let what = question.trim_end_matches([':', ' ', '?']);
        let text =
            format!("nobody can be asked for this here: {what}; `--help` says how to give it");
        Err(CliError::Usage(text))
    }
}
