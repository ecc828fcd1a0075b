//! Silence is not sent.

use hackstream_protocol::wire::sound::Outlook;

use crate::PIECE;

/// So many silent pieces are sent before nothing is: a rest in the music is none, and the decoder
/// has faded out.
const PIECES_OF_SILENCE: u32 = 200 / PIECE.time().as_millis() as u32;

/// Of these the last ones announce the silence; one of them will arrive.
const ANNOUNCING: u32 = 3;

/// Values up to this are silence in what programs play: what a resampler leaves of it.
const DIGITAL: u16 = 1;

/// The same of a microphone: 60 dB below the loudest, where rooms and amplifiers hiss. Speech, even
/// its softest sounds, is far above.
const ROOM: u16 = 32;

/// What is to happen to a piece.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is sent.
    Send(Outlook),
    /// It is not, nor are the silent ones after it.
    Skip,
}

/// Decides piece by piece.
#[derive(Debug)]
pub struct Gate {
    /// The largest value that is silence.
    quiet: u16,
    /// Silent pieces in a row.
    silent: u32,
}

impl Gate {
    /// A gate for what programs play.
    #[must_use]
    pub const fn of_programs() -> Self {
        Self::above(DIGITAL)
    }

    /// A gate for what a microphone hears.
    #[must_use]
    pub const fn of_microphone() -> Self {
        Self::above(ROOM)
    }

    const fn above(quiet: u16) -> Self {
        let silent = PIECES_OF_SILENCE;
        Self { quiet, silent }
    }

    /// Judges the next piece.
    pub fn judge(&mut self, piece: &[i16]) -> Verdict {
        if piece.iter().any(|value| value.unsigned_abs() > self.quiet) {
            self.silent = 0;
            return Verdict::Send(Outlook::Continues);
        }
        if self.silent >= PIECES_OF_SILENCE {
            return Verdict::Skip;
        }
        self.silent += 1;
        if self.silent > PIECES_OF_SILENCE - ANNOUNCING {
            return Verdict::Send(Outlook::Pauses);
        }
        Verdict::Send(Outlook::Continues)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_sent_before_the_first_sound_and_after_the_last() {
        let mut gate = Gate::of_programs();
        assert_eq!(gate.judge(&[0, 1, -1]), Verdict::Skip);
        assert_eq!(gate.judge(&[0, 2]), Verdict::Send(Outlook::Continues));
        let after: Vec<Verdict> = (0..100).map(|_| gate.judge(&[0, 0])).collect();
        let sent = after.iter().filter(|v| **v != Verdict::Skip).count();
        let announced = after
            .iter()
            .filter(|v| **v == Verdict::Send(Outlook::Pauses));
        assert_eq!((sent, announced.count()), (20, 3));
        assert_eq!(
            gate.judge(&[i16::MIN, 0]),
            Verdict::Send(Outlook::Continues)
        );
    }

    #[test]
    fn the_hiss_of_a_room_is_silence_only_in_a_microphone() {
        let hiss = [20, -32];
        assert_eq!(Gate::of_microphone().judge(&hiss), Verdict::Skip);
        let heard = Verdict::Send(Outlook::Continues);
        assert_eq!(Gate::of_programs().judge(&hiss), heard);
        assert_eq!(Gate::of_microphone().judge(&[0, 33]), heard);
    }
}
