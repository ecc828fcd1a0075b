//! What an emulated link did to packets, cell by cell.

use crate::results::{LinkFacts, Results, WayLosses};

const HEAD: &str = "
What the link did to packets, down and up: those that found the queue full, those that it lost on \
the way, and the longest time that one waited in the queue.

| work | peer | packets | dropped | lost | queue ms |
|---|---|--:|--:|--:|--:|
";

/// Nothing where the results know of no such thing.
pub(super) fn table(results: &Results, link: &LinkFacts) -> Option<String> {
    let cells = results.cells.iter().filter(|cell| cell.link == link.name);
    let rows: String = cells
        .filter_map(|cell| {
            let losses = cell.detail()?.losses()?;
            let both = |part: &dyn Fn(&WayLosses) -> String| {
                format!("{}, {}", part(&losses.down), part(&losses.up))
            };
            let columns = [
                cell.work.clone(),
                cell.peer.clone(),
                both(&|way| way.packets.to_string()),
                both(&|way| way.dropped_by_queue.to_string()),
                both(&|way| way.lost_on_the_way.to_string()),
                both(&|way| format!("{:.0}", way.longest_queue_wait_ms)),
            ];
            Some(format!("| {} |\n", columns.join(" | ")))
        })
        .collect();
    (!rows.is_empty()).then(|| format!("{HEAD}{rows}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::tests::SAMPLE;

    #[test]
    fn only_emulated_links_have_a_table() {
        let older = Results::parse(SAMPLE).unwrap();
        assert_eq!(table(&older, &older.links[0]), None);
        let way = |dropped, wait| {
            format!(
                r#"{{"packets": 100, "dropped_by_queue": {dropped}, "lost_on_the_way": 2,
                "longest_queue_wait_ms": {wait}}}"#
            )
        };
        let losses = format!(
            r#""usage": {{"link_losses": {{"down": {}, "up": {}}},"#,
            way(3, 99.6),
            way(0, 0.0)
        );
        let text = SAMPLE.replacen("\"usage\": {", &losses, 1);
        let results = Results::parse(&text).unwrap();
        let text = table(&results, &results.links[0]).unwrap();
        let row = "| key | floor | 100, 100 | 3, 0 | 2, 2 | 100, 0 |";
        assert_eq!(text.lines().last(), Some(row), "{text}");
    }
}
