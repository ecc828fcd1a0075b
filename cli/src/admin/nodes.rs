//! `hackstreamctl nodes`.

use std::process::ExitCode;

use clap::Subcommand;
use hackstream_control_api::fleet::NodeStatus;
use hackstream_control_api::time::UnixMillis;

use crate::api::request::Request;
use crate::context::Context;
use crate::error::CliError;
use crate::hub::Hub;
use crate::terminal::out::{self, harmless};
use crate::terminal::{size, table, when};

/// What to do with nodes.
#[derive(Clone, Debug, Subcommand)]
pub enum Nodes {
    /// Show them, and what is free there
    List {
        /// As JSON, with all that the hub says
        #[arg(long)]
        json: bool,
    },
    /// Take one out of service: what runs goes on, nothing new comes
    Cordon {
        /// Its name
        node: String,
    },
    /// Put it back into service
    Uncordon {
        /// Its name
        node: String,
    },
}

impl Nodes {
    /// Does it.
    ///
    /// # Errors
    /// What the hub says, and those of asking it.
    pub fn run(self, context: &Context) -> Result<ExitCode, CliError> {
        let hub = context.hub()?;
        let nodes: Vec<NodeStatus> = hub.ask(&Request::get("/v1/nodes"))?;
        match self {
            Self::List { json: true } => out::print_json(&nodes)?,
            Self::List { json: false } if nodes.is_empty() => {
                out::tell("No node. `hackstreamd node add NAME --token-file FILE` adds one.")?;
            }
            Self::List { json: false } => out::print(&text(&nodes, context.now()))?,
            Self::Cordon { node } => set(&hub, &nodes, &node, "cordon")?,
            Self::Uncordon { node } => set(&hub, &nodes, &node, "uncordon")?,
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn set(hub: &Hub<'_>, nodes: &[NodeStatus], name: &str, deed: &str) -> Result<(), CliError> {
    let node = nodes
        .iter()
        .find(|node| node.name == name || node.id.to_string() == name);
    let node = node.ok_or_else(|| {
        let name = harmless(name);
        CliError::Failed(format!(
            "there is no node {name}: `hackstreamctl nodes list` shows them"
        ))
    })?;
    let id = node.id;
    hub.send(&Request::post_nothing(format!("/v1/nodes/{id}/{deed}")))?;
    out::print(&format!("{} {deed}ed", harmless(&node.name)))
}

fn text(nodes: &[NodeStatus], now: UnixMillis) -> String {
    let rows: Vec<_> = nodes.iter().map(|node| row(node, now)).collect();
    let head = [
        "NODE",
        "STATE",
        "SESSIONS",
        "MEMORY FREE",
        "LIMITS",
        "APPS",
        "REPORTED",
        "VERSION",
    ];
    let problems = nodes.iter().filter_map(|node| {
        let problem = node.problem.as_ref().filter(|_| node.alive)?;
        let (name, problem) = (harmless(&node.name), harmless(problem));
        Some(format!("\n{name} can start no session: {problem}"))
    });
    table::render(head, &rows) + &problems.collect::<String>()
}

fn row(node: &NodeStatus, now: UnixMillis) -> [String; 8] {
    let state = match (node.alive, node.cordoned, &node.problem) {
        (false, ..) => "silent",
        (true, true, _) => "cordoned",
        (true, false, Some(_)) => "broken",
        (true, false, None) => "ready",
    };
    let capacity = &node.capacity;
    let free = capacity
        .memory_allocatable
        .saturating_sub(node.memory_promised);
    let reported = node
        .last_report_at
        .map(|at| format!("{} ago", when::ago(at, now)));
    [
        node.name.clone(),
        state.to_owned(),
        format!("{} of {}", node.sessions, capacity.max_sessions),
        format!(
            "{} of {}",
            size::show_bytes(free),
            size::show_bytes(capacity.memory_allocatable)
        ),
        if node.limits_enforced {
            "kept"
        } else {
            "not kept"
        }
        .to_owned(),
        node.apps.join(","),
        reported.unwrap_or_else(|| "never".to_owned()),
        node.version.clone(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn why_a_node_can_start_nothing_is_said() {
        let node = |alive: bool| {
            let text = format!(
                r#"{{"id":"01ARZ3NDEKTSV4RRFFQ69G5FAV","name":"a","alive":{alive},"cordoned":false,
                "last_report_at":null,"capacity":{{"memory_bytes":1,"memory_allocatable":1,
                "cpu_millis":1,"cpu_allocatable":1,"max_sessions":1}},"memory_promised":0,
                "sessions":0,"apps":[],"limits_enforced":true,"version":"1",
                "problem":"there is no\u001b engine"}}"#
            );
            serde_json::from_str::<NodeStatus>(&text).unwrap()
        };
        let shown = text(&[node(true)], UnixMillis(0));
        assert!(shown.contains("broken"), "{shown}");
        let last = shown.lines().last();
        assert_eq!(
            last,
            Some("a can start no session: there is no\u{fffd} engine")
        );
        // What it said last is old.
        let silent = text(&[node(false)], UnixMillis(0));
        assert!(
            silent.contains("silent") && !silent.contains("engine"),
            "{silent}"
        );
    }
}
