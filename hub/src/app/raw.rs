//! What the C library has to be told.

/// Blocks of memory that are this large are given back to the system as soon as they are free.
#[cfg(target_env = "gnu")]
const LARGE: libc::c_int = 1 << 20;

/// Has the memory of a hashed password, 19 MiB, given back at once.
///
/// By itself glibc takes the first such block for a sign that more will follow and keeps them for
/// later, each thread its own and cut up by what is small: after some dozens of logins a hub held
/// 400 MiB. A fixed bound turns that off.
#[allow(unsafe_code, reason = "there is no safe way to say it")]
pub(super) fn give_back_large_blocks() {
    #[cfg(target_env = "gnu")]
    // SAFETY: it takes two numbers, has no other argument, and may be called at any time.
    unsafe {
        libc::mallopt(libc::M_MMAP_THRESHOLD, LARGE);
    }
}
