//! Which calls of the kernel programs of a container may make: an allow-list in the form that container
//! engines read (`docker run --security-opt seccomp=FILE`).
//!
//! Docker's own profile denies user namespaces to everybody without CAP_SYS_ADMIN, and with them the outer
//! layer of a browser's sandbox; on the other hand it allows tracing, the kernel's sockets for ciphers and
//! much else that no desktop program needs. So there are two profiles here, both tighter than that: one for
//! programs, and one for those that have a sandbox of their own, which may make namespaces in addition.

use serde_json::{Value, json};

use super::calls::ANY_ARGUMENTS;

/// Flags of `clone` that make namespaces: NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET.
const NAMESPACES: u32 = 0x7e02_0000;

/// What `personality` may set: Linux, with or without the 32-bit flags that Docker's profile allows, and
/// the question which one it is.
const PERSONALITIES: [u32; 5] = [0, 0x8, 0x2_0000, 0x2_0008, 0xffff_ffff];

/// Families of sockets that programs may have beside netlink: others are not divided by network
/// namespaces, or lead to parts of the kernel that no desktop needs.
const FAMILIES: [i32; 3] = [libc::AF_UNIX, libc::AF_INET, libc::AF_INET6];

/// What they may ask of the kernel through netlink: addresses, and of devices that come.
const NETLINK: [i32; 2] = [libc::NETLINK_ROUTE, libc::NETLINK_KOBJECT_UEVENT];

/// Levels of which every option of a socket may be set.
const LEVELS: [i32; 5] = [
    libc::SOL_SOCKET,
    libc::IPPROTO_TCP,
    libc::IPPROTO_UDP,
    libc::IPPROTO_ICMPV6,
    libc::SOL_NETLINK,
];

/// The options of IPv4 and IPv6 sockets from here on set packet filters, as `*_SO_SET_*` in
/// `linux/netfilter*`. Of IPv6, two do; beyond them are usual ones again.
const FILTERS: u32 = 64;
const BEYOND_FILTERS: u32 = 66;

/// The profile, as JSON. With `own_sandbox` programs may make namespaces and change their root folder,
/// where they have a namespace in which they may.
#[must_use]
pub fn profile(own_sandbox: bool) -> Value {
    let names: Vec<&str> = ANY_ARGUMENTS.split_ascii_whitespace().collect();
    let mut rules = vec![json!({ "names": names, "action": "SCMP_ACT_ALLOW" })];
    if own_sandbox {
        let names = ["clone", "clone3", "unshare", "chroot"];
        rules.push(json!({ "names": names, "action": "SCMP_ACT_ALLOW" }));
    } else {
        let masked = json!({
            "index": 0, "value": NAMESPACES, "valueTwo": 0, "op": "SCMP_CMP_MASKED_EQ"
        });
        rules.push(allow("clone", &[masked]));
        // Its flags stand in memory, where no filter sees them; the C library then uses `clone`.
        let unknown = libc::ENOSYS;
        rules.push(json!({ "names": ["clone3"], "action": "SCMP_ACT_ERRNO", "errnoRet": unknown }));
    }
    for personality in PERSONALITIES {
        rules.push(allow("personality", &[is(0, personality)]));
    }
    sockets(&mut rules);
    json!({ "defaultAction": "SCMP_ACT_ERRNO", "syscalls": rules })
}

fn sockets(rules: &mut Vec<Value>) {
    for family in FAMILIES {
        rules.push(allow("socket", &[is(0, family)]));
    }
    for protocol in NETLINK {
        let netlink = is(0, libc::AF_NETLINK);
        rules.push(allow("socket", &[netlink, is(2, protocol)]));
    }
    for level in LEVELS {
        rules.push(allow("setsockopt", &[is(1, level)]));
    }
    // One rule for each: of conditions on the same argument, engines take any for enough.
    for level in [libc::SOL_IP, libc::SOL_IPV6] {
        let below = compare(2, FILTERS, "SCMP_CMP_LT");
        rules.push(allow("setsockopt", &[is(1, level), below]));
    }
    let beyond = compare(2, BEYOND_FILTERS, "SCMP_CMP_GE");
    rules.push(allow("setsockopt", &[is(1, libc::SOL_IPV6), beyond]));
}

/// A rule that allows a call if all conditions are met.
fn allow(name: &str, conditions: &[Value]) -> Value {
    json!({ "names": [name], "action": "SCMP_ACT_ALLOW", "args": conditions })
}

fn is(argument: u32, value: impl Into<i64>) -> Value {
    compare(argument, value, "SCMP_CMP_EQ")
}

fn compare(argument: u32, value: impl Into<i64>, how: &str) -> Value {
    json!({ "index": argument, "value": value.into(), "op": how })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(own_sandbox: bool, call: &str) -> Vec<Value> {
        let profile = profile(own_sandbox);
        let names = |rule: &Value| -> Vec<String> {
            let names = rule["names"].as_array().unwrap().iter();
            names
                .map(|name| name.as_str().unwrap().to_owned())
                .collect()
        };
        let rules = profile["syscalls"].as_array().unwrap().iter();
        let rules = rules.filter(|rule| names(rule).contains(&call.to_owned()));
        rules.cloned().collect()
    }

    #[test]
    fn what_looks_into_others_or_changes_the_machine_is_denied() {
        for own_sandbox in [false, true] {
            assert_eq!(profile(own_sandbox)["defaultAction"], "SCMP_ACT_ERRNO");
            for denied in [
                "ptrace",
                "process_vm_readv",
                "pidfd_getfd",
                "bpf",
                "keyctl",
                "add_key",
                "io_uring_setup",
                "perf_event_open",
                "userfaultfd",
                "mount",
                "umount2",
                "pivot_root",
                "fsopen",
                "move_mount",
                "setns",
                "open_by_handle_at",
                "init_module",
                "kexec_load",
                "syslog",
                "clock_settime",
                "sethostname",
                "reboot",
            ] {
                assert!(rules(own_sandbox, denied).is_empty(), "{denied}");
            }
            for allowed in ["openat", "execve", "futex", "statx", "memfd_create"] {
                let rules = rules(own_sandbox, allowed);
                assert_eq!(rules.len(), 1, "{allowed}");
                assert_eq!(rules[0]["args"], Value::Null, "{allowed}");
            }
        }
    }

    #[test]
    fn only_a_sandbox_of_ones_own_makes_namespaces() {
        assert!(rules(false, "unshare").is_empty());
        assert!(rules(false, "chroot").is_empty());
        let clone = &rules(false, "clone")[0]["args"][0];
        let flags =
            libc::CLONE_NEWUSER | libc::CLONE_NEWNET | libc::CLONE_NEWNS | libc::CLONE_NEWPID;
        let mask = clone["value"].as_i64().unwrap();
        assert_eq!(mask & i64::from(flags), i64::from(flags));
        assert_eq!(clone["op"], "SCMP_CMP_MASKED_EQ");
        assert_eq!(rules(false, "clone3")[0]["errnoRet"], libc::ENOSYS);
        for call in ["clone", "clone3", "unshare", "chroot"] {
            let rules = rules(true, call);
            assert_eq!(rules[0]["action"], "SCMP_ACT_ALLOW", "{call}");
            assert_eq!((rules.len(), &rules[0]["args"]), (1, &Value::Null));
        }
    }

    /// Whether the rules for a call allow it with these arguments, as engines read them.
    fn allowed(call: &str, arguments: [i64; 3]) -> bool {
        rules(true, call).iter().any(|rule| {
            let conditions = rule["args"].as_array().unwrap();
            conditions.iter().all(|condition| {
                let index = condition["index"].as_u64().unwrap() as usize;
                let (argument, value) = (arguments[index], condition["value"].as_i64().unwrap());
                match condition["op"].as_str().unwrap() {
                    "SCMP_CMP_EQ" => argument == value,
                    "SCMP_CMP_LT" => argument < value,
                    "SCMP_CMP_GE" => argument >= value,
                    other => panic!("{other}"),
                }
            })
        })
    }

    #[test]
    fn sockets_that_leave_the_container_are_denied() {
        let socket =
            |family: i32, protocol: i32| allowed("socket", [family.into(), 0, protocol.into()]);
        assert!(socket(libc::AF_UNIX, 0) && socket(libc::AF_INET6, 17));
        assert!(socket(libc::AF_NETLINK, libc::NETLINK_ROUTE));
        assert!(!socket(libc::AF_NETLINK, libc::NETLINK_NETFILTER));
        for family in [libc::AF_VSOCK, libc::AF_ALG, libc::AF_PACKET] {
            assert!(!socket(family, 0), "{family}");
        }
        let option = |level: i32, name: i32| allowed("setsockopt", [3, level.into(), name.into()]);
        assert!(option(libc::SOL_IP, libc::IP_TOS) && option(libc::SOL_SOCKET, 64));
        assert!(option(libc::SOL_IPV6, libc::IPV6_TCLASS) && option(libc::IPPROTO_TCP, 1));
        assert!(!option(libc::SOL_IP, 64) && !option(libc::SOL_IP, 128));
        assert!(!option(libc::SOL_IPV6, 64) && !option(libc::SOL_IPV6, 65));
    }

    /// An engine may read two conditions on one argument as alternatives.
    #[test]
    fn no_rule_has_two_conditions_on_one_argument() {
        let profile = profile(true);
        for rule in profile["syscalls"].as_array().unwrap() {
            let conditions = rule["args"].as_array().cloned().unwrap_or_default();
            let mut indices: Vec<_> = conditions.iter().map(|one| one["index"].as_u64()).collect();
            indices.sort();
            let count = indices.len();
            indices.dedup();
            assert_eq!(indices.len(), count, "{rule}");
        }
    }

    /// `HACKSTREAM_WRITE_SECCOMP=1` renews the file.
    #[test]
    fn the_profile_beside_the_image_is_this_one() {
        let path = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../packaging/image/seccomp-browser.json"
        );
        let profile = profile(true);
        if std::env::var_os("HACKSTREAM_WRITE_SECCOMP").is_some() {
            std::fs::write(path, format!("{profile:#}\n")).unwrap();
        }
        let text = std::fs::read_to_string(path).unwrap();
        // Whatever the order of what is in it.
        let written: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(written, profile);
    }
}
