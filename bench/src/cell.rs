//! One cell of the comparison: one peer, one link, one kind of work, everything started afresh.

use std::time::Duration;

use anyhow::Error;

use crate::measure::{Findings, Plan, Work, measure};
use crate::network::Link;
use crate::peers::Peer;
use crate::rig::{Rig, Setting};
use crate::split::Split;
use crate::workspace::Workspace;

/// A program that ends drags others along, which may be noticed before it.
const AFTERMATH: Duration = Duration::from_millis(200);

/// Why there are no findings.
pub(crate) struct Failure {
    pub(crate) reason: Error,
    /// Of the programs, each on a line of its own; may be empty.
    pub(crate) last_words: String,
}

impl Failure {
    fn new(reason: Error, workspace: &Workspace) -> Self {
        let last_words = workspace.log_tails();
        Self { reason, last_words }
    }
}
/// What was measured in a cell, and where the time went meanwhile, if the viewer tells.
pub(crate) type Measured = (Findings, Option<Split>);

/// Measures the cell; on an error nothing is left running. `peer` absent: the floor.
pub(crate) fn run(
    peer: Option<&dyn Peer>,
    link: Link,
    work: Work,
    setting: &Setting,
    plan: &Plan,
) -> Result<Measured, Failure> {
    let workspace = Workspace::create().map_err(|reason| Failure {
        reason,
        last_words: String::new(),
    })?;
    measure_in(&workspace, peer, link, work, setting, plan)
}

/// The rig ends here, before its folder is removed.
fn measure_in(
    workspace: &Workspace,
    peer: Option<&dyn Peer>,
    link: Link,
    work: Work,
    setting: &Setting,
    plan: &Plan,
) -> Result<Measured, Failure> {
    let failure = |reason| Failure::new(reason, workspace);
    let mut rig = Rig::start(peer, link, work, setting, workspace).map_err(failure)?;
    let _watch = plan.interrupt.watch_programs();
    let measured = measure(work, &mut rig, plan).and_then(|(findings, from)| {
        let split = rig.split_since(from, &plan.interrupt)?;
        Ok((findings, split))
    });
    if measured.is_err() && !plan.interrupt.is_set() {
        std::thread::sleep(AFTERMATH);
    }
    // What ended explains what was not seen, and makes figures worthless. What the programs say
    // of their end by the bench does not matter.
    rig.check_alive().and(measured).map_err(failure)
}
