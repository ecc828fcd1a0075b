//! What can be asked for on the command line: a work, or several under one name.

use clap::ValueEnum;
use clap::builder::PossibleValue;

use super::work::Work;

const FIREFOX: [Work; 5] = [
    Work::FirefoxScroll,
    Work::FirefoxPictures,
    Work::FirefoxTabs,
    Work::FirefoxLoad,
    Work::FirefoxCanvas,
];

/// One name for works.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WorkChoice {
    One(Work),
    /// All that is done in Firefox.
    Firefox,
}

impl WorkChoice {
    const ALL: [Self; 17] = [
        Self::One(Work::Key),
        Self::One(Work::KeyBusy),
        Self::One(Work::Scroll),
        Self::One(Work::RedrawScroll),
        Self::One(Work::Repaint),
        Self::One(Work::Video),
        Self::One(Work::Video60),
        Self::One(Work::Motion),
        Self::One(Work::Motion60),
        Self::Firefox,
        Self::One(Work::FirefoxScroll),
        Self::One(Work::FirefoxPictures),
        Self::One(Work::FirefoxTabs),
        Self::One(Work::FirefoxLoad),
        Self::One(Work::FirefoxCanvas),
        Self::One(Work::XtermFlood),
        Self::One(Work::Idle),
    ];

    pub(crate) fn works(&self) -> &[Work] {
        match self {
            Self::One(work) => std::slice::from_ref(work),
            Self::Firefox => &FIREFOX,
        }
    }
}

impl ValueEnum for WorkChoice {
    fn value_variants<'a>() -> &'a [Self] {
        &Self::ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        match self {
            Self::One(work) => work.to_possible_value(),
            Self::Firefox => Some(PossibleValue::new("firefox").help("All five works in Firefox")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_work_can_be_chosen_by_its_own_name() {
        for work in Work::value_variants() {
            let choice = WorkChoice::from_str(work.name(), false).unwrap();
            assert_eq!(choice.works(), [*work]);
        }
        assert!(
            FIREFOX
                .iter()
                .all(|work| work.name().starts_with("firefox-"))
        );
    }
}
