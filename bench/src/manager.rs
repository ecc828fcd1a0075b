//! A window manager, so that windows can fill a screen: openbox.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};
use x11rb::connection::Connection;
use x11rb::protocol::xproto::{AtomEnum, ConnectionExt};
use x11rb::rust_connection::RustConnection;

use crate::interrupt::Interrupt;
use crate::process::{Launch, Process, find_program};

const START_LIMIT: Duration = Duration::from_secs(10);

/// Every window undecorated, no keys taken away. Filling the screen is up to the window.
const CONFIG: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<openbox_config xmlns="http://openbox.org/3.4/rc">
  <applications>
    <application class="*"><decor>no</decor><focus>yes</focus></application>
  </applications>
</openbox_config>
"#;

/// A running openbox, ended when dropped.
#[derive(Debug)]
pub(crate) struct WindowManager {
    process: Process,
}

impl WindowManager {
    /// Starts it on a display; `folder` takes its settings and its log.
    pub(crate) fn start(display: &str, folder: &Path, interrupt: &Interrupt) -> Result<Self> {
        let program = find_program("openbox", None).context("openbox is missing")?;
        let config = folder.join("openbox.xml");
        std::fs::write(&config, CONFIG)?;
        let mut launch = Launch::new("openbox", program)
            .argument("--config-file")
            .argument(config)
            .environment("DISPLAY", display)
            .environment("HOME", folder);
        // Of whoever may use the display: a person, or the session of a remoting system.
        if let Some(authority) = std::env::var_os("XAUTHORITY") {
            launch = launch.environment("XAUTHORITY", authority);
        }
        let process = launch.start(&folder.join("window-manager.log"))?;
        let mut manager = Self { process };
        let ready = interrupt.wait_until(START_LIMIT, || {
            manager.check_alive()?;
            Ok(has_manager(display)?.then_some(()))
        })?;
        ready.with_context(|| format!("openbox did not get ready within {START_LIMIT:?}"))?;
        Ok(manager)
    }

    /// As [`Self::start`]; nothing on a display that has a window manager already.
    pub(crate) fn start_where_missing(
        display: &str,
        folder: &Path,
        interrupt: &Interrupt,
    ) -> Result<Option<Self>> {
        if has_manager(display)? {
            return Ok(None);
        }
        Self::start(display, folder, interrupt).map(Some)
    }

    /// Fails when it has ended.
    pub(crate) fn check_alive(&mut self) -> Result<()> {
        self.process.check_alive()
    }
}

fn has_manager(display: &str) -> Result<bool> {
    let (connection, screen) = RustConnection::connect(Some(display))
        .with_context(|| format!("cannot connect to display {display}"))?;
    let root = connection.setup().roots[screen].root;
    let name = b"_NET_SUPPORTING_WM_CHECK";
    let atom = connection.intern_atom(false, name)?.reply()?.atom;
    let property = connection.get_property(false, root, atom, AtomEnum::WINDOW, 0, 1)?;
    Ok(property.reply()?.value_len > 0)
}
