//! Which node takes a session.
//!
//! Filter, then fill up: of the nodes with room, the one that has the least memory left afterwards,
//! so that big sessions find room elsewhere. If none has room, each says what it lacks.

use hackstream_control_api::id::NodeId;
use hackstream_control_api::launch::Resources;
use hackstream_control_api::node::Capacity;
use hackstream_control_api::problem::NodeRefusal;
use hackstream_control_api::time::{Seconds, UnixMillis};

/// A node that has been silent for so long gets nothing new.
pub const SILENT: Seconds = Seconds(30);

/// A node as it is now.
#[derive(Clone, Debug)]
pub struct Room {
    /// Which.
    pub id: NodeId,
    /// What people call it.
    pub name: String,
    /// Taken out of service.
    pub cordoned: bool,
    /// When it last reported.
    pub last_report_at: Option<UnixMillis>,
    /// What it has.
    pub capacity: Capacity,
    /// What it can run.
    pub apps: Vec<String>,
    /// Whether it says that it can start nothing now.
    pub has_problem: bool,
    /// Bytes of memory that its sessions have been promised.
    pub memory_promised: u64,
    /// Thousandths of a CPU, likewise.
    pub cpu_promised: u64,
    /// Its sessions.
    pub sessions: u32,
}

impl Room {
    /// Whether it has reported lately.
    #[must_use]
    pub fn is_alive(&self, now: UnixMillis) -> bool {
        self.last_report_at
            .is_some_and(|last| now <= last.plus(SILENT))
    }

    /// Promises it to one more session.
    pub const fn promise(&mut self, wanted: &Resources) {
        self.memory_promised = self.memory_promised.saturating_add(wanted.memory_request);
        self.cpu_promised = self.cpu_promised.saturating_add(wanted.cpu_request);
        self.sessions = self.sessions.saturating_add(1);
    }

    /// Takes the promise to a session back.
    pub const fn release(&mut self, promised: &Resources) {
        self.memory_promised = self.memory_promised.saturating_sub(promised.memory_request);
        self.cpu_promised = self.cpu_promised.saturating_sub(promised.cpu_request);
        self.sessions = self.sessions.saturating_sub(1);
    }

    /// Why it cannot take such a session.
    fn refuses(&self, app: &str, wanted: &Resources, now: UnixMillis) -> Option<NodeRefusal> {
        let lacks = |lacks: &str, need, free| {
            Some(NodeRefusal {
                node: self.name.clone(),
                lacks: lacks.to_owned(),
                need,
                free,
            })
        };
        let memory_free = self
            .capacity
            .memory_allocatable
            .saturating_sub(self.memory_promised);
        let cpu_free = self
            .capacity
            .cpu_allocatable
            .saturating_sub(self.cpu_promised);
        if self.cordoned {
            lacks("cordoned", None, None)
        } else if !self.is_alive(now) {
            lacks("report", None, None)
        } else if self.has_problem {
            lacks("driver", None, None)
        } else if !self.apps.iter().any(|known| known == app) {
            lacks("app", None, None)
        } else if self.sessions >= self.capacity.max_sessions {
            lacks("sessions", Some(1), Some(0))
        } else if wanted.memory_request > memory_free {
            lacks("memory", Some(wanted.memory_request), Some(memory_free))
        } else if wanted.cpu_request > cpu_free {
            lacks("cpu", Some(wanted.cpu_request), Some(cpu_free))
        } else {
            None
        }
    }
}

/// The node that takes a session of `app`.
///
/// # Errors
/// Why none can; empty if there are no nodes.
pub fn choose(
    rooms: &[Room],
    app: &str,
    wanted: &Resources,
    now: UnixMillis,
) -> Result<NodeId, Vec<NodeRefusal>> {
    let mut refusals = Vec::new();
    let mut best: Option<(u64, NodeId)> = None;
    for room in rooms {
        if let Some(refusal) = room.refuses(app, wanted, now) {
            refusals.push(refusal);
            continue;
        }
        let left = room.capacity.memory_allocatable - room.memory_promised - wanted.memory_request;
        let candidate = (left, room.id);
        best = Some(best.map_or(candidate, |best| best.min(candidate)));
    }
    best.map(|(_, id)| id).ok_or(refusals)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NOW: UnixMillis = UnixMillis(1_000_000);

    fn room(number: u8, memory: u64, promised: u64) -> Room {
        Room {
            id: NodeId::new(UnixMillis(0), [number; 10]),
            name: format!("node-{number}"),
            cordoned: false,
            last_report_at: Some(NOW),
            capacity: Capacity {
                memory_allocatable: memory,
                cpu_allocatable: 64_000,
                max_sessions: 100,
                ..Capacity::default()
            },
            apps: vec!["browser".to_owned()],
            has_problem: false,
            memory_promised: promised,
            cpu_promised: 0,
            sessions: 0,
        }
    }

    fn wanted(memory: u64) -> Resources {
        Resources {
            memory_request: memory,
            ..Resources::default()
        }
    }

    #[test]
    fn the_fullest_that_has_room_takes_it() {
        let rooms = [
            room(1, 8000, 1000),
            room(2, 8000, 6500),
            room(3, 8000, 7500),
        ];
        assert_eq!(
            choose(&rooms, "browser", &wanted(1000), NOW),
            Ok(rooms[1].id)
        );
    }

    #[test]
    fn each_node_says_what_it_lacks() {
        let mut rooms = vec![
            room(1, 1000, 700),
            room(2, 9000, 0),
            room(3, 9000, 0),
            room(4, 9000, 0),
            room(5, 9000, 0),
        ];
        rooms[1].cordoned = true;
        rooms[2].last_report_at = Some(UnixMillis(1));
        rooms[3].apps.clear();
        rooms[4].has_problem = true;
        let refusals = choose(&rooms, "browser", &wanted(1024), NOW).unwrap_err();
        let lacks: Vec<_> = refusals
            .iter()
            .map(|refusal| refusal.lacks.as_str())
            .collect();
        assert_eq!(lacks, ["memory", "cordoned", "report", "app", "driver"]);
        assert_eq!(
            (refusals[0].need, refusals[0].free),
            (Some(1024), Some(300))
        );
    }

    proptest! {
        #[test]
        fn no_node_promises_more_than_it_has(
            rooms in prop::collection::vec((0_u64..4000, 0_u64..4000), 0..6), need in 1_u64..2000,
        ) {
            let rooms: Vec<_> = rooms.iter().enumerate()
                .map(|(number, (memory, promised))| room(number as u8, *memory, *promised)).collect();
            match choose(&rooms, "browser", &wanted(need), NOW) {
                Ok(id) => {
                    let room = rooms.iter().find(|room| room.id == id).unwrap();
                    prop_assert!(room.memory_promised + need <= room.capacity.memory_allocatable);
                }
                Err(refusals) => prop_assert_eq!(refusals.len(), rooms.len()),
            }
        }
    }
}
