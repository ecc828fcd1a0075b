//! Which keys and buttons are down.

use hackstream_protocol::wire::input::Transition;

/// Which of 256 keys or buttons are down.
#[derive(Default)]
pub(super) struct Held([u128; 2]);

impl Held {
    /// Notes the transition; whether it changed anything.
    pub(super) fn note(&mut self, number: u8, transition: Transition) -> bool {
        let (word, bit) = (&mut self.0[usize::from(number >> 7)], 1 << (number & 127));
        let before = *word;
        match transition {
            Transition::Press => *word |= bit,
            Transition::Release => *word &= !bit,
        }
        *word != before
    }

    /// Whether it is down.
    pub(super) const fn contains(&self, number: u8) -> bool {
        self.0[(number >> 7) as usize] >> (number & 127) & 1 == 1
    }

    /// All that are down.
    pub(super) fn iter(&self) -> impl Iterator<Item = u8> + use<> {
        let held = Self(self.0);
        (0..=u8::MAX).filter(move |&n| held.contains(n))
    }

    /// Whether nothing is down.
    pub(super) fn is_empty(&self) -> bool {
        self.0 == [0; 2]
    }

    /// Everything that is down, which is forgotten.
    pub(super) fn take_all(&mut self) -> impl Iterator<Item = u8> + use<> {
        std::mem::take(self).iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn held_numbers_are_noted_once_and_taken_once() {
        let mut held = Held::default();
        assert!(held.is_empty());
        for number in [0, 127, 128, 255] {
            assert!(held.note(number, Transition::Press));
            assert!(!held.note(number, Transition::Press));
        }
        assert!(held.note(127, Transition::Release));
        assert!(!held.is_empty());
        assert!(!held.note(127, Transition::Release));
        assert_eq!(held.take_all().collect::<Vec<_>>(), [0, 128, 255]);
        assert!(held.is_empty());
        assert_eq!(held.take_all().count(), 0);
    }
}
