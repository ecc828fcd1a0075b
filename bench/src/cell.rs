//! One cell of the comparison: one peer, one link, one kind of work, everything started afresh.

use anyhow::Result;

use crate::measure::{Findings, Plan, Work, measure};
use crate::network::Link;
use crate::peers::Peer;
use crate::report::progress;
use crate::rig::{Rig, Setting};
use crate::split::Split;
use crate::workspace::Workspace;

/// What was measured in a cell, and where the time went meanwhile, if the viewer tells.
pub(crate) type Measured = (Findings, Option<Split>);

/// Measures the cell; on an error nothing is left running. `peer` absent: the floor.
pub(crate) fn run(
    peer: Option<&dyn Peer>,
    link: Link,
    work: Work,
    setting: &Setting,
    plan: &Plan,
) -> Result<Measured> {
    let workspace = Workspace::create()?;
    let findings = measure_in(&workspace, peer, link, work, setting, plan);
    if plan.interrupt.is_set() {
        return findings;
    }
    let last_words = workspace.log_tails();
    if findings.is_err() && !last_words.is_empty() {
        progress(&format!("    the last words of the programs:{last_words}"));
    }
    findings
}

/// The rig ends here, before its folder is removed.
fn measure_in(
    workspace: &Workspace,
    peer: Option<&dyn Peer>,
    link: Link,
    work: Work,
    setting: &Setting,
    plan: &Plan,
) -> Result<Measured> {
    let mut rig = Rig::start(peer, link, setting, workspace)?;
    let (findings, from) = measure(work, &mut rig, plan)?;
    let split = rig.split_since(from, &plan.interrupt)?;
    Ok((findings, split))
}
