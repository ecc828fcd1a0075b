//! docs/benchmarks.md from results: every figure in it comes from files of results.

mod bars;
mod losses;
mod reproduce;
mod split;
mod tables;

use crate::plots::Plot;
use crate::results::{CellOutcome, Results};

const HEAD: &str = "\
# Benchmarks

Written by `hackstream-bench report` from the results of its runs and the findings of who made it; edit
those, not this file.

Times run from a key pressed on the viewer's display until two markers at opposite ends of its
screen show the answer; for a film, the age of a frame when it is first seen whole. With a real
application, a witness on the remote display notes when its picture changed last; times run from
then until the viewer's picture is close (a mean difference below 1 of 255) or exact (no pixel
differs; around the pointer none is compared). SSIM and PSNR compare frames of a film as shown with
what was drawn. Bytes are counted on the link with all headers, from Ethernet's upwards. Bytes and
CPU time are per action, or per second of a film and of idling; CPU time of a server includes its X
server. PSS is the memory of the main process at the end, shared pages divided among their users;
the peak is its largest resident set (VmHWM), shared pages in full. `floor` is no remoting at all:
what the method costs.
";

/// Plots that were drawn, and the folder in which they lie as seen from the document.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Illustrations<'a> {
    pub(crate) plots: &'a [Plot],
    pub(crate) folder: &'a str,
}

/// The whole document about one or more runs. `findings` are a person's words about them, in
/// Markdown.
pub(crate) fn render(
    runs: &[Results],
    illustrations: Illustrations<'_>,
    findings: Option<&str>,
) -> String {
    let results = &Results::joined(runs);
    let mut sections = vec![HEAD.to_owned(), bars::section(results)];
    sections.extend(findings.map(|words| format!("## Findings\n\n{}\n", words.trim())));
    let links = results.links.iter();
    sections.extend(links.map(|link| {
        let losses = losses::table(results, link).unwrap_or_default();
        tables::section(results, link) + &losses
    }));
    sections.extend(split::section(results));
    if let Some(section) = gaps(results) {
        sections.push(section);
    }
    if !illustrations.plots.is_empty() {
        sections.push(pictures(illustrations));
    }
    sections.push(machine(results));
    sections.push(reproduce::section(runs));
    sections.join("\n")
}

fn pictures(Illustrations { plots, folder }: Illustrations<'_>) -> String {
    let mut text = "## Plots\n".to_owned();
    for Plot { name, caption } in plots {
        text.push_str(&format!("\n![{caption}]({folder}/{name}.svg)\n"));
    }
    text
}

/// What was asked for and has no figures.
fn gaps(results: &Results) -> Option<String> {
    let lines = results.cells.iter().filter_map(|cell| {
        let (what, reason) = match &cell.outcome {
            CellOutcome::Measured(_) => return None,
            CellOutcome::Failed(reason) => ("failed", reason),
            CellOutcome::Skipped(reason) => ("skipped", reason),
        };
        let (peer, link, work) = (&cell.peer, &cell.link, &cell.work);
        Some(format!("* {link}, {work}, {peer} {what}: {reason}\n"))
    });
    let (done, planned) = (results.cells.len(), results.cells_planned);
    let interruption = (done < planned)
        .then(|| format!("* the run was interrupted after {done} of {planned} measurements\n"));
    let lines: String = lines.chain(interruption).collect();
    (!lines.is_empty()).then(|| format!("## Without figures\n\n{lines}"))
}

fn machine(results: &Results) -> String {
    let machine = &results.machine;
    let known = |value: &Option<String>| value.clone().unwrap_or_else(|| "unknown".to_owned());
    let mut text = format!(
        "## Machine and programs\n\n* {}, {} cores, {} of memory\n* {}, Linux {} ({})\n* TCP \
         congestion control {}; load average at the end {}\n",
        known(&machine.processor),
        machine.cores,
        known(&machine.memory),
        known(&machine.system),
        machine.kernel,
        machine.architecture,
        known(&machine.tcp_congestion_control),
        known(&machine.load_at_end),
    );
    for peer in &results.peers {
        let (name, version, memory) = (&peer.peer, &peer.version, &peer.server_pss_is_of);
        let remark = peer.remark.as_ref().map(|remark| format!("; {remark}"));
        let remark = remark.unwrap_or_default();
        text.push_str(&format!(
            "* {name}: {version}; memory of {memory}{remark}\n"
        ));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::tests::SAMPLE;

    #[test]
    fn the_document_holds_what_a_reader_needs() {
        let results = Results::parse(SAMPLE).unwrap();
        let plot = Plot {
            name: "bytes-lan".to_owned(),
            caption: "Bytes".to_owned(),
        };
        let illustrations = Illustrations {
            plots: &[plot],
            folder: "benchmarks",
        };
        let text = render(&[results], illustrations, Some("It is fast.\n"));
        for part in [
            "\n## Bars\n",
            "\n## Findings\n\nIt is fast.\n\n",
            "\n## Link `lan`\n",
            "![Bytes](benchmarks/bytes-lan.svg)",
            "* lan, idle, floor skipped: ",
            "* the run was interrupted after 12 of 21 measurements",
            "* tigervnc: ",
            "--peers floor,hackstream,tigervnc \\",
            "--works key,scroll,video,idle \\",
        ] {
            assert!(text.contains(part), "{part} is not in\n{text}");
        }
    }
}
