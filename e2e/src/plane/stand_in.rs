//! What stands in for a browser, where it is not the browser that is tested.

/// A command of which the warm pool can be filled, as it is claimed: called with an address it opens
/// that in the one that runs, which is there without. The screen gets [`OPENED`] once it is [`PAGE`],
/// and then [`ENTERED`] once somebody has pressed return.
pub const BROWSER: [&str; 4] = [
    "sh",
    "-c",
    "if [ -n \"$1\" ]; then printf %s \"$1\" > ~/page.new; mv ~/page.new ~/page; exit; fi; \
    exec xterm -e sh -c 'until [ -s ~/page ]; do sleep 0.1; done; \
    [ \"$(cat ~/page)\" = https://example.org/wished ] && printf \"\\033]11;#00c000\\007\"; \
    read line; printf \"\\033]11;#c00000\\007\"; exec sleep 1000'",
    "browser",
];

/// What it knows how to open.
pub const PAGE: &str = "https://example.org/wished";

/// Red, green and blue of the screen that shows [`PAGE`].
pub const OPENED: u32 = 0x0000_c000;

/// The same once somebody has pressed return.
pub const ENTERED: u32 = 0x00c0_0000;
