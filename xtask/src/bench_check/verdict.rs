//! What became better or worse.

use super::baseline::{Cost, Costs};

/// Instructions that a case may change by before it counts, in percent. The same program counts the
/// same each time; a change elsewhere makes the compiler arrange things anew, which takes tenths.
const TOLERANCE: f64 = 2.0;

/// The same where the baseline was made with other tools.
const TOLERANCE_OTHER_TOOLS: f64 = 15.0;

/// Bytes that a case may change by, in percent. They do not depend on the tools.
const TOLERANCE_BYTES: f64 = 1.0;

/// What became of a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It costs what it did.
    Alike,
    /// It costs more, in instructions or in bytes.
    Worse,
    /// It costs less.
    Better,
    /// It is not in the baseline.
    New,
    /// It is only in the baseline.
    Gone,
}

/// A case's costs before and now; one of them is there at least.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) case: String,
    pub(super) before: Option<Cost>,
    pub(super) now: Option<Cost>,
    pub(super) verdict: Verdict,
}

/// All cases, by name.
#[derive(Clone, Debug)]
pub(super) struct Comparison {
    pub(super) rows: Vec<Row>,
    /// Instructions that a case may change by, in percent.
    pub(super) tolerance: f64,
    /// What the tools differ in, in words.
    pub(super) differences: Vec<String>,
}

impl Comparison {
    /// Compares `now` with what the baseline has of it, `before`, which was made with tools that
    /// differ in `differences`.
    pub(super) fn new<'a>(
        before: impl Iterator<Item = (&'a String, &'a Cost)>,
        now: &Costs,
        differences: &[String],
    ) -> Self {
        let tolerance = if differences.is_empty() {
            TOLERANCE
        } else {
            TOLERANCE_OTHER_TOOLS
        };
        let before: Costs = before.map(|(case, cost)| (case.clone(), *cost)).collect();
        let mut cases: Vec<&String> = before.keys().chain(now.keys()).collect();
        cases.sort_unstable();
        cases.dedup();
        let row = |case: &String| {
            let (before, now) = (before.get(case).copied(), now.get(case).copied());
            Row {
                case: case.clone(),
                before,
                now,
                verdict: verdict(before, now, tolerance),
            }
        };
        Self {
            rows: cases.into_iter().map(row).collect(),
            tolerance,
            differences: differences.to_vec(),
        }
    }

    /// How many cases have this verdict.
    pub(super) fn count(&self, verdict: Verdict) -> usize {
        self.rows
            .iter()
            .filter(|row| row.verdict == verdict)
            .count()
    }
}

fn verdict(before: Option<Cost>, now: Option<Cost>, tolerance: f64) -> Verdict {
    let (Some(before), Some(now)) = (before, now) else {
        return if now.is_some() {
            Verdict::New
        } else {
            Verdict::Gone
        };
    };
    let changes = [
        (change(before.instructions, now.instructions), tolerance),
        (change(before.bytes, now.bytes), TOLERANCE_BYTES),
    ];
    if changes.iter().any(|(change, tolerance)| change > tolerance) {
        Verdict::Worse
    } else if changes
        .iter()
        .any(|(change, tolerance)| *change < -tolerance)
    {
        Verdict::Better
    } else {
        Verdict::Alike
    }
}

/// How much more `now` is than `before`, in percent.
pub(super) fn change(before: u64, now: u64) -> f64 {
    match (before, now) {
        (0, 0) => 0.0,
        (0, _) => f64::INFINITY,
        _ => (now as f64 / before as f64 - 1.0) * 100.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cost(instructions: u64, bytes: u64) -> Cost {
        Cost {
            instructions,
            bytes,
        }
    }

    fn verdict_of(now: Cost) -> Verdict {
        verdict(Some(cost(1000, 1000)), Some(now), TOLERANCE)
    }

    #[test]
    fn noise_is_no_change() {
        assert_eq!(verdict_of(cost(1019, 1009)), Verdict::Alike);
        assert_eq!(verdict_of(cost(981, 991)), Verdict::Alike);
    }

    #[test]
    fn more_of_either_is_worse_whatever_the_other_did() {
        assert_eq!(verdict_of(cost(1021, 1000)), Verdict::Worse);
        assert_eq!(verdict_of(cost(500, 1011)), Verdict::Worse);
        assert_eq!(verdict_of(cost(500, 1000)), Verdict::Better);
        assert_eq!(verdict_of(cost(1000, 989)), Verdict::Better);
        let was_none = verdict(Some(cost(1000, 0)), Some(cost(1000, 1)), TOLERANCE);
        assert_eq!(was_none, Verdict::Worse);
    }

    #[test]
    fn new_and_gone_cases_are_found_and_other_tools_widen_the_tolerance() {
        let costs = |cases: &[(&str, u64)]| -> Costs {
            let costs = cases
                .iter()
                .map(|(case, n)| ((*case).to_owned(), cost(*n, 0)));
            costs.collect()
        };
        let before = costs(&[("a", 100), ("b", 100)]);
        let now = costs(&[("b", 110), ("c", 100)]);
        let verdicts = |differences: &[String]| -> Vec<Verdict> {
            let comparison = Comparison::new(before.iter(), &now, differences);
            comparison.rows.iter().map(|row| row.verdict).collect()
        };
        use Verdict::{Alike, Gone, New, Worse};
        assert_eq!(verdicts(&[]), [Gone, Worse, New]);
        assert_eq!(verdicts(&["rustc".to_owned()]), [Gone, Alike, New]);
    }
}
