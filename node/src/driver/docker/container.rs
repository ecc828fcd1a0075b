//! What a session's container is told to be: from its specification, and nothing else.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use bollard::models::{
    ContainerCreateBody, HealthConfig, HostConfig, HostConfigLogConfig, Mount, MountBindOptions,
    MountBindOptionsPropagationEnum, MountType, ResourcesUlimits,
};
use data_encoding::HEXLOWER;
use hackstream_control_api::id::{NodeId, SessionId};
use hackstream_control_api::launch::Resources;
use ring::digest::{SHA256, digest};

use super::seccomp;
use crate::driver::command::{self, Inside};
use crate::spec::SessionSpec;

/// Labels of containers: the session, the node that it is on, and SHA-256 of its specification.
pub const SESSION: &str = "hackstream.session";
/// The node.
pub const NODE: &str = "hackstream.node";
/// 64 hexadecimal digits.
pub const SPEC: &str = "hackstream.spec";

/// The image's user; another one would find no home there.
const USER: &str = "1000";
const HOME: &str = "/home/hackstream";
const RUNTIME: &str = "/run/user/1000";
/// The server's own folder, where it also listens for pages.
const STATE: &str = "/run/hackstream";
/// What we give into the container, to read.
pub(super) const GIVEN: &str = "/etc/hackstream";

/// Bytes of `/dev/shm`.
const SHARED_BYTES: i64 = 256 << 20;

/// What is in memory, of bounded size, and counts as the session's: the only places to write to.
const MEMORY: [(&str, &str); 4] = [
    (
        HOME,
        "rw,exec,nosuid,nodev,size=1g,mode=0700,uid=1000,gid=1000",
    ),
    ("/tmp", "rw,noexec,nosuid,nodev,size=512m,mode=1777"),
    (
        STATE,
        "rw,noexec,nosuid,nodev,size=64m,mode=0700,uid=1000,gid=1000",
    ),
    (
        RUNTIME,
        "rw,noexec,nosuid,nodev,size=64m,mode=0700,uid=1000,gid=1000",
    ),
];

/// What the engine keeps of what the session writes, until we have read it.
const LOG: [(&str, &str); 2] = [("max-size", "4m"), ("max-file", "2")];

/// Descriptors that each program of a session may have.
const DESCRIPTORS: i64 = 8192;

/// How much sooner than others the kernel ends a session's programs where memory is short, of 1000.
const EXPENDABLE: i64 = 500;

/// Microseconds for which a session's share of the processors is counted.
const PERIOD: u64 = 100_000;

/// What engines take at least, of bytes and of microseconds in each [`PERIOD`].
const LEAST_MEMORY: u64 = 6 << 20;
const LEAST_QUOTA: u64 = 1000;

/// Which limits the engine can keep on this machine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// Memory.
    pub memory: bool,
    /// Memory and swap together.
    pub swap: bool,
    /// Processors.
    pub processors: bool,
    /// Processes.
    pub processes: bool,
}

impl Limits {
    /// Whether sessions are kept to what they may use.
    #[must_use]
    pub const fn are_all(self) -> bool {
        self.memory && self.processors && self.processes
    }
}

/// What the container gets beside the session's specification.
#[derive(Clone, Debug)]
pub struct Means {
    /// The image's name.
    pub image: String,
    /// The folder of ours that the session may read.
    pub given: PathBuf,
    /// Limits that may be asked for: an engine that cannot keep one may refuse.
    pub limits: Limits,
}

/// The name of a session's container.
#[must_use]
pub fn name(session: SessionId) -> String {
    format!("hackstream-{session}")
}

/// What tells whether a container was made for exactly this specification: 64 hexadecimal digits.
#[must_use]
pub fn hash(spec: &SessionSpec) -> String {
    // A specification has nothing that JSON cannot say.
    let text = serde_json::to_vec(spec).unwrap_or_default();
    HEXLOWER.encode(digest(&SHA256, &text).as_ref())
}

/// The label by which a node's containers are found.
#[must_use]
pub fn filter(node: NodeId) -> HashMap<String, Vec<String>> {
    HashMap::from([("label".to_owned(), vec![format!("{NODE}={node}")])])
}

/// All that the engine is told of a session's container.
#[must_use]
pub fn body(spec: &SessionSpec, means: &Means) -> ContainerCreateBody {
    let labels = [
        (SESSION, spec.session.to_string()),
        (NODE, spec.node.to_string()),
        (SPEC, hash(spec)),
    ];
    ContainerCreateBody {
        image: Some(means.image.clone()),
        // In full: whatever an image says of these, it is the same for all.
        entrypoint: Some(vec!["tini".to_owned(), "--".to_owned()]),
        cmd: Some(words(spec)),
        env: Some(environment(spec)),
        user: Some(format!("{USER}:{USER}")),
        working_dir: Some(HOME.to_owned()),
        hostname: Some("session".to_owned()),
        stop_signal: Some("SIGTERM".to_owned()),
        // We ask the server ourselves, on a socket that is no file of the container.
        healthcheck: Some(HealthConfig {
            test: Some(vec!["NONE".to_owned()]),
            ..HealthConfig::default()
        }),
        labels: Some(labels.map(|(name, value)| (name.to_owned(), value)).into()),
        host_config: Some(host(spec, means)),
        ..ContainerCreateBody::default()
    }
}

fn words(spec: &SessionSpec) -> Vec<String> {
    let inside = Inside {
        server: "hackstream-server",
        sockets: &["--sockets-from", "/etc/hackstream/door.sock"],
        state: STATE,
        keys: "/etc/hackstream/hub.pub",
    };
    let words = command::command(spec, &inside).into_iter();
    words
        .map(|word| word.to_string_lossy().into_owned())
        .collect()
}

fn environment(spec: &SessionSpec) -> Vec<String> {
    let usual = [
        ("HOME", HOME),
        ("USER", "session"),
        ("LOGNAME", "session"),
        ("LANG", "C.UTF-8"),
        ("XDG_RUNTIME_DIR", RUNTIME),
    ];
    let usual = usual.iter().map(|(name, value)| format!("{name}={value}"));
    let own = spec.environment.iter();
    usual
        .chain(own.map(|(name, value)| format!("{name}={value}")))
        .collect()
}

/// How far the container is apart from the machine.
fn host(spec: &SessionSpec, means: &Means) -> HostConfig {
    let profile = seccomp::profile(spec.own_sandbox);
    HostConfig {
        // Its one way in is a socket that is handed to it; a way out is made by us.
        network_mode: Some("none".to_owned()),
        readonly_rootfs: Some(true),
        cap_drop: Some(vec!["ALL".to_owned()]),
        security_opt: Some(vec![
            "no-new-privileges".to_owned(),
            format!("seccomp={profile}"),
        ]),
        privileged: Some(false),
        ipc_mode: Some("private".to_owned()),
        tmpfs: Some(
            MEMORY
                .map(|(place, how)| (place.to_owned(), how.to_owned()))
                .into(),
        ),
        shm_size: Some(SHARED_BYTES),
        mounts: Some(vec![
            shown(&means.given, GIVEN),
            shown(&means.given.join("resolv.conf"), "/etc/resolv.conf"),
        ]),
        log_config: Some(HostConfigLogConfig {
            typ: Some("json-file".to_owned()),
            config: Some(
                LOG.map(|(name, value)| (name.to_owned(), value.to_owned()))
                    .into(),
            ),
        }),
        ulimits: Some(vec![ulimit("nofile", DESCRIPTORS), ulimit("core", 0)]),
        oom_score_adj: Some(EXPENDABLE),
        ..limited(&spec.resources, means.limits)
    }
}

/// A file or folder of ours, to read.
fn shown(from: &Path, to: &str) -> Mount {
    Mount {
        typ: Some(MountType::BIND),
        source: Some(from.to_string_lossy().into_owned()),
        target: Some(to.to_owned()),
        read_only: Some(true),
        bind_options: Some(MountBindOptions {
            propagation: Some(MountBindOptionsPropagationEnum::RPRIVATE),
            ..MountBindOptions::default()
        }),
        ..Mount::default()
    }
}

fn ulimit(name: &str, most: i64) -> ResourcesUlimits {
    ResourcesUlimits {
        name: Some(name.to_owned()),
        soft: Some(most),
        hard: Some(most),
    }
}

fn limited(resources: &Resources, limits: Limits) -> HostConfig {
    let number = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    let memory = number(resources.memory_limit.max(LEAST_MEMORY));
    let quota = resources.cpu_limit.saturating_mul(PERIOD) / 1000;
    HostConfig {
        memory: limits.memory.then_some(memory),
        // As much as without: no swap.
        memory_swap: (limits.memory && limits.swap).then_some(memory),
        // Not `nano_cpus`, which may not be more than the machine has.
        cpu_period: limits.processors.then_some(PERIOD as i64),
        cpu_quota: limits.processors.then_some(number(quota.max(LEAST_QUOTA))),
        pids_limit: limits.processes.then_some(number(resources.pids)),
        ..HostConfig::default()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use hackstream_control_api::policy::{Egress, Policy, Timers};
    use hackstream_control_api::time::UnixMillis;

    const ALL: Limits = Limits {
        memory: true,
        swap: true,
        processors: true,
        processes: true,
    };

    fn spec() -> SessionSpec {
        SessionSpec {
            session: SessionId::new(UnixMillis(1), [7; 10]),
            node: NodeId::new(UnixMillis(2), [8; 10]),
            owner: None,
            app: "browser".to_owned(),
            command: vec!["firefox-esr".to_owned(), "https://example.org".to_owned()],
            takes_pages: false,
            environment: BTreeMap::from([("TOKEN".to_owned(), "secret".to_owned())]),
            own_sandbox: false,
            screen: None,
            resources: Resources {
                memory_limit: 1 << 30,
                cpu_limit: 1500,
                pids: 300,
                ..Resources::default()
            },
            policy: Policy::default(),
            egress: Egress::None,
            timers: Timers::default(),
            ticket_keys: "ed25519:x\n".to_owned(),
            labels: BTreeMap::new(),
        }
    }

    fn body_of(spec: &SessionSpec, limits: Limits) -> (ContainerCreateBody, HostConfig) {
        let means = Means {
            image: "image:1".to_owned(),
            given: "/state/given".into(),
            limits,
        };
        let body = body(spec, &means);
        let host = body.host_config.clone().unwrap();
        (body, host)
    }

    #[test]
    fn a_container_has_no_more_rights_than_it_needs() {
        let (body, host) = body_of(&spec(), ALL);
        assert_eq!(host.readonly_rootfs, Some(true));
        assert_eq!(host.cap_drop, Some(vec!["ALL".to_owned()]));
        assert_eq!((host.cap_add, host.privileged), (None, Some(false)));
        let options = host.security_opt.unwrap();
        assert_eq!(options[0], "no-new-privileges");
        let profile = options[1].strip_prefix("seccomp=").unwrap();
        let profile: serde_json::Value = serde_json::from_str(profile).unwrap();
        assert_eq!(profile, seccomp::profile(false));
        assert_eq!(body.user.as_deref(), Some("1000:1000"));
        for (shared, own) in [
            (host.ipc_mode, Some("private")),
            (host.pid_mode, None),
            (host.uts_mode, None),
            (host.userns_mode, None),
        ] {
            assert_eq!(shared.as_deref(), own);
        }
        assert_eq!((host.devices, host.device_requests), (None, None));
        assert_eq!((host.masked_paths, host.readonly_paths), (None, None));
        assert_eq!((host.binds, host.volumes_from), (None, None));
        assert_eq!(body.volumes, None);
    }

    #[test]
    fn nobody_reaches_it_but_by_the_socket_that_it_is_handed() {
        let (body, host) = body_of(&spec(), ALL);
        assert_eq!(host.network_mode.as_deref(), Some("none"));
        assert_eq!((host.port_bindings, host.publish_all_ports), (None, None));
        assert_eq!(body.exposed_ports, None);
        let words = body.cmd.unwrap();
        assert_eq!(&words[..2], ["hackstream-server", "run"]);
        for pair in [
            ["--sockets-from", "/etc/hackstream/door.sock"],
            ["--ticket-key", "/etc/hackstream/hub.pub"],
            ["--session-id", &spec().session.to_string()],
            ["--node-id", &spec().node.to_string()],
        ] {
            assert!(words.windows(2).any(|words| words == pair), "{pair:?}");
        }
        assert!(words.contains(&"--fresh-key".to_owned()));
        assert_eq!(
            &words[words.len() - 3..],
            ["--", "firefox-esr", "https://example.org"]
        );
    }

    #[test]
    fn it_writes_to_memory_of_bounded_size_only() {
        let (_, host) = body_of(&spec(), ALL);
        for (place, how) in host.tmpfs.unwrap() {
            assert!(
                how.contains("size=") && how.contains("nosuid,nodev"),
                "{place}"
            );
        }
        assert!(host.shm_size.unwrap() <= 256 << 20);
        let mounts = host.mounts.unwrap();
        assert_eq!(mounts.len(), 2);
        for mount in mounts {
            assert_eq!(mount.read_only, Some(true));
            assert!(mount.source.unwrap().starts_with("/state/given"));
            let propagation = mount.bind_options.unwrap().propagation;
            assert_eq!(propagation, Some(MountBindOptionsPropagationEnum::RPRIVATE));
        }
        let log = host.log_config.unwrap().config.unwrap();
        assert_eq!(
            (log["max-size"].as_str(), log["max-file"].as_str()),
            ("4m", "2")
        );
    }

    #[test]
    fn limits_are_asked_for_where_the_engine_keeps_them() {
        let (_, host) = body_of(&spec(), ALL);
        assert_eq!(
            (host.memory, host.memory_swap),
            (Some(1 << 30), Some(1 << 30))
        );
        assert_eq!(
            (host.cpu_period, host.cpu_quota),
            (Some(100_000), Some(150_000))
        );
        assert_eq!((host.pids_limit, host.nano_cpus), (Some(300), None));
        assert_eq!(host.oom_kill_disable, None);
        let (_, none) = body_of(&spec(), Limits::default());
        assert_eq!(
            (none.memory, none.memory_swap, none.pids_limit),
            (None, None, None)
        );
        assert_eq!((none.cpu_period, none.cpu_quota), (None, None));
        let mut huge = spec();
        huge.resources.memory_limit = u64::MAX;
        huge.resources.cpu_limit = u64::MAX;
        let (_, host) = body_of(&huge, ALL);
        assert!(host.memory.unwrap() > 0 && host.cpu_quota.unwrap() > 0);
        assert!(
            !Limits {
                processes: false,
                ..ALL
            }
            .are_all()
        );
        assert!(Limits { swap: false, ..ALL }.are_all());
    }

    #[test]
    fn only_an_own_sandbox_gets_the_wider_profile() {
        let browser = SessionSpec {
            own_sandbox: true,
            ..spec()
        };
        let (_, host) = body_of(&browser, ALL);
        let options = host.security_opt.unwrap();
        assert_eq!(options[1], format!("seccomp={}", seccomp::profile(true)));
        assert_eq!(options[0], "no-new-privileges");
    }

    #[test]
    fn a_container_tells_whose_it_is_and_no_secrets() {
        let (body, _) = body_of(&spec(), ALL);
        let labels = body.labels.unwrap();
        assert_eq!(labels[SESSION], spec().session.to_string());
        assert_eq!(labels[NODE], spec().node.to_string());
        assert_eq!(labels[SPEC], hash(&spec()));
        let told = format!("{labels:?} {:?}", body.cmd);
        assert!(!told.contains("secret"));
        assert!(body.env.unwrap().contains(&"TOKEN=secret".to_owned()));
        let other = SessionSpec {
            own_sandbox: true,
            ..spec()
        };
        assert_ne!(hash(&other), hash(&spec()));
        assert_eq!(hash(&spec()).len(), 64);
    }
}
