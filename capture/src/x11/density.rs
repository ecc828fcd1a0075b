//! Telling programs how many dots of the screen make one of theirs.
//!
//! Toolkits read `Xft.dpi` among the resources of the display when they start; some follow it.

use hackstream_protocol::wire::control::Scale;
use x11rb::protocol::xproto::{AtomEnum, ConnectionExt as _, PropMode};
use x11rb::wrapper::ConnectionExt as _;

use super::connect::Display;
use crate::error::CaptureError;

/// Dots per inch that toolkits take for "do not scale".
const UNSCALED: u32 = 96;

/// The resource that toolkits look at.
const RESOURCE: &str = "Xft.dpi:";

/// Words of the resources that are read, at most.
const MOST_WORDS: u32 = 64 << 10;

/// Dots per inch at which toolkits scale as asked.
pub(super) const fn dots_per_inch(scale: Scale) -> u32 {
    UNSCALED * scale.percent() / 100
}

/// Writes the scale to the resources of the display, and leaves all others alone.
pub(super) fn tell(display: &Display, scale: Scale) -> Result<(), CaptureError> {
    let (root, resources) = (display.root(), AtomEnum::RESOURCE_MANAGER);
    let property =
        display
            .connection
            .get_property(false, root, resources, AtomEnum::STRING, 0, MOST_WORDS)?;
    let property = property.reply()?;
    if property.bytes_after > 0 {
        // To write back a part would lose the rest.
        return Ok(());
    }
    let told = with_density(&property.value, dots_per_inch(scale));
    if told != property.value {
        display
            .connection
            .change_property8(PropMode::REPLACE, root, resources, AtomEnum::STRING, &told)?
            .check()?;
    }
    Ok(())
}

/// The resources with this density, and without any other. No line says what is meant without one.
fn with_density(resources: &[u8], dots_per_inch: u32) -> Vec<u8> {
    let mut lines: Vec<&[u8]> = resources
        .split(|&byte| byte == b'\n')
        .filter(|line| !line.is_empty() && !line.starts_with(RESOURCE.as_bytes()))
        .collect();
    let line = format!("{RESOURCE}\t{dots_per_inch}");
    if dots_per_inch != UNSCALED {
        lines.push(line.as_bytes());
    }
    let mut text = lines.join(&b'\n');
    if !text.is_empty() {
        text.push(b'\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_density_replaces_an_older_one_and_nothing_else() {
        let before = b"XTerm*font:\tfixed\nXft.dpi:\t120\nXft.hinting:\t1\n";
        let after = with_density(before, 144);
        assert_eq!(
            after,
            b"XTerm*font:\tfixed\nXft.hinting:\t1\nXft.dpi:\t144\n"
        );
        assert_eq!(
            with_density(&after, UNSCALED),
            b"XTerm*font:\tfixed\nXft.hinting:\t1\n"
        );
        assert_eq!(with_density(b"", UNSCALED), b"");
        assert_eq!(with_density(b"", 192), b"Xft.dpi:\t192\n");
    }

    #[test]
    fn a_scale_of_one_and_a_half_makes_144_dots_an_inch() {
        assert_eq!(dots_per_inch(Scale::of_percent(150)), 144);
        assert_eq!(dots_per_inch(Scale::ONE), UNSCALED);
    }
}
