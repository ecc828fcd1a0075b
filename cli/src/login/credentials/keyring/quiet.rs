//! Panics that are somebody else's, and are no news.
//!
//! `secret-service` 5.1 panics where a service sends a malformed secret, or ends while it is waited for.
//! 5.2 does not, but needs Rust 1.87.

use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Once;

thread_local! {
    static IS_QUIET: Cell<bool> = const { Cell::new(false) };
}

static HOOK: Once = Once::new();

/// What `deed` returns; `None` if it panicked, of which nothing is printed. What it worked with must not
/// be used then.
pub(super) fn panics<T>(deed: impl FnOnce() -> T) -> Option<T> {
    HOOK.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if !IS_QUIET.get() {
                before(info);
            }
        }));
    });
    IS_QUIET.set(true);
    let done = panic::catch_unwind(AssertUnwindSafe(deed));
    IS_QUIET.set(false);
    done.ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_an_answer_like_any_other() {
        assert_eq!(panics(|| 7), Some(7));
        assert_eq!(panics(|| -> u8 { panic!("of somebody else") }), None);
        assert!(!IS_QUIET.get());
    }
}
