//! The hub's program, in a folder of its own.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use crate::client::Client;

/// The administrator's.
pub(crate) const PASSWORD: &str = "correct horse battery";

/// A hub that serves; it ends with this value.
pub(crate) struct Program {
    process: Child,
    folder: TempDir,
    address: SocketAddr,
}

impl Program {
    pub(crate) fn start() -> Self {
        let folder = TempDir::new().unwrap();
        let hackstreamd = |arguments: &[&str]| {
            let mut command = Command::new(env!("CARGO_BIN_EXE_hackstreamd"));
            command
                .args(arguments)
                .env("HACKSTREAMD_STATE_DIR", folder.path());
            command.stderr(Stdio::null());
            command
        };
        let mut init = hackstreamd(&["init", "admin"]);
        let mut init = init.stdin(Stdio::piped()).spawn().unwrap();
        let mut input = init.stdin.take().unwrap();
        input.write_all(PASSWORD.as_bytes()).unwrap();
        drop(input);
        assert!(init.wait().unwrap().success());
        let mut serve = hackstreamd(&["serve", "--listen", "127.0.0.1:0"]);
        let mut process = serve.stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        let mut said = BufReader::new(process.stdout.take().unwrap());
        said.read_line(&mut line).unwrap();
        let mut words = line.split_whitespace();
        let address = words.find_map(|word| word.strip_prefix("listen="));
        Self {
            address: address.unwrap().parse().unwrap(),
            process,
            folder,
        }
    }

    pub(crate) fn client(&self) -> Client {
        Client::new(self.address, &self.folder.path().join("tls.crt.pem"))
    }

    /// The most memory that it has had.
    pub(crate) fn peak_kib(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id()));
        let status = status.unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let number = line.unwrap().trim().strip_suffix("kB").unwrap();
        number.trim().parse().unwrap()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
