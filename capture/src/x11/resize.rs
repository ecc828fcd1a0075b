//! Giving the screen another size through RandR.
//!
//! A virtual X server knows no mode but its first one and ignores a size without a mode. So a
//! mode is made and given to the output, and size and mode are changed while nobody looks.

use hackstream_protocol::geometry::Size;
use hackstream_protocol::wire::control::Scale;
use x11rb::connection::Connection;
use x11rb::protocol::randr::{
    ConnectionExt as _, Crtc, GetScreenResourcesReply, Mode, ModeFlag, ModeInfo, Output, Rotation,
    SetConfig,
};
use x11rb::protocol::xproto::ConnectionExt as _;

use super::connect::Display;
use super::density::{self, dots_per_inch};
use crate::error::CaptureError;

/// Marks the modes that we made.
const MODE_PREFIX: &str = "hackstream-";

/// Changes the screen's size and the density that it claims. Applications see one change.
pub(crate) fn set_screen_size(
    display: &Display,
    size: Size,
    scale: Scale,
) -> Result<(), CaptureError> {
    let connection = &display.connection;
    connection
        .randr_query_version(1, 3)
        .map_err(|_| CaptureError::MissingExtension("RANDR"))?
        .reply()?;
    check_range(display, size)?;
    connection.grab_server()?;
    // First, for programs look at it once they learn of the size.
    let told = density::tell(display, scale);
    let resize = told.and_then(|()| Resize::begin(display, size, scale));
    let result = resize.and_then(|resize| resize.carry_out(display));
    connection.ungrab_server()?;
    connection.flush()?;
    result
}

fn check_range(display: &Display, asked: Size) -> Result<(), CaptureError> {
    let request = display
        .connection
        .randr_get_screen_size_range(display.root())?;
    let range = request.reply()?;
    let smallest = Size::new(range.min_width.into(), range.min_height.into());
    let largest = Size::new(range.max_width.into(), range.max_height.into());
    let fits = (smallest.width..=largest.width).contains(&asked.width)
        && (smallest.height..=largest.height).contains(&asked.height);
    if fits {
        return Ok(());
    }
    Err(CaptureError::SizeOutOfRange {
        asked,
        smallest,
        largest,
    })
}

/// What a change of size involves.
struct Resize {
    size: Size,
    scale: Scale,
    crtc: Crtc,
    output: Output,
    mode: Mode,
    resources: GetScreenResourcesReply,
}

impl Resize {
    fn begin(display: &Display, size: Size, scale: Scale) -> Result<Self, CaptureError> {
        let request = display
            .connection
            .randr_get_screen_resources(display.root())?;
        let resources = request.reply()?;
        let (Some(&crtc), Some(&output)) = (resources.crtcs.first(), resources.outputs.first())
        else {
            return Err(CaptureError::NoOutput);
        };
        let mode = match find_mode(&resources, size) {
            Some(mode) => mode,
            None => create_mode(display, output, size)?,
        };
        Ok(Self {
            size,
            scale,
            crtc,
            output,
            mode,
            resources,
        })
    }

    fn carry_out(&self, display: &Display) -> Result<(), CaptureError> {
        // The screen must contain what its outputs show at every step, so it shows nothing while
        // the size changes.
        self.show(display, x11rb::NONE, &[])?;
        let dpi = dots_per_inch(self.scale);
        let millimetres = |pixels: u32| (pixels * 254 + dpi * 5) / (dpi * 10);
        let resized = display.connection.randr_set_screen_size(
            display.root(),
            self.size.width as u16,
            self.size.height as u16,
            millimetres(self.size.width),
            millimetres(self.size.height),
        )?;
        resized.check()?;
        self.show(display, self.mode, &[self.output])?;
        self.forget_old_modes(display)
    }

    fn show(&self, display: &Display, mode: Mode, on: &[Output]) -> Result<(), CaptureError> {
        let request = display.connection.randr_set_crtc_config(
            self.crtc,
            x11rb::CURRENT_TIME,
            self.resources.config_timestamp,
            0,
            0,
            mode,
            Rotation::ROTATE0,
            on,
        )?;
        match request.reply()?.status {
            SetConfig::SUCCESS => Ok(()),
            status => Err(CaptureError::Refused {
                reason: format!("the output does not take the mode: {status:?}"),
            }),
        }
    }

    /// Removes the modes of earlier sizes, so that their number stays bounded.
    fn forget_old_modes(&self, display: &Display) -> Result<(), CaptureError> {
        for (id, name) in named_modes(&self.resources) {
            if id != self.mode && name.starts_with(MODE_PREFIX.as_bytes()) {
                display
                    .connection
                    .randr_delete_output_mode(self.output, id)?;
                display.connection.randr_destroy_mode(id)?.check()?;
            }
        }
        Ok(())
    }
}

fn mode_name(size: Size) -> String {
    format!("{MODE_PREFIX}{size}")
}

fn find_mode(resources: &GetScreenResourcesReply, size: Size) -> Option<Mode> {
    let wanted = mode_name(size);
    named_modes(resources)
        .find(|(_, name)| *name == wanted.as_bytes())
        .map(|(id, _)| id)
}

/// Ids and names of all modes; the reply has the names in one string.
fn named_modes(resources: &GetScreenResourcesReply) -> impl Iterator<Item = (Mode, &[u8])> {
    let mut names = resources.names.as_slice();
    resources.modes.iter().map(move |mode| {
        let (name, rest) = names.split_at(names.len().min(mode.name_len.into()));
        names = rest;
        (mode.id, name)
    })
}

/// Makes a mode of 60 pictures per second without blanking: a virtual output has no beam.
fn create_mode(display: &Display, output: Output, size: Size) -> Result<Mode, CaptureError> {
    let name = mode_name(size);
    let (width, height) = (size.width as u16, size.height as u16);
    let mode = ModeInfo {
        id: 0,
        width,
        height,
        dot_clock: size.width * size.height * 60,
        hsync_start: width,
        hsync_end: width,
        htotal: width,
        hskew: 0,
        vsync_start: height,
        vsync_end: height,
        vtotal: height,
        name_len: name.len() as u16,
        mode_flags: ModeFlag::from(0u32),
    };
    let request = display
        .connection
        .randr_create_mode(display.root(), mode, name.as_bytes())?;
    let mode = request.reply()?.mode;
    display
        .connection
        .randr_add_output_mode(output, mode)?
        .check()?;
    Ok(mode)
}
