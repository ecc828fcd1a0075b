//! Silence is not sent.

use hackstream_protocol::wire::sound::Outlook;

use crate::PIECE;

/// So many silent pieces are sent before nothing is: a rest in the music is none, and the decoder
/// has faded out.
const PIECES_OF_SILENCE: u32 = 200 / PIECE.time().as_millis() as u32;

/// Of these the last ones announce the silence; one of them will arrive.
const ANNOUNCING: u32 = 3;

/// Values up to this are silence: what a resampler leaves of it.
const QUIET: u16 = 1;

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
    /// Silent pieces in a row.
    silent: u32,
}

impl Default for Gate {
    fn default() -> Self {
        Self {
            silent: PIECES_OF_SILENCE,
        }
    }
}

impl Gate {
    /// Judges the next piece.
    pub fn judge(&mut self, piece: &[i16]) -> Verdict {
        if piece.iter().any(|value| value.unsigned_abs() > QUIET) {
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
        let mut gate = Gate::default();
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
}
