//! `cargo xtask device-times`: what the decoder would take on the smallest machine.
//!
//! Instructions of the baseline, which were counted on a large machine, become times on a small one by
//! what `cargo xtask cross count armhf` counted for each, and by a speed that is stated and not measured.

use anyhow::{Context, Result, bail};

use super::baseline::{Baseline, Cost, Costs, FILE};

/// The machine: a core at 1 GHz that works in order, such as the ARM1176 of the first Raspberry Pi
/// Zero. It retires at most one instruction in a cycle; waiting for a small cache and slow memory
/// takes half of them.
const INSTRUCTIONS_PER_MICROSECOND: f64 = 1000.0 * 0.5;

/// What a person waits for, as a case of the micro-benches, all at 1280x800.
struct Work {
    case: &'static str,
    what: &'static str,
    /// Frames that the case decodes.
    frames: f64,
    /// Instructions of ARMv7 without NEON for one of the baseline's.
    factor: f64,
    /// Milliseconds that a frame may take; none where there is no promise.
    bar: Option<f64>,
}

const fn work(case: &'static str, what: &'static str, factor: f64, bar: Option<f64>) -> Work {
    Work {
        case,
        what,
        frames: 1.0,
        factor,
        bar,
    }
}

/// The factors are those of `cargo xtask cross count armhf` (Rust 1.85, 2026-11-23).
const WORKS: [Work; 10] = [
    Work {
        frames: 4.0,
        ..work("frame/typing/decode", "a key's letter", 1.8, Some(2.0))
    },
    work(
        "frame/scroll/decode",
        "a page scrolls by a line",
        2.12,
        Some(8.0),
    ),
    work(
        "frame/repaint/decode",
        "another page of text",
        1.75,
        Some(120.0),
    ),
    work(
        "frame/repaint-smooth/decode",
        "the same, soft letters",
        1.48,
        Some(120.0),
    ),
    work(
        "frame/first-page/decode",
        "the first page",
        1.08,
        Some(120.0),
    ),
    work("frame/menu-open/decode", "a menu opens", 1.4, None),
    work("frame/menu-close/decode", "a menu closes", 1.64, None),
    work("frame/window-moved/decode", "a window is moved", 1.48, None),
    work("frame/photograph/decode", "a photograph, exact", 1.79, None),
    Work {
        frames: 2.0,
        ..work(
            "frame/film/decode",
            "a picture of a film, 640x360",
            2.59,
            None,
        )
    },
];

/// What is projected.
pub(crate) struct Projected {
    /// The case of the micro-benches.
    pub(crate) case: &'static str,
    /// What it is for a person.
    pub(crate) what: &'static str,
    /// Instructions of x86-64.
    pub(crate) instructions: u64,
}

/// All that is projected, by the baseline.
pub(crate) fn all() -> Result<Vec<Projected>> {
    let baseline = Baseline::read()?.with_context(|| format!("there is no {FILE}"))?;
    let projected = WORKS.iter().map(|work| {
        Ok(Projected {
            case: work.case,
            what: work.what,
            instructions: cost(&baseline.costs, work.case)?.instructions,
        })
    });
    projected.collect()
}

fn cost<'a>(costs: &'a Costs, case: &str) -> Result<&'a Cost> {
    let cost = costs.get(case);
    cost.with_context(|| format!("{FILE} has no {case}"))
}

/// Prints what each work would take; fails if one takes longer than it may.
pub(crate) fn run() -> Result<()> {
    let baseline = Baseline::read()?.with_context(|| format!("there is no {FILE}"))?;
    let mut late = Vec::new();
    eprintln!(
        "Decoding, projected from {FILE}: 1 GHz, in order, {INSTRUCTIONS_PER_MICROSECOND} \
         instructions in a microsecond\n"
    );
    eprintln!("{:<32} {:>13} {:>9} {:>8}", "", "instructions", "ms", "bar");
    for work in &WORKS {
        let milliseconds = work.milliseconds(&baseline.costs)?;
        let instructions = milliseconds * 1e3 * INSTRUCTIONS_PER_MICROSECOND;
        let bar = work.bar.map_or_else(String::new, |bar| format!("< {bar}"));
        eprintln!(
            "{:<32} {instructions:>13.0} {milliseconds:>9.2} {bar:>8}",
            work.what
        );
        if work.bar.is_some_and(|bar| milliseconds >= bar) {
            late.push(work.what);
        }
    }
    if late.is_empty() {
        return Ok(());
    }
    bail!("too slow for the smallest machine: {}", late.join(", "))
}

impl Work {
    /// What one frame takes on the small machine.
    fn milliseconds(&self, costs: &Costs) -> Result<f64> {
        let instructions = cost(costs, self.case)?.instructions as f64 / self.frames * self.factor;
        Ok(instructions / INSTRUCTIONS_PER_MICROSECOND / 1e3)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_takes_its_share_of_the_case() {
        let instructions = 4_000_000;
        let bytes = 0;
        let cost = Cost {
            instructions,
            bytes,
        };
        let costs = Costs::from([("a".to_owned(), cost)]);
        let work = Work {
            frames: 4.0,
            ..work("a", "", 1.5, None)
        };
        assert_eq!(work.milliseconds(&costs).unwrap(), 3.0);
        assert!(
            super::work("b", "", 1.5, None)
                .milliseconds(&costs)
                .is_err()
        );
    }

    #[test]
    fn the_committed_baseline_keeps_the_bars() {
        run().unwrap();
    }
}
