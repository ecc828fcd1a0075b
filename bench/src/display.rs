//! Our own Xvfb (the viewer's display) with a window manager that fills it.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result};

use crate::interrupt::Interrupt;
use crate::manager::WindowManager;
use crate::mapping::Framebuffer;
use crate::process::{Launch, Process, find_program};
use crate::scene::ScreenSize;
use crate::workspace::Workspace;

const START_LIMIT: Duration = Duration::from_secs(10);

/// A running Xvfb. The manager is ended before it.
#[derive(Debug)]
pub(crate) struct Display {
    manager: Option<WindowManager>,
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
        let manager = WindowManager::start(&self.name, workspace.path(), interrupt)?;
        self.manager = Some(manager);
        Ok(())
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
        self.manager
            .as_mut()
            .map_or(Ok(()), WindowManager::check_alive)?;
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
