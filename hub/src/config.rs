//! The command line.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

const EXIT_CODES: &str = "\
Exit codes:
  0      done, or told to end
  1      what was asked for was refused, or the audit log is not as it was written
  2      the command line is wrong
  70     something failed that should not
  72     an address cannot be listened on
  73     the state directory, a key, a certificate or the database cannot be used";

const EXAMPLES: &str = "\
Examples:
  hackstreamd init admin
      The first administrator; asks for the password, or reads it from its input.
  hackstreamd node add this-host --token-file /etc/hackstream/node.token
      A machine that runs sessions: give its agent this file.
  hackstreamd serve --listen 0.0.0.0:8443 --name hub.example.org
      Serve. The first start makes keys, a certificate and the database.
  hackstreamd audit verify
      Whether the audit log is as it was written.
  hackstreamd audit restored
      After a backup of the database was restored.";

/// The hub of HackStream: users, sessions, quotas and audit, over HTTPS.
#[derive(Debug, Parser)]
#[command(name = "hackstreamd", version, after_help = EXAMPLES, after_long_help = format!("{EXAMPLES}\n\n{EXIT_CODES}"))]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub action: Action,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Action {
    /// Serve the API until told to end.
    ///
    /// When ready it prints one line: ready listen=ADDR:PORT fingerprint=sha256:HEX (the last part
    /// only with its own certificate).
    Serve(Serve),
    /// Make the first administrator of a new database.
    Init(Init),
    /// Add users, or give them new passwords, on the machine of the hub.
    #[command(subcommand)]
    User(User),
    /// Add machines that run sessions.
    #[command(subcommand)]
    Node(Node),
    /// Look after the audit log.
    #[command(subcommand)]
    Audit(Audit),
    /// Print the API's OpenAPI document.
    Openapi,
}

/// Where everything is kept.
#[derive(Args, Clone, Debug)]
pub struct Place {
    /// Folder of keys, certificate and database; made if it is missing.
    #[arg(
        long,
        value_name = "DIR",
        env = "HACKSTREAMD_STATE_DIR",
        default_value = "/var/lib/hackstreamd"
    )]
    pub state_dir: PathBuf,
    /// A file for SQLite, or postgres://USER@HOST/NAME; by default hub.sqlite in the state directory.
    ///
    /// An address with a password in it belongs into the variable, which other users cannot see.
    #[arg(
        long,
        value_name = "FILE|URL",
        env = "HACKSTREAMD_DATABASE",
        hide_env_values = true
    )]
    pub database: Option<String>,
}

/// Options of `serve`.
#[derive(Args, Debug)]
pub struct Serve {
    /// Where everything is kept.
    #[command(flatten)]
    pub place: Place,
    /// Where to listen for HTTPS.
    #[arg(
        long,
        value_name = "ADDR:PORT",
        env = "HACKSTREAMD_LISTEN",
        default_value = "127.0.0.1:8443"
    )]
    pub listen: SocketAddr,
    /// A name or address in the hub's own certificate; can be given several times.
    #[arg(long = "name", value_name = "NAME", default_values = ["localhost", "127.0.0.1", "::1"])]
    pub names: Vec<String>,
    /// A certificate chain in PEM, instead of the hub's own.
    #[arg(long, value_name = "FILE", requires = "key")]
    pub certificate: Option<PathBuf>,
    /// The private key that belongs to it, in PEM.
    #[arg(long, value_name = "FILE", requires = "certificate")]
    pub key: Option<PathBuf>,
    /// Where Prometheus can read metrics without a token, over plain HTTP; only on this machine.
    #[arg(long, value_name = "ADDR:PORT")]
    pub metrics: Option<SocketAddr>,
    /// How to write the log, to standard error.
    #[arg(long, value_enum, default_value_t = LogFormat::Json)]
    pub log_format: LogFormat,
}

/// How to write the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// One JSON object for each line.
    Json,
    /// For reading.
    Text,
}

/// Options of `init`.
#[derive(Args, Debug)]
pub struct Init {
    /// Where everything is kept.
    #[command(flatten)]
    pub place: Place,
    /// The administrator's name.
    pub username: String,
    /// Where the password comes from.
    #[command(flatten)]
    pub password: PasswordSource,
}

/// Where a password comes from: never from the command line, which other users can see.
#[derive(Args, Debug)]
pub struct PasswordSource {
    /// Read the password from the first line of this file, instead of asking for it or reading it
    /// from standard input.
    #[arg(long, value_name = "FILE")]
    pub password_file: Option<PathBuf>,
}

/// What to do with users.
#[derive(Debug, Subcommand)]
pub enum User {
    /// Add a user.
    Add {
        /// Where everything is kept.
        #[command(flatten)]
        place: Place,
        /// The user's name.
        username: String,
        /// What the user is.
        #[arg(long, value_enum, default_value_t = RoleName::User)]
        role: RoleName,
        /// Where the password comes from.
        #[command(flatten)]
        password: PasswordSource,
    },
    /// Give a user a new password, and log all their devices out.
    Password {
        /// Where everything is kept.
        #[command(flatten)]
        place: Place,
        /// The user's name.
        username: String,
        /// Where the password comes from.
        #[command(flatten)]
        password: PasswordSource,
    },
}

/// A role's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum RoleName {
    /// Manages users, policies, nodes.
    Admin,
    /// Reads the audit log.
    Auditor,
    /// Uses sessions.
    User,
}

/// What to do with nodes.
#[derive(Debug, Subcommand)]
pub enum Node {
    /// Add a node and write the token by which it is known.
    Add {
        /// Where everything is kept.
        #[command(flatten)]
        place: Place,
        /// What people call it.
        name: String,
        /// The file to write the token to; must not exist yet.
        #[arg(long, value_name = "FILE")]
        token_file: PathBuf,
    },
    /// Give a node another token; the one before is void at once. Its sessions go on.
    Token {
        /// Where everything is kept.
        #[command(flatten)]
        place: Place,
        /// What people call it.
        name: String,
        /// The file to write the token to; must not exist yet.
        #[arg(long, value_name = "FILE")]
        token_file: PathBuf,
    },
}

/// What to do with the audit log.
#[derive(Debug, Subcommand)]
pub enum Audit {
    /// Check the whole log: whether any row was changed, left out or added, and whether it has what was
    /// signed.
    Verify {
        /// Where everything is kept.
        #[command(flatten)]
        place: Place,
    },
    /// Say that a backup was restored: the log is signed as it is now, and goes on from there.
    ///
    /// Until then nothing is signed, and every machine that has seen more of the log raises an alarm.
    /// Those that come afterwards are told of the backup, once. The log has a row of it.
    Restored {
        /// Where everything is kept.
        #[command(flatten)]
        place: Place,
    },
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }
}
