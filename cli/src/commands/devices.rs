//! `hackstream devices`: where one is logged in.

use std::process::ExitCode;

use clap::Subcommand;
use hackstream_control_api::login::Device;
use hackstream_control_api::time::UnixMillis;

use crate::api::pages;
use crate::api::request::Request;
use crate::context::Context;
use crate::error::CliError;
use crate::terminal::out::{self, harmless};
use crate::terminal::{named, table, when};

/// What to do with them.
#[derive(Clone, Debug, Subcommand)]
pub enum Devices {
    /// Show where you are logged in
    List {
        /// As JSON, with all that the hub says
        #[arg(long)]
        json: bool,
    },
    /// Log one out: whoever has it needs the password again
    Revoke {
        /// The device, or the beginning or end of its id
        #[arg(value_name = "ID")]
        device: String,
    },
}

impl Devices {
    /// Does it.
    ///
    /// # Errors
    /// Those of asking.
    pub fn run(&self, context: &Context) -> Result<ExitCode, CliError> {
        let hub = context.hub()?;
        let devices: Vec<Device> = pages::all(&hub, "/v1/me/devices")?;
        match self {
            Self::List { json: true } => out::print_json(&devices)?,
            Self::List { json: false } => out::print(&text(&devices, context.now()))?,
            Self::Revoke { device } => {
                let ids = devices.iter().map(|device| device.id.to_string());
                let id = named::one(ids, device, "hackstream devices list")?;
                hub.send(&Request::delete(format!("/v1/me/devices/{id}")))?;
                out::print(&format!("{id} is logged out"))?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn text(devices: &[Device], now: UnixMillis) -> String {
    let row = |device: &Device| {
        [
            device.id.to_string(),
            harmless(&device.device),
            when::show(device.created_at),
            format!("{} ago", when::ago(device.last_used_at, now)),
            when::show(device.expires_at),
        ]
    };
    let rows: Vec<_> = devices.iter().map(row).collect();
    table::render(["ID", "DEVICE", "LOGGED IN", "LAST SEEN", "ENDS"], &rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_cannot_move_the_cursor() {
        let device = Device {
            id: "01ARZ3NDEKTSV4RRFFQ69G5FAV".parse().unwrap(),
            device: "lap\u{1b}[2Jtop".to_owned(),
            created_at: UnixMillis(1_795_405_892_000),
            last_used_at: UnixMillis(1_795_405_892_000),
            expires_at: UnixMillis(1_795_405_892_000),
        };
        let text = text(&[device], UnixMillis(1_795_405_895_000));
        assert!(text.contains("lap") && text.contains("3 s ago"), "{text}");
        assert!(!text.contains('\u{1b}'));
    }
}
