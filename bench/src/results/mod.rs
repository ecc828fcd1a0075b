//! A results.json read again: all that plots and documents are made from.

mod figures;
mod losses;

use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

use crate::report::FORMAT;

pub(crate) use figures::{Detail, Kind};
pub(crate) use losses::{LinkLosses, WayLosses};

/// A whole run.
#[derive(Debug, Clone, Default, Deserialize)]
pub(crate) struct Results {
    format: u32,
    pub(crate) bench: String,
    pub(crate) machine: Machine,
    pub(crate) peers: Vec<PeerFacts>,
    pub(crate) links: Vec<LinkFacts>,
    pub(crate) seed: u64,
    pub(crate) screen: String,
    pub(crate) runs: u32,
    pub(crate) seconds: u64,
    /// As many as `cells`, unless the run was interrupted.
    pub(crate) cells_planned: usize,
    pub(crate) cells: Vec<CellResult>,
}

/// What a run was made on; what the system did not tell is absent.
#[derive(Debug, Clone, Default, Deserialize)]
pub(crate) struct Machine {
    pub(crate) system: Option<String>,
    pub(crate) kernel: String,
    pub(crate) architecture: String,
    pub(crate) processor: Option<String>,
    pub(crate) cores: u32,
    pub(crate) memory: Option<String>,
    pub(crate) tcp_congestion_control: Option<String>,
    pub(crate) load_at_end: Option<String>,
}

/// A peer that was installed.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct PeerFacts {
    pub(crate) peer: String,
    pub(crate) version: String,
    /// What the server's memory figure contains.
    pub(crate) server_pss_is_of: String,
    /// What a reader of its figures has to know; none in older results.
    pub(crate) remark: Option<String>,
}

/// A link and its figures in words.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct LinkFacts {
    #[serde(rename = "link")]
    pub(crate) name: String,
    pub(crate) figures: Option<String>,
    /// What a reader has to know beyond the figures; none in older results.
    #[serde(default)]
    pub(crate) notes: Vec<String>,
}

/// One peer, link and work.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct CellResult {
    pub(crate) peer: String,
    pub(crate) link: String,
    pub(crate) work: String,
    #[serde(flatten)]
    pub(crate) outcome: CellOutcome,
}

/// How it ended; with the reason where there are no figures.
#[derive(Debug, Clone, Deserialize)]
#[serde(tag = "outcome", content = "detail", rename_all = "lowercase")]
pub(crate) enum CellOutcome {
    Measured(Box<Detail>),
    Failed(String),
    Skipped(String),
}

impl CellResult {
    pub(crate) fn detail(&self) -> Option<&Detail> {
        match &self.outcome {
            CellOutcome::Measured(detail) => Some(detail),
            CellOutcome::Failed(_) | CellOutcome::Skipped(_) => None,
        }
    }
}

impl Results {
    /// Fails, with the place in the file, unless it is one that this version understands.
    pub(crate) fn parse(text: &str) -> Result<Self> {
        let results: Self = serde_json::from_str(text).context("not the results of this bench")?;
        ensure!(
            results.format == FORMAT,
            "format {} of the results is not {FORMAT}, the one that this version writes",
            results.format
        );
        Ok(results)
    }

    pub(crate) fn load(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("cannot read {}", path.display()))?;
        Self::parse(&text).with_context(|| format!("cannot use {}", path.display()))
    }

    /// Several runs as one: what they were made on and with is that of the first, the cells are
    /// those of all.
    pub(crate) fn joined(runs: &[Self]) -> Self {
        let mut runs = runs.iter().cloned();
        let mut all = runs.next().unwrap_or_default();
        for run in runs {
            all.cells_planned += run.cells_planned;
            all.cells.extend(run.cells);
            for link in run.links {
                if !all.links.iter().any(|known| known.name == link.name) {
                    all.links.push(link);
                }
            }
            for peer in run.peers {
                if !all.peers.iter().any(|known| known.peer == peer.peer) {
                    all.peers.push(peer);
                }
            }
        }
        all
    }

    /// The figures of one cell, if it was measured.
    pub(crate) fn detail(&self, link: &str, work: &str, peer: &str) -> Option<&Detail> {
        let is_it =
            |cell: &&CellResult| cell.link == link && cell.work == work && cell.peer == peer;
        self.cells.iter().find(is_it)?.detail()
    }

    /// The measured works of a link in the order of the run, those of one kind.
    pub(crate) fn works(&self, link: &str, kind: Kind) -> Vec<&str> {
        let mut works: Vec<&str> = Vec::new();
        for cell in self.cells.iter().filter(|cell| cell.link == link) {
            let fits = cell.detail().is_some_and(|detail| detail.kind() == kind);
            if fits && !works.contains(&cell.work.as_str()) {
                works.push(&cell.work);
            }
        }
        works
    }

    /// The peers with figures for a work, in the order of the run.
    pub(crate) fn measured<'a>(
        &'a self,
        link: &'a str,
        work: &'a str,
    ) -> impl Iterator<Item = (&'a str, &'a Detail)> {
        let cells = self.cells.iter();
        cells
            .filter(move |cell| cell.link == link && cell.work == work)
            .filter_map(|cell| Some((cell.peer.as_str(), cell.detail()?)))
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) const SAMPLE: &str = include_str!("../../tests/data/results.json");

    #[test]
    fn reads_what_a_run_wrote() {
        let results = Results::parse(SAMPLE).unwrap();
        assert_eq!(results.works("lan", Kind::Actions), ["key", "scroll"]);
        assert_eq!(results.works("lan", Kind::Film), ["video"]);
        let peers: Vec<&str> = results
            .measured("lan", "key")
            .map(|(peer, _)| peer)
            .collect();
        assert_eq!(peers, ["floor", "hackstream", "tigervnc"]);
        assert!(results.detail("lan", "key", "xpra").is_none());
        let skipped = |cell: &CellResult| matches!(cell.outcome, CellOutcome::Skipped(_));
        assert!(results.cells.iter().any(skipped));
    }

    #[test]
    fn joined_runs_have_all_cells_and_each_link_and_peer_once() {
        let first = Results::parse(SAMPLE).unwrap();
        let mut second = first.clone();
        second.links[0].name = "dsl".to_owned();
        second
            .cells
            .iter_mut()
            .for_each(|cell| cell.link = "dsl".to_owned());
        let all = Results::joined(&[first.clone(), second]);
        assert_eq!(all.cells.len(), 2 * first.cells.len());
        let links: Vec<&str> = all.links.iter().map(|link| link.name.as_str()).collect();
        assert_eq!(links, ["lan", "dsl"]);
        assert_eq!(all.peers.len(), first.peers.len());
        assert_eq!(all.works("dsl", Kind::Actions), ["key", "scroll"]);
    }

    #[test]
    fn says_what_is_wrong_with_a_file() {
        let error = Results::parse("{\"format\": 2}").unwrap_err();
        assert!(format!("{error:#}").contains("missing field"), "{error:#}");
        let older = SAMPLE.replace("\"format\": 2", "\"format\": 1");
        let error = Results::parse(&older).unwrap_err();
        assert!(error.to_string().contains("format 1"), "{error:#}");
    }
}
