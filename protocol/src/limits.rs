//! Every bound that bytes from a peer are checked against before anything is allocated for them.

/// Longest edge of a screen in pixels. The X protocol's own limit is 32767; 16384 keeps all
/// areas inside `u32` and is four times the widest panel in use.
pub const MAX_SCREEN_EDGE: u32 = 16_384;

/// Largest screen in pixels: 8192 x 4320. A viewer allocates four bytes for each.
pub const MAX_SCREEN_PIXELS: u32 = 8192 * 4320;

/// Largest control message in bytes, after decompression.
pub const MAX_CONTROL_BYTES: usize = 1 << 20;

/// Largest greeting of a viewer in bytes, after decompression: nobody who has not been let in may cost
/// more memory. Its longest fields take less than half of it.
pub const MAX_HELLO_BYTES: usize = 16 << 10;

/// Largest frame in bytes, header included. The encoder splits updates well below it.
pub const MAX_FRAME_BYTES: usize = 1 << 20;

/// Largest input or feedback record in bytes.
pub const MAX_RECORD_BYTES: usize = 64;

/// Records of input that one datagram repeats, in bytes; most hold one key.
pub const MAX_REPEATED_INPUT_BYTES: usize = 512;

/// Longest stride of a [parity](crate::wire::parity) in bytes: one packet on any path.
pub const MAX_PARITY_BYTES: usize = 1500;

/// Runs of bytes of one frame that arrive with others missing between them. Half of the packets of
/// the largest frame are fewer.
pub const MAX_FRAME_PIECES: usize = 1024;

/// Pieces of parities that a viewer keeps, over all frames.
pub const MAX_HELD_PARITIES: usize = 64;

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

/// Longest resume ticket in bytes; see [`Welcome`](crate::wire::control::Welcome).
pub const MAX_TICKET_BYTES: usize = 64;

/// Longest connect ticket in bytes; see [`Credential`](crate::wire::control::Credential).
pub const MAX_CONNECT_TICKET_BYTES: usize = 1024;

/// Longest proof in bytes that belongs to a ticket: a key and a signature, and room for larger ones.
pub const MAX_PROOF_BYTES: usize = 256;

/// Longest text field (reason, version) in bytes.
pub const MAX_TEXT_BYTES: usize = 4096;

/// Longest edge of a cursor shape in pixels: a quarter of [`MAX_CONTROL_BYTES`] if square.
pub const MAX_CURSOR_EDGE: u32 = 256;

/// Longest title of a window in bytes; no title bar shows as much.
pub const MAX_TITLE_BYTES: usize = 512;

/// Longest edge of a window's icon in pixels; what taskbars show is not larger.
pub const MAX_ICON_EDGE: u32 = 64;

/// Shapes of the cursor that a viewer keeps to show them again: the pictures of a turning one.
pub const MAX_KEPT_CURSORS: usize = 64;

/// Longest edge of a shape that is kept, in pixels: with it all of them take a megabyte.
pub const MAX_KEPT_CURSOR_EDGE: u32 = 64;

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

/// Longest list of names in a keyboard's layout, in bytes. The longest sets of options in use have
/// a hundred.
pub const MAX_LAYOUT_BYTES: usize = 256;

/// Layouts that a keyboard switches between; XKB has no more groups.
pub const MAX_LAYOUTS: usize = 4;

/// Longest Opus packet in bytes: with its header it fits the datagrams of every path that QUIC
/// works on, which carry at least 1200 bytes less QUIC's own.
pub const MAX_SOUND_BYTES: usize = 1024;

/// Packets of sound that a peer keeps before they are played.
pub const MAX_HELD_SOUND: usize = 128;

/// Largest contents of a clipboard in bytes.
pub const MAX_CLIPBOARD_BYTES: usize = 64 << 20;

/// Largest piece of the contents of a clipboard in bytes.
pub const MAX_CLIPBOARD_PIECE_BYTES: usize = 64 << 10;

/// Longest text in bytes that a peer remembers, so that only what changed has to be sent next time.
pub const MAX_CLIPBOARD_BASE_BYTES: usize = 1 << 20;

/// Longest name of a file in bytes: what Linux and most others can store.
pub const MAX_FILE_NAME_BYTES: usize = 255;

/// Largest piece of a file in bytes.
pub const MAX_FILE_PIECE_BYTES: usize = 64 << 10;

/// Files that a server offers at a time, and that a viewer remembers as offered.
pub const MAX_OFFERED_FILES: usize = 256;

/// Pixels of the largest picture that is pasted; its edges are at most [`MAX_SCREEN_EDGE`]. Whoever
/// pastes it unpacks four bytes for each.
pub const MAX_CLIPBOARD_IMAGE_PIXELS: u64 = 64 << 20;

/// Longest name of a program, and longest summary, in a notification, in bytes; no desktop shows as
/// much.
pub const MAX_NOTIFICATION_TITLE_BYTES: usize = 256;

/// Longest body of a notification in bytes.
pub const MAX_NOTIFICATION_BYTES: usize = 2048;

/// Notifications of a session that are open at a time; one more takes the place of the oldest.
pub const MAX_NOTIFICATIONS: usize = 16;

/// Longest link in bytes. Addresses in use are shorter, and browsers take as many.
pub const MAX_LINK_BYTES: usize = 4096;
