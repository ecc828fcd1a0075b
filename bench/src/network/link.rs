//! The kinds of link.

use std::time::Duration;

use clap::ValueEnum;
use clap::builder::PossibleValue;

use super::emulator::{self, Conditions};

/// How long a program that has something to send may think about it.
const LOCAL_SILENCE: Duration = Duration::from_millis(50);

/// What lies between server and viewer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Link {
    /// A plain Ethernet link of unlimited rate.
    Lan,
    Wifi,
    /// A home's line, thin upwards.
    Dsl,
    /// A telephone network.
    Lte,
    Transatlantic,
    /// Like a home's line that loses packets.
    Lossy,
    /// Thin, long, unsteady and lossy.
    Bad,
    /// A phone's in a poor cell, or a line of old.
    Thin,
    /// A telephone network on the move: its rate changes all the time, the same way in each run.
    LteTrace,
    /// This machine's own. The only one that needs no root.
    Loopback,
}

impl Link {
    const ALL: [Self; 10] = [
        Self::Lan,
        Self::Wifi,
        Self::Dsl,
        Self::Lte,
        Self::Transatlantic,
        Self::Lossy,
        Self::Bad,
        Self::Thin,
        Self::LteTrace,
        Self::Loopback,
    ];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Lan => "lan",
            Self::Wifi => "wifi",
            Self::Dsl => "dsl",
            Self::Lte => "lte",
            Self::Transatlantic => "transatlantic",
            Self::Lossy => "lossy",
            Self::Bad => "bad",
            Self::Thin => "thin",
            Self::LteTrace => "lte-trace",
            Self::Loopback => "loopback",
        }
    }

    /// What is emulated; nothing for the links that are real.
    pub(super) const fn conditions(self) -> Option<&'static Conditions> {
        match self {
            Self::Lan | Self::Loopback => None,
            Self::Wifi => Some(&emulator::WIFI),
            Self::Dsl => Some(&emulator::DSL),
            Self::Lte => Some(&emulator::LTE),
            Self::Transatlantic => Some(&emulator::TRANSATLANTIC),
            Self::Lossy => Some(&emulator::LOSSY),
            Self::Bad => Some(&emulator::BAD),
            Self::Thin => Some(&emulator::THIN),
            Self::LteTrace => Some(&emulator::LTE_TRACE),
        }
    }

    /// Its figures, in words.
    pub(crate) fn figures(self) -> String {
        match (self.conditions(), self) {
            (Some(conditions), _) => conditions.to_string(),
            (None, Self::Loopback) => {
                "127.0.0.1, as fast as this machine; needs no root".to_owned()
            }
            (None, _) => "as fast as this machine, no delay".to_owned(),
        }
    }

    /// Within this time an end that has something to say lets the other hear it, be it for the
    /// second time.
    pub(crate) fn longest_silence(self) -> Duration {
        let round_trip = self
            .conditions()
            .map(Conditions::longest_unqueued_round_trip);
        // A lost last packet is sent again after some two round trips.
        LOCAL_SILENCE + 2 * round_trip.unwrap_or_default()
    }
}

impl ValueEnum for Link {
    fn value_variants<'a>() -> &'a [Self] {
        &Self::ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        let value = PossibleValue::new(self.name()).help(self.figures());
        Some(match self {
            Self::Dsl => value.alias("wan"),
            _ => value,
        })
    }
}
