//! The commands that make the same document again.

use crate::results::{CellResult, Results};

/// The link that needs no root.
const LOOPBACK: &str = "loopback";

/// The commands of all runs, and that of the report.
pub(super) fn section(runs: &[Results]) -> String {
    let is_loopback = |results: &Results| results.links.iter().all(|link| link.name == LOOPBACK);
    let rights = if runs.iter().all(is_loopback) {
        "Without root"
    } else {
        "As root, for network namespaces"
    };
    let bench = runs.first().map_or("", |results| &results.bench);
    let folders: Vec<String> = match runs {
        [_] => vec!["results".to_owned()],
        _ => (1..=runs.len()).map(|n| format!("results-{n}")).collect(),
    };
    let commands = runs.iter().zip(&folders);
    let commands: String = commands.map(|(run, folder)| command(run, folder)).collect();
    let files: Vec<String> = folders
        .iter()
        .map(|folder| format!("{folder}/results.json"))
        .collect();
    format!(
        "## Reproduce\n\n{rights}, on a machine that does nothing else; hackstream-bench {bench}:\n\n    \
         cargo build --release\n{commands}    target/release/hackstream-bench report \\\n        {} \
         \\\n        --markdown docs/benchmarks.md --findings docs/benchmarks/findings.md\n",
        files.join(" "),
    )
}

fn command(run: &Results, folder: &str) -> String {
    let of = |field: fn(&CellResult) -> &str| unique(run.cells.iter().map(field));
    format!(
        "    target/release/hackstream-bench compare --peers {} \\\n        --links {} \\\n        \
         --works {} \\\n        --runs {} --seconds {} --size {} --seed {} --out {folder}\n",
        of(|cell| &cell.peer),
        of(|cell| &cell.link),
        of(|cell| &cell.work),
        run.runs,
        run.seconds,
        run.screen,
        run.seed,
    )
}

/// Each name once, in the order of their first appearance.
fn unique<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let mut kept: Vec<&str> = Vec::new();
    for name in names {
        if !kept.contains(&name) {
            kept.push(name);
        }
    }
    kept.join(",")
}
