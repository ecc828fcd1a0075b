//! How large things may be. Whoever reads a message checks them before anything else.

use crate::time::Seconds;

/// Bytes of a request's body, node reports apart.
pub const MAX_BODY_BYTES: usize = 16 * 1024;
/// Bytes of a node's report or piece of a log.
pub const MAX_NODE_BODY_BYTES: usize = 1024 * 1024;
/// Characters of a user's name.
pub const MAX_USERNAME: usize = 64;
/// Bytes of a password: Argon2 would take any number, for a time that grows with it.
pub const MAX_PASSWORD_BYTES: usize = 1024;
/// Characters of a new password, at least.
pub const MIN_PASSWORD_CHARACTERS: usize = 12;
/// Bytes of an e-mail address or a full name.
pub const MAX_NAME_BYTES: usize = 256;
/// Bytes of a device's name.
pub const MAX_DEVICE_BYTES: usize = 128;
/// Bytes of an address that a browser is to open.
pub const MAX_URL_BYTES: usize = 4096;
/// Bytes of an idempotency key.
pub const MAX_IDEMPOTENCY_KEY_BYTES: usize = 128;
/// Bytes of the name of an application.
pub const MAX_APP_BYTES: usize = 64;
/// Rows of a page.
pub const MAX_PAGE: u32 = 200;
/// Rows of a page where the asker does not say.
pub const DEFAULT_PAGE: u32 = 50;
/// Seconds for which a node may ask the hub to wait for a job.
pub const MAX_POLL_SECONDS: u64 = 30;
/// Jobs in one answer to a node.
pub const MAX_JOBS: u32 = 64;
/// Bytes of one job; [`MAX_JOBS`] of the usual ones fit into [`MAX_NODE_BODY_BYTES`].
pub const MAX_JOB_BYTES: usize = 32 * 1024;
/// By how much the clocks of hub and node may differ.
pub const MAX_CLOCK_SKEW: Seconds = Seconds(60);
/// Sessions in one report.
pub const MAX_REPORTED_SESSIONS: usize = 1024;
/// Bytes of text in one piece of a session's log.
pub const MAX_LOG_CHUNK_BYTES: usize = 64 * 1024;
/// Bytes of any other text from a node.
pub const MAX_NODE_TEXT_BYTES: usize = 1024;
/// Pixels on a side of a session's screen.
pub const MAX_SCREEN_SIDE: u16 = 16_384;
/// Warm sessions of an application.
pub const MAX_POOL: u32 = 1000;
