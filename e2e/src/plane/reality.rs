//! What there is of sessions on this machine, beside what the hub says.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{Agent, Plane};
use crate::PATIENCE;

/// Between two looks: each takes all processes of the machine.
const LOOK: Duration = Duration::from_millis(100);

/// Names of sessions.
pub type Names = BTreeSet<String>;

/// Waits until each session that the hub has is there with all that belongs to it, and nothing else is:
/// folders, keepers, processes, control groups, network namespaces, UDP ports and mounts. Which sessions
/// these are.
///
/// # Panics
/// If hub and machine do not come to agree.
pub fn agree(plane: &Plane, agents: &[&Agent], token: &str) -> Names {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let sessions = plane.ok("GET", "/v1/sessions?limit=200", token, &Value::Null);
        match compare(agents, sessions.as_array().expect("a list")) {
            Ok(live) => return live,
            Err(why) => {
                let said: Vec<_> = agents.iter().map(|agent| agent.said().all()).collect();
                assert!(
                    Instant::now() < deadline,
                    "{why}\n{sessions}\n{said:#?}\n{:#?}",
                    plane.hub.stderr.all()
                );
            }
        }
        std::thread::sleep(LOOK);
    }
}

/// The sessions that live, or what does not fit.
fn compare(agents: &[&Agent], sessions: &[Value]) -> Result<Names, String> {
    let (mut known, mut live) = (Names::new(), Names::new());
    for session in sessions {
        let name = session["session_id"].as_str().expect("a name").to_owned();
        known.insert(name.clone());
        match session["state"].as_str().expect("a state") {
            "ready" | "claimed" | "running" => drop(live.insert(name)),
            "stopped" | "failed" => {}
            other => return Err(format!("{name} is {other}")),
        }
    }
    let expect = |what: &str, found: &Names| {
        let differs = || format!("the hub has {live:?}, but {what} are those of {found:?}");
        (*found == live).then_some(()).ok_or_else(differs)
    };
    expect("folders", &folders(agents))?;
    if let Some(groups) = groups(&known) {
        expect("control groups", &groups)?;
    }
    ports(agents, &known, &live)?;
    let found = processes(agents)?;
    expect("keepers", &found.keepers)?;
    expect("processes", &found.processes.keys().cloned().collect())?;
    for (name, spaces) in found.processes {
        if spaces.len() != 1 {
            return Err(format!("{name} has the network namespaces {spaces:?}"));
        }
    }
    let mounts = fs::read_to_string("/proc/self/mountinfo").expect("mounts");
    match known.iter().find(|name| mounts.contains(*name)) {
        Some(name) => Err(format!("a mount of {name} is left")),
        None => Ok(live),
    }
}

fn folders(agents: &[&Agent]) -> Names {
    let all = agents.iter().map(|agent| fs::read_dir(agent.sessions()));
    let all = all.flat_map(|folders| folders.expect("a folder").flatten());
    all.map(|folder| folder.file_name().to_string_lossy().into_owned())
        .collect()
}

/// Those of the sessions whose names are known: other tests have groups beside them. `None` where the
/// machine has no such groups.
fn groups(known: &Names) -> Option<Names> {
    let mounts = fs::read_to_string("/proc/self/mountinfo").expect("mounts");
    let tree = mounts.lines().find_map(|line| {
        let (mount, kind) = line.split_once(" - ")?;
        kind.starts_with("cgroup2 ").then_some(())?;
        mount.split(' ').nth(4).map(PathBuf::from)
    });
    let groups = fs::read_dir(tree?.join("hackstream")).ok()?;
    let names = groups
        .flatten()
        .map(|group| group.file_name().to_string_lossy().into_owned());
    Some(names.filter(|name| known.contains(name)).collect())
}

/// The sockets of sessions that were there: a port may be somebody else's later, a socket is not.
static SOCKETS: Mutex<BTreeMap<String, u64>> = Mutex::new(BTreeMap::new());

/// Whether each of the sessions that live has its port, and none that ended has kept its own.
fn ports(agents: &[&Agent], known: &Names, live: &Names) -> Result<(), String> {
    let bound = bound();
    let mut sockets = SOCKETS.lock().expect("unpoisoned");
    for agent in agents {
        for name in folders(&[agent]).intersection(live) {
            let port = agent.file(name, "state.json")["port"].as_u64();
            let socket = port.and_then(|port| bound.get(&port));
            let socket = socket.ok_or_else(|| format!("{name} has no port: {port:?}"))?;
            sockets.insert(name.clone(), *socket);
        }
    }
    let is_kept = |name: &&String| {
        let socket = sockets.get(*name);
        socket.is_some_and(|socket| bound.values().any(|one| one == socket))
    };
    match known.difference(live).find(is_kept) {
        Some(name) => Err(format!("the port of {name} is still bound")),
        None => Ok(()),
    }
}

/// UDP ports of this machine's network, and the numbers of the sockets that have them.
fn bound() -> BTreeMap<u64, u64> {
    let table = fs::read_to_string("/proc/net/udp").expect("a table of sockets");
    let entry = |line: &str| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let (_, port) = fields.get(1)?.split_once(':')?;
        let port = u64::from_str_radix(port, 16).ok()?;
        Some((port, fields.get(9)?.parse().ok()?))
    };
    table.lines().skip(1).filter_map(entry).collect()
}

/// Sessions with their network namespaces, by their processes.
struct Running {
    keepers: Names,
    processes: BTreeMap<String, BTreeSet<PathBuf>>,
}

fn processes(agents: &[&Agent]) -> Result<Running, String> {
    let own = fs::read_link("/proc/self/ns/net").expect("a namespace");
    let owners = owners(agents);
    let mut running = Running {
        keepers: Names::new(),
        processes: BTreeMap::new(),
    };
    for place in fs::read_dir("/proc").expect("/proc").flatten() {
        let place = place.path();
        let command = fs::read(place.join("cmdline")).unwrap_or_default();
        let command = String::from_utf8_lossy(&command).into_owned();
        running.keepers.extend(kept(agents, &command));
        let Some(user) = user(&place) else { continue };
        if !agents.iter().any(|agent| agent.has_user(user)) {
            continue;
        }
        let owner = owners.get(&user);
        let owner = owner.ok_or_else(|| format!("{} is nobody's: {command}", place.display()))?;
        let spaces = running.processes.entry(owner.clone()).or_default();
        // What carries packets out of the session's network stands outside.
        let space = fs::read_link(place.join("ns/net"));
        spaces.extend(space.ok().filter(|space| *space != own));
    }
    Ok(running)
}

/// The session that a process keeps, by the folder it was started with.
fn kept(agents: &[&Agent], command: &str) -> Option<String> {
    let mut words = command.split('\0').skip(1);
    (words.next()? == "keep-session").then_some(())?;
    let folder = Path::new(words.next()?);
    let parent = folder.parent()?.canonicalize().ok()?;
    let is_ours = |agent: &&Agent| {
        agent
            .sessions()
            .canonicalize()
            .is_ok_and(|own| own == parent)
    };
    agents.iter().any(is_ours).then_some(())?;
    Some(folder.file_name()?.to_str()?.to_owned())
}

/// Whose processes run as which user.
fn owners(agents: &[&Agent]) -> BTreeMap<u32, String> {
    let mut owners = BTreeMap::new();
    for agent in agents {
        for name in folders(&[agent]) {
            let is_over = agent.file(&name, "state.json")["life"]["is"] == json!("ended");
            let user = agent.file(&name, "keep.json")["user"].as_u64();
            let user = user.and_then(|user| u32::try_from(user).ok());
            owners.extend(user.filter(|_| !is_over).map(|user| (user, name)));
        }
    }
    owners
}

/// As whom a process runs; `None` if it has ended.
fn user(process: &Path) -> Option<u32> {
    let status = fs::read_to_string(process.join("status")).ok()?;
    if status.contains("\nState:\tZ") {
        return None;
    }
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("Uid:\t"))?;
    line.split('\t').next()?.parse().ok()
}
