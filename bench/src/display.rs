//! Our own Xvfb (the viewer's display) with a window manager that fills it.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result};
use x11rb::connection::Connection;
use x11rb::protocol::xproto::{AtomEnum, ConnectionExt};
use x11rb::rust_connection::RustConnection;

use crate::interrupt::Interrupt;
use crate::mapping::Framebuffer;
use crate::process::{Launch, Process, find_program};
use crate::scene::ScreenSize;
use crate::workspace::Workspace;

const START_LIMIT: Duration = Duration::from_secs(10);

/// Every window undecorated, no keys taken away. Filling the screen is up to the viewer.
const OPENBOX_CONFIG: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<openbox_config xmlns="http://openbox.org/3.4/rc">
  <applications>
    <application class="*"><decor>no</decor><focus>yes</focus></application>
  </applications>
</openbox_config>
"#;

/// A running Xvfb. The manager is ended before it.
#[derive(Debug)]
pub(crate) struct Display {
    manager: Option<Process>,
    server: Process,
    name: String,
    framebuffer_folder: PathBuf,
}

impl Display {
    pub(crate) fn start(
        size: ScreenSize,
        workspace: &Workspace,
        interrupt: &Interrupt,
    ) -> Result<Self> {
        let program = find_program("Xvfb", None).context("Xvfb is missing (package xvfb)")?;
        let framebuffer_folder = workspace.folder("framebuffer")?;
        let mut server = Launch::new("Xvfb", program)
            .arguments([
                "-displayfd",
                "1",
                "-nolisten",
                "tcp",
                "-noreset",
                "-screen",
                "0",
            ])
            .argument(format!("{size}x24"))
            .argument("-fbdir")
            .argument(&framebuffer_folder)
            .start(&workspace.log("viewer-display"))?;
        let name = wait_for_display(&mut server, interrupt)?;
        Ok(Self {
            manager: None,
            server,
            name,
            framebuffer_folder,
        })
    }

    /// Starts the window manager, without which no viewer can turn full screen.
    pub(crate) fn start_manager(
        &mut self,
        workspace: &Workspace,
        interrupt: &Interrupt,
    ) -> Result<()> {
        let program = find_program("openbox", None).context("openbox is missing")?;
        let config = workspace.path().join("openbox.xml");
        std::fs::write(&config, OPENBOX_CONFIG)?;
        let launch = Launch::new("openbox", program)
            .argument("--config-file")
            .argument(config)
            .environment("DISPLAY", &self.name)
            .environment("HOME", workspace.folder("home")?);
        let manager = self
            .manager
            .insert(launch.start(&workspace.log("window-manager"))?);
        let (connection, screen) = RustConnection::connect(Some(&self.name))?;
        let root = connection.setup().roots[screen].root;
        let atom = connection
            .intern_atom(false, b"_NET_SUPPORTING_WM_CHECK")?
            .reply()?
            .atom;
        let ready = interrupt.wait_until(START_LIMIT, || {
            manager.check_alive()?;
            let property = connection.get_property(false, root, atom, AtomEnum::WINDOW, 0, 1)?;
            Ok((property.reply()?.value_len > 0).then_some(()))
        })?;
        ready.with_context(|| format!("openbox did not get ready within {START_LIMIT:?}"))
    }

    /// `:N`.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn framebuffer(&self) -> Result<Framebuffer> {
        Framebuffer::open(&self.framebuffer_folder)
    }

    /// Fails when the X server or the window manager has ended.
    pub(crate) fn check_alive(&mut self) -> Result<()> {
        self.manager.as_mut().map_or(Ok(()), Process::check_alive)?;
        self.server.check_alive()
    }
}

/// Reads the display's number, which X servers print on standard output for `-displayfd 1`.
pub(crate) fn wait_for_display(server: &mut Process, interrupt: &Interrupt) -> Result<String> {
    let number = server.wait_for_line("its display number", START_LIMIT, interrupt, |line| {
        line.parse::<u32>().ok()
    })?;
    Ok(format!(":{number}"))
}
