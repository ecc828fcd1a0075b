//! Places at which a test has a program die, as `kill -9` would have it, between two steps that belong
//! together.
//!
//! A program calls [`reach`] there. Where the variable [`VARIABLE`] names that place the process dies at
//! once; in whatever is built without debug assertions, as releases are, a call is nothing at all.

/// The variable that names a place, or `PLACE:NUMBER` for the so many-th time that it is reached.
pub const VARIABLE: &str = "HACKSTREAM_DIE_AT";

/// What the program writes to standard error before it dies, followed by the name of the place.
pub const LAST_WORDS: &str = "this process dies at ";

/// A place; its name is `PROGRAM.DEED.STEP`.
#[inline]
pub fn reach(place: &str) {
    #[cfg(debug_assertions)]
    armed::reach(place);
    #[cfg(not(debug_assertions))]
    let _ = place;
}

#[cfg(debug_assertions)]
mod armed {
    use std::io::Write as _;
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicU32, Ordering};

    use rustix::process::{Signal, getpid, kill_process};

    use super::{LAST_WORDS, VARIABLE};

    /// Where to die.
    struct Chosen {
        place: String,
        /// How often it has still to be reached.
        left: AtomicU32,
    }

    static CHOSEN: OnceLock<Option<Chosen>> = OnceLock::new();

    pub(super) fn reach(place: &str) {
        let chosen = CHOSEN.get_or_init(|| Some(chosen(&std::env::var(VARIABLE).ok()?)));
        if let Some(chosen) = chosen.as_ref().filter(|chosen| chosen.is_here(place)) {
            let _ = writeln!(std::io::stderr(), "{LAST_WORDS}{}", chosen.place);
            // No unwinding, no destructor, no buffer written: as if from outside.
            let _ = kill_process(getpid(), Signal::KILL);
        }
    }

    fn chosen(text: &str) -> Chosen {
        let (place, number) = text.split_once(':').unwrap_or((text, "1"));
        Chosen {
            place: place.to_owned(),
            left: AtomicU32::new(number.parse().unwrap_or(1)),
        }
    }

    impl Chosen {
        fn is_here(&self, place: &str) -> bool {
            self.place == place && self.left.fetch_sub(1, Ordering::Relaxed) == 1
        }
    }

    #[cfg(test)]
    mod tests {
        use super::chosen;

        #[test]
        fn a_place_is_deadly_once_it_was_reached_so_often() {
            let third = chosen("a.b:3");
            let reached = ["a.b", "a.c", "a.b", "a.b", "a.b"];
            let deadly: Vec<_> = reached.map(|place| third.is_here(place)).into();
            assert_eq!(deadly, [false, false, false, true, false]);
            assert!(chosen("a.b").is_here("a.b"));
        }
    }
}
