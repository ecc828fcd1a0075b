//! What the results were measured on.

use std::fs;

use serde_json::{Value, json};

pub(super) fn describe() -> Value {
    let system = rustix::system::uname();
    json!({
        "system": system_name(),
        "kernel": system.release().to_string_lossy(),
        "architecture": system.machine().to_string_lossy(),
        "processor": field("/proc/cpuinfo", "model name"),
        "cores": std::thread::available_parallelism().map(usize::from).unwrap_or(0),
        "memory": field("/proc/meminfo", "MemTotal"),
        "tcp_congestion_control": line("/proc/sys/net/ipv4/tcp_congestion_control"),
        "load_at_end": line("/proc/loadavg"),
    })
}

/// Debian GNU/Linux 12 (bookworm), for example.
fn system_name() -> Option<String> {
    let text = fs::read_to_string("/etc/os-release").ok()?;
    let name = text
        .lines()
        .find_map(|line| line.strip_prefix("PRETTY_NAME="))?;
    Some(name.trim_matches('"').to_owned())
}

fn line(path: &str) -> Option<String> {
    Some(fs::read_to_string(path).ok()?.trim().to_owned())
}

/// The first `NAME : VALUE` of a file under /proc.
fn field(path: &str, name: &str) -> Option<String> {
    let text = fs::read_to_string(path).ok()?;
    let mut pairs = text.lines().filter_map(|line| line.split_once(':'));
    pairs
        .find(|(key, _)| key.trim() == name)
        .map(|(_, value)| value.trim().to_owned())
}
