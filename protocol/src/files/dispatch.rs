//! How much of a file may be sent.

use crate::units::ByteCount;
use crate::wire::WireError;

/// Largest and smallest piece that is sent at once.
const PIECE: u64 = 32 << 10;
const LEAST_PIECE: u64 = 2 << 10;

/// Bytes sent that the peer need not have taken yet, however wide the link is.
const MOST_AHEAD: u64 = 512 << 10;

/// A file that is being sent.
#[derive(Clone, Copy, Debug)]
pub struct Dispatch {
    size: u64,
    sent: u64,
    taken: u64,
}

impl Dispatch {
    /// Nothing of a file of `size` bytes has been sent.
    #[must_use]
    pub const fn new(size: u64) -> Self {
        Self {
            size,
            sent: 0,
            taken: 0,
        }
    }

    /// Bytes that may be sent now if `ahead` may be on their way, which
    /// [`Foreground::ahead`](crate::rate::Foreground::ahead) says; 0: wait for the peer, or nothing is
    /// left.
    #[must_use]
    pub fn room(&self, ahead: ByteCount) -> usize {
        let ahead = ahead.0.clamp(LEAST_PIECE, MOST_AHEAD);
        let piece = PIECE.min(ahead).min(self.left());
        let on_its_way = self.sent - self.taken;
        if on_its_way > 0 && on_its_way + piece > ahead {
            return 0;
        }
        piece as usize
    }

    /// So many bytes, at most [`room`](Self::room), were sent.
    pub const fn sent(&mut self, bytes: usize) {
        self.sent += bytes as u64;
    }

    /// The peer says how many bytes it has taken.
    ///
    /// # Errors
    /// [`WireError`] if that is more than it was sent, or no more than it said before: it would be a
    /// way to keep this side busy.
    pub fn taken(&mut self, bytes: u64) -> Result<(), WireError> {
        if !(self.taken + 1..=self.sent).contains(&bytes) {
            return Err(WireError::meaningless("bytes taken", bytes));
        }
        self.taken = bytes;
        Ok(())
    }

    /// Bytes that were not sent yet.
    #[must_use]
    pub const fn left(&self) -> u64 {
        self.size - self.sent
    }

    /// Bytes that the peer has taken.
    #[must_use]
    pub const fn arrived(&self) -> u64 {
        self.taken
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_file_is_sent_whole_and_no_more_is_on_its_way_than_may(
            size in 0..2_000_000u64,
            allowed in 0..200_000u64,
        ) {
            let mut dispatch = Dispatch::new(size);
            let ahead = allowed.max(LEAST_PIECE);
            while dispatch.left() > 0 {
                match dispatch.room(ByteCount(allowed)) {
                    0 => dispatch.taken(dispatch.sent).unwrap(),
                    room => dispatch.sent(room),
                }
                prop_assert!(dispatch.sent - dispatch.taken <= ahead);
            }
            prop_assert_eq!(dispatch.sent, size);
            prop_assert_eq!(dispatch.room(ByteCount(allowed)), 0);
        }
    }

    #[test]
    fn a_peer_cannot_take_what_it_was_not_sent() {
        let mut dispatch = Dispatch::new(100);
        dispatch.sent(60);
        assert!(dispatch.taken(61).is_err());
        assert!(dispatch.taken(0).is_err());
        assert!(dispatch.taken(60).is_ok());
        assert!(dispatch.taken(60).is_err());
    }
}
