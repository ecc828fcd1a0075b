//! Control groups (cgroup v2): each session is in one of its own, by which it is limited and ended.
//!
//! ```text
//! hackstream/SESSION            nobody: ends all below
//! hackstream/SESSION/keeper     the session's keeper
//! hackstream/SESSION/programs   all that it starts, within the session's limits
//! ```
//!
//! A group can be removed only if nobody is in it, and nobody can enter one that is gone: the removal
//! shows that nothing of the session runs, which no list of processes could show.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use hackstream_control_api::id::SessionId;
use hackstream_control_api::launch::Resources;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, geteuid, pidfd_open};
use serde::{Deserialize, Serialize};

/// What our groups stand in.
const OURS: &str = "hackstream";

const KEEPER: &str = "keeper";
const PROGRAMS: &str = "programs";

/// What limits are kept by.
const CONTROLLERS: [&str; 3] = ["memory", "pids", "cpu"];

/// Microseconds for which a session's share of the processors is counted.
const PERIOD: u64 = 100_000;

/// Between two looks whether a group is empty, if the kernel does not tell.
const LOOK: Duration = Duration::from_millis(20);

/// Where sessions' groups are made.
#[derive(Clone, Debug)]
pub struct Groups {
    folder: PathBuf,
    controllers: Vec<&'static str>,
}

impl Groups {
    /// The machine's, if it has such groups and lets us make some; as root at the top of the tree, so
    /// that they outlive the service that the agent is, otherwise below our own.
    ///
    /// # Errors
    /// The system's: why there are none.
    pub fn find() -> io::Result<Self> {
        let mounts = fs::read_to_string("/proc/self/mountinfo")?;
        let tree = mount(&mounts).ok_or_else(|| io::Error::other("cgroup v2 is not mounted"))?;
        let above = if geteuid().is_root() {
            tree
        } else {
            let own = fs::read_to_string("/proc/self/cgroup")?;
            below(&tree, &own).ok_or_else(|| io::Error::other("we are in no group"))?
        };
        Self::within(&above)
    }

    /// Those in the group at this path.
    ///
    /// # Errors
    /// The system's, if it has none.
    pub fn within(above: &Path) -> io::Result<Self> {
        let folder = above.join(OURS);
        make(&folder)?;
        fs::metadata(folder.join("cgroup.kill")).map_err(|_| {
            io::Error::other("the kernel cannot end a group; that needs Linux 5.14 or later")
        })?;
        for group in [above, &folder] {
            enable(group);
        }
        let enabled = fs::read_to_string(folder.join("cgroup.subtree_control"))?;
        let is_enabled = |name: &&str| enabled.split_whitespace().any(|one| one == *name);
        Ok(Self {
            folder,
            controllers: CONTROLLERS.into_iter().filter(is_enabled).collect(),
        })
    }

    /// Whether the kernel keeps sessions to what they may use.
    #[must_use]
    pub fn have_limits(&self) -> bool {
        self.controllers.len() == CONTROLLERS.len()
    }

    /// The group of a session.
    #[must_use]
    pub fn of(&self, session: SessionId) -> Group {
        Group(self.folder.join(session.to_string()))
    }

    /// Makes the group of a session, which may use so much.
    ///
    /// # Errors
    /// The system's.
    pub fn make(&self, session: SessionId, resources: &Resources) -> io::Result<Group> {
        let group = self.of(session);
        make(&group.0)?;
        enable(&group.0);
        make(&group.0.join(KEEPER))?;
        let programs = group.0.join(PROGRAMS);
        make(&programs)?;
        for (controller, file, value) in limits(resources) {
            if self.controllers.contains(&controller) {
                fs::write(programs.join(file), value)?;
            }
        }
        Ok(group)
    }
}

/// The files that limit a group, what they belong to, and what to write there.
fn limits(resources: &Resources) -> [(&'static str, &'static str, String); 5] {
    let soft = resources.memory_limit / 10 * 9;
    let quota = resources.cpu_limit.saturating_mul(PERIOD) / 1000;
    [
        ("memory", "memory.high", soft.to_string()),
        ("memory", "memory.max", resources.memory_limit.to_string()),
        // Half a session is none.
        ("memory", "memory.oom.group", "1".to_owned()),
        ("pids", "pids.max", resources.pids.to_string()),
        ("cpu", "cpu.max", format!("{} {PERIOD}", quota.max(1000))),
    ]
}

/// The control group of one session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group(PathBuf);

impl Group {
    /// Where the keeper enters.
    ///
    /// # Errors
    /// The system's.
    pub fn keepers_door(&self) -> io::Result<File> {
        self.door(KEEPER)
    }

    /// Where the session's programs enter.
    ///
    /// # Errors
    /// The system's.
    pub fn programs_door(&self) -> io::Result<File> {
        self.door(PROGRAMS)
    }

    fn door(&self, part: &str) -> io::Result<File> {
        let path = self.0.join(part).join("cgroup.procs");
        OpenOptions::new().write(true).open(path)
    }

    /// The session's programs.
    #[must_use]
    pub fn programs(&self) -> Vec<i32> {
        processes(&self.0.join(PROGRAMS))
    }

    /// Has the kernel end all of the session, and does not wait for it.
    pub fn kill(&self) {
        let _ = fs::write(self.0.join("cgroup.kill"), "1");
    }

    /// Ends the session's programs, not its keeper; whether none is left within `patience`.
    #[must_use]
    pub fn end_programs(&self, patience: Duration) -> bool {
        end(&self.0, &[PROGRAMS], patience)
    }

    /// Ends all of the session, the keeper as well; whether none is left within `patience`.
    #[must_use]
    pub fn end(&self, patience: Duration) -> bool {
        end(&self.0, &[PROGRAMS, KEEPER, ""], patience)
    }

    /// Removes what is left of the group of a session that has ended.
    pub fn tidy(&self) {
        for part in [self.0.join(PROGRAMS), self.0.join(KEEPER), self.0.clone()] {
            let _ = fs::remove_dir(part);
        }
    }
}

/// Ends all in these parts of a group, and removes them.
fn end(group: &Path, parts: &[&str], patience: Duration) -> bool {
    let deadline = Instant::now() + patience;
    parts.iter().all(|part| {
        // `join` with nothing would end the path with a slash.
        let part = match *part {
            "" => group.to_owned(),
            part => group.join(part),
        };
        end_one(&part, deadline)
    })
}

fn end_one(group: &Path, deadline: Instant) -> bool {
    // Who has left a group may still be about to end.
    let handles: Vec<OwnedFd> = processes(group)
        .into_iter()
        .filter_map(|process| pidfd_open(Pid::from_raw(process)?, PidfdFlags::empty()).ok())
        .collect();
    loop {
        let _ = fs::write(group.join("cgroup.kill"), "1");
        match fs::remove_dir(group) {
            Ok(()) => break,
            Err(error) if error.kind() == io::ErrorKind::NotFound => break,
            Err(_) if Instant::now() >= deadline => return false,
            Err(_) => wait_for_change(group),
        }
    }
    handles.iter().all(|handle| has_ended(handle, deadline))
}

/// Returns when somebody in the group has ended, or a moment later.
fn wait_for_change(group: &Path) {
    let timeout = Timespec::try_from(LOOK).ok();
    let Ok(mut events) = File::open(group.join("cgroup.events")) else {
        return;
    };
    // The kernel tells of changes after what was read.
    let mut said = String::new();
    let read = events.read_to_string(&mut said);
    if read.is_err() || said.contains("populated 0") {
        return;
    }
    let mut changed = [PollFd::new(&events, PollFlags::PRI)];
    let _ = poll(&mut changed, timeout.as_ref());
}

fn has_ended(process: &OwnedFd, deadline: Instant) -> bool {
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        let timeout = Timespec::try_from(left).ok();
        let mut ended = [PollFd::new(process, PollFlags::IN)];
        match poll(&mut ended, timeout.as_ref()) {
            Err(rustix::io::Errno::INTR) if !left.is_zero() => {}
            answer => return answer == Ok(1),
        }
    }
}

fn processes(group: &Path) -> Vec<i32> {
    let listed = fs::read_to_string(group.join("cgroup.procs")).unwrap_or_default();
    let numbers = listed.lines().filter_map(|line| line.parse().ok());
    // Of another PID namespace than ours.
    numbers.filter(|&number| number > 0).collect()
}

fn make(group: &Path) -> io::Result<()> {
    match fs::create_dir(group) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

/// Has groups below this one limited by what there is. Each by itself: some may be elsewhere (cgroup
/// v1), or not be ours to give.
fn enable(group: &Path) {
    for controller in CONTROLLERS {
        let _ = fs::write(
            group.join("cgroup.subtree_control"),
            format!("+{controller}"),
        );
    }
}

/// Where the whole tree is mounted.
fn mount(mountinfo: &str) -> Option<PathBuf> {
    mountinfo.lines().find_map(|line| {
        let (left, right) = line.split_once(" - ")?;
        let is_tree = right.starts_with("cgroup2 ");
        let path = left.split(' ').nth(4)?;
        is_tree.then(|| PathBuf::from(path))
    })
}

/// The group that `/proc/self/cgroup` names, in the tree.
fn below(tree: &Path, own: &str) -> Option<PathBuf> {
    let path = own.lines().find_map(|line| line.strip_prefix("0::/"))?;
    Some(tree.join(path))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    #[test]
    fn the_tree_is_found_among_older_ones() {
        let mounts = "30 24 0:26 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n\
                      42 24 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw\n";
        let tree = mount(mounts).unwrap();
        assert_eq!(tree, Path::new("/sys/fs/cgroup/unified"));
        let own = below(&tree, "1:cpu:/\n0::/user.slice/x\n").unwrap();
        assert_eq!(own, Path::new("/sys/fs/cgroup/unified/user.slice/x"));
        assert_eq!(mount("1 2 3:4 / /proc rw - proc proc rw\n"), None);
    }

    #[test]
    fn limits_are_what_the_hub_said() {
        let resources = Resources {
            memory_limit: 1000,
            cpu_limit: 1500,
            pids: 7,
            ..Resources::default()
        };
        let written = limits(&resources).map(|(_, file, value)| format!("{file}={value}"));
        assert_eq!(
            written,
            [
                "memory.high=900",
                "memory.max=1000",
                "memory.oom.group=1",
                "pids.max=7",
                "cpu.max=150000 100000"
            ]
        );
    }

    /// Needs a kernel that has such groups and lets us make some, as root has.
    #[test]
    fn all_in_a_group_end_with_it() {
        let Ok(groups) = Groups::find() else {
            assert!(!geteuid().is_root(), "{}", Groups::find().unwrap_err());
            return;
        };
        let session: SessionId = "01ARZ3NDEKTSV4RRFFQ69G5FAV".parse().unwrap();
        let group = groups.make(session, &Resources::default()).unwrap();
        let mut command = Command::new("sh");
        let command = command.args([
            "-c",
            "trap '' TERM; (setsid sleep 1000 &) ; sleep 1000 & wait",
        ]);
        super::super::raw::enter_first(command, group.programs_door().unwrap());
        let mut child = command.spawn().unwrap();
        // The shell and what it started, once they are there.
        for _ in 0..1000 {
            if group.programs().len() >= 3 {
                break;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        let all = group.programs();
        assert!(all.len() >= 3, "{all:?}");
        assert!(group.end(Duration::from_secs(60)));
        child.wait().unwrap();
        let alive = |process: &i32| fs::metadata(format!("/proc/{process}/exe")).is_ok();
        assert!(!all.iter().any(alive));
        assert!(!group.0.exists());
        // Told once more, and of one that never was.
        assert!(group.end(Duration::from_secs(60)));
        assert!(group.programs_door().is_err(), "nobody enters any more");
    }
}
