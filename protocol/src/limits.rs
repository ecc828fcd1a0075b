//! Every bound that bytes from a peer are checked against before anything is allocated for them.

/// Longest edge of a screen in pixels. The X protocol's own limit is 32767; 16384 keeps all
/// areas inside `u32` and is four times the widest panel in use.
pub const MAX_SCREEN_EDGE: u32 = 16_384;

/// Largest screen in pixels: 8192 x 4320. A viewer allocates four bytes for each.
pub const MAX_SCREEN_PIXELS: u32 = 8192 * 4320;

/// Largest control message in bytes, after decompression.
pub const MAX_CONTROL_BYTES: usize = 1 << 20;

/// Largest frame in bytes, header included. The encoder splits updates well below it.
pub const MAX_FRAME_BYTES: usize = 1 << 20;

/// Largest input or feedback record in bytes.
pub const MAX_RECORD_BYTES: usize = 64;

/// Frames a viewer holds back while it waits for one that they depend on.
pub const MAX_HELD_FRAMES: usize = 256;

/// Bytes of frames a viewer holds back while it waits for one that they depend on.
pub const MAX_HELD_BYTES: usize = 8 << 20;

/// Frames applied ahead of a missing one that a viewer keeps the regions of.
pub const MAX_APPLIED_AHEAD: usize = 1024;

/// Rectangles of the pixels covered by the frames that a viewer applied ahead of a missing one,
/// all together.
pub const MAX_AHEAD_RECTS: usize = 64 * 1024;

/// Rectangles in one list on the wire.
pub const MAX_RECTS: usize = 4096;

/// Disjoint rectangles, in bands, of all pixels that one frame covers.
pub const MAX_COVERED_RECTS: usize = 16 * 1024;

/// Longest token in bytes.
pub const MAX_TOKEN_BYTES: usize = 1024;

/// Longest text field (title, reason, version) in bytes.
pub const MAX_TEXT_BYTES: usize = 4096;

/// Longest edge of a cursor shape in pixels: a quarter of [`MAX_CONTROL_BYTES`] if square.
pub const MAX_CURSOR_EDGE: u32 = 256;

/// Largest body of a frame in bytes, after decompression.
pub const MAX_BODY_BYTES: usize = 1 << 20;

/// Colours in one table.
pub const MAX_COLOURS: usize = 256;

/// How many times over one frame may paint the screen. An honest server paints each pixel once and
/// copies it once.
pub const MAX_PAINT_FACTOR: u64 = 4;

/// Copies in one frame. An honest server makes one.
pub const MAX_COPIES: u32 = 16;

/// Tiles saved by one frame: packing one can take a hundred times longer than painting it. An honest
/// server saves 32.
pub const MAX_SAVED_TILES: u32 = 64;

/// Largest window of the compression history in bytes.
pub const MAX_HISTORY_BYTES: usize = 8 << 20;

/// Largest contents of a clipboard in bytes.
pub const MAX_CLIPBOARD_BYTES: usize = 64 << 20;

/// Largest piece of the contents of a clipboard in bytes.
pub const MAX_CLIPBOARD_PIECE_BYTES: usize = 64 << 10;

/// Longest text in bytes that a peer remembers, so that only what changed has to be sent next time.
pub const MAX_CLIPBOARD_BASE_BYTES: usize = 1 << 20;

/// Pixels of the largest picture that is pasted; its edges are at most [`MAX_SCREEN_EDGE`]. Whoever
/// pastes it unpacks four bytes for each.
pub const MAX_CLIPBOARD_IMAGE_PIXELS: u64 = 64 << 20;
