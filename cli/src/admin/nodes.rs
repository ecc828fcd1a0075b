//! `hackstreamctl nodes`.

use std::process::ExitCode;

use clap::Subcommand;
use hackstream_control_api::enroll::{EnrollCode, Join, NewCode};
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
    /// Let a machine in: prints what `hackstream-noded enroll` reads there, within ten minutes
    ///
    /// It is a secret until then, and good for one machine. The machine recognises the hub by the key that
    /// this command recognises it by; where that is a certificate, its configuration needs hub_certificate.
    Add {
        /// What to call it
        node: String,
    },
    /// Take one out for good: it is nobody to the hub at once, and its lost sessions have ended
    Remove {
        /// Its name
        node: String,
        /// Although it has sessions: they count as ended, and on a machine that runs they go on until
        /// their own timers end them
        #[arg(long)]
        force: bool,
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
        if let Self::Add { node } = self {
            add(&hub, node)?;
            return Ok(ExitCode::SUCCESS);
        }
        let nodes: Vec<NodeStatus> = hub.ask(&Request::get("/v1/nodes"))?;
        match self {
            Self::Add { .. } => {}
            Self::List { json: true } => out::print_json(&nodes)?,
            Self::List { json: false } if nodes.is_empty() => {
                out::tell("No node. `hackstreamctl nodes add NAME` lets one in.")?;
            }
            Self::List { json: false } => out::print(&text(&nodes, context.now()))?,
            Self::Cordon { node } => set(&hub, &nodes, &node, "cordon")?,
            Self::Uncordon { node } => set(&hub, &nodes, &node, "uncordon")?,
            Self::Remove { node, force } => remove(&hub, &nodes, &node, force)?,
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn add(hub: &Hub<'_>, name: String) -> Result<(), CliError> {
    let request = Request::post("/v1/enroll-codes", &NewCode { name })?;
    let made: EnrollCode = hub.ask(&request)?;
    let join = Join {
        hub: hub.api().address().to_string(),
        key: hub.api().key().map(|key| key.to_string()),
        code: made.code,
    };
    out::tell(
        "On the machine, within ten minutes: hackstream-noded enroll, and this as its input",
    )?;
    out::print(&join.to_string())
}

fn set(hub: &Hub<'_>, nodes: &[NodeStatus], name: &str, deed: &str) -> Result<(), CliError> {
    let node = named(nodes, name)?;
    let id = node.id;
    hub.send(&Request::post_nothing(format!("/v1/nodes/{id}/{deed}")))?;
    out::print(&format!("{} {deed}ed", harmless(&node.name)))
}

fn remove(hub: &Hub<'_>, nodes: &[NodeStatus], name: &str, force: bool) -> Result<(), CliError> {
    let node = named(nodes, name)?;
    let id = node.id;
    hub.send(&Request::delete(format!("/v1/nodes/{id}?force={force}")))?;
    out::print(&format!("{} removed", harmless(&node.name)))
}

fn named<'a>(nodes: &'a [NodeStatus], name: &str) -> Result<&'a NodeStatus, CliError> {
    let mut all = nodes.iter();
    let node = all.find(|node| node.name == name || node.id.to_string() == name);
    node.ok_or_else(|| {
        let name = harmless(name);
        CliError::Failed(format!(
            "there is no node {name}: `hackstreamctl nodes list` shows them"
        ))
    })
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
