//! What is in the memory of a process stays there: passwords, keys, tokens, what was on the screen.
//!
//! To be called first in `main`. Nothing here is inherited by another program that is started, but for the
//! limit of [`leave_no_image`].

use std::io;

use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit};

/// Has the kernel write no image of this process, nor of those that it starts, when it breaks.
///
/// Other programs of the same user still may look into it, as sound servers do to find out who asks.
pub fn leave_no_image() {
    let none = Rlimit {
        current: Some(0),
        maximum: Some(0),
    };
    // Less is always granted.
    let _ = setrlimit(Resource::Core, none);
}

/// Lets no other process of the same user look into this one, nor take descriptors out of it.
///
/// # Errors
/// If the kernel refuses.
pub fn hide() -> io::Result<()> {
    Ok(set_dumpable_behavior(DumpableBehavior::NotDumpable)?)
}

/// Both, as far as it goes: where one is denied the other still holds.
pub fn keep_memory_private() {
    leave_no_image();
    let _ = hide();
}

#[cfg(test)]
mod tests {
    use rustix::process::{dumpable_behavior, getrlimit};

    use super::*;

    #[test]
    fn nobody_sees_what_is_in_memory() {
        keep_memory_private();
        assert_eq!(getrlimit(Resource::Core).maximum, Some(0));
        assert_eq!(dumpable_behavior(), Ok(DumpableBehavior::NotDumpable));
    }
}
