//! Running cases under callgrind.

use std::io::{IsTerminal, Write};
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context, Result, bail};

use super::baseline::{Cost, Costs};
use crate::metadata;

/// Where the profiles are kept, inside the folder that cargo builds into.
pub(super) const FOLDER: &str = "bench-check";

/// The function of the benches whose instructions count.
const MEASURED: &str = "*measured_work*";

/// Cases between two lines of progress, where there is no terminal.
const PROGRESS_EVERY: usize = 20;

/// Counts the instructions of `cases`, each in a process of its own, so that none depends on what
/// was done before; as many at once as there are processors.
pub(super) fn count_all(program: &Path, cases: &[&str]) -> Result<Costs> {
    let folder = metadata::target_directory()?.join(FOLDER);
    std::fs::create_dir_all(&folder)
        .with_context(|| format!("cannot create {}", folder.display()))?;
    let workers = std::thread::available_parallelism().map_or(1, NonZero::get);
    eprintln!(
        "Counting instructions of {} cases, {workers} at once.",
        cases.len()
    );
    let next = AtomicUsize::new(0);
    let costs = Mutex::new(Costs::new());
    let work = || -> Result<()> {
        while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
            let counted = count(program, case, &profile(&folder, case));
            // Whoever fails leaves nothing to do for the others.
            let cost = counted.inspect_err(|_| next.store(cases.len(), Ordering::Relaxed))?;
            let mut costs = costs
                .lock()
                .unwrap_or_else(|poisoned| poisoned.into_inner());
            costs.insert((*case).to_owned(), cost);
            show_progress(costs.len(), cases.len(), case);
        }
        Ok(())
    };
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
        threads
            .into_iter()
            .try_for_each(|thread| match thread.join() {
                Ok(result) => result,
                Err(panic) => std::panic::resume_unwind(panic),
            })
    })?;
    Ok(costs
        .into_inner()
        .unwrap_or_else(|poisoned| poisoned.into_inner()))
}

/// The file with the profile of a case.
fn profile(folder: &Path, case: &str) -> PathBuf {
    folder.join(format!("{}.callgrind", case.replace('/', "-")))
}

fn count(program: &Path, case: &str, profile: &Path) -> Result<Cost> {
    let mut out = std::ffi::OsString::from("--callgrind-out-file=");
    out.push(profile);
    let mut valgrind = Command::new("valgrind");
    valgrind
        .args(["--command-line-only=yes", "--tool=callgrind"])
        .args([
            "--collect-atstart=no",
            &format!("--toggle-collect={MEASURED}"),
        ])
        .arg(out)
        .arg(program)
        .args(["count", case])
        // What is in the environment moves the stack, and may tune the allocator.
        .env_clear()
        .envs(std::env::var_os("PATH").map(|path| ("PATH", path)));
    let output = valgrind.output().context("cannot start valgrind")?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        bail!("{case} failed under callgrind ({}):\n{said}", output.status);
    }
    let text = std::fs::read_to_string(profile)
        .with_context(|| format!("callgrind wrote no {}", profile.display()))?;
    let said = String::from_utf8_lossy(&output.stdout);
    let cost = Cost {
        instructions: number_after("totals:", &text).context("the profile has no totals")?,
        bytes: number_after("bytes", &said).context("the case did not say how many bytes")?,
    };
    if cost.instructions == 0 {
        bail!("callgrind saw nothing of {case}: the function {MEASURED} was not called");
    }
    Ok(cost)
}

/// The number in the line that begins with `word`.
pub(crate) fn number_after(word: &str, text: &str) -> Option<u64> {
    let mut found = text.lines().filter_map(|line| line.strip_prefix(word));
    found.next()?.trim().parse().ok()
}

fn show_progress(done: usize, all: usize, case: &str) {
    let mut terminal = std::io::stderr();
    if terminal.is_terminal() {
        // Erases what is left of the line before it.
        let _ = write!(terminal, "\r\x1b[K{done}/{all} {case}");
        if done == all {
            let _ = write!(terminal, "\r\x1b[K");
        }
    } else if done % PROGRESS_EVERY == 0 {
        let _ = writeln!(terminal, "  {done} of {all} counted");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_found_by_the_word_before_them() {
        let profile = "events: Ir\nfn=(1) totals\n3 4\ntotals: 4711\n";
        assert_eq!(number_after("totals:", profile), Some(4711));
        assert_eq!(number_after("bytes", "bytes 12\n"), Some(12));
        assert_eq!(number_after("bytes", "bytes many\n"), None);
        assert_eq!(number_after("bytes", ""), None);
    }
}
