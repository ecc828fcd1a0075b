//! Doors of the kernel that programs of a session find closed, for they need none of them: what is
//! behind is either not divided by namespaces, such as keys, or where most of the kernel's holes were.
//!
//! A classic BPF program (`man 2 seccomp`) that bubblewrap loads last. What is made in the session, user
//! namespaces of browsers among it, is behind it as well.

/// What a denied call answers: EPERM, which programs take for a machine that does not allow it.
const DENY: u32 = 0x0005_0000 | libc::EPERM as u32;
/// What a socket of a denied family answers: as on a machine without that family.
const NO_FAMILY: u32 = 0x0005_0000 | libc::EAFNOSUPPORT as u32;
const ALLOW: u32 = 0x7fff_0000;

/// Bytes of an instruction.
const STEP: usize = 8;

/// Instructions: load a word of what is called, compare it with a constant, say what becomes of it.
const LOAD: u16 = 0x20;
const IF_EQUAL: u16 = 0x15;
const IF_AT_LEAST: u16 = 0x35;
const RETURN: u16 = 0x06;

/// Where in what is called its number stands, and the machine's kind.
const NUMBER: u32 = 0;
const KIND: u32 = 4;

/// Where the lower half of an argument stands. The upper half of those that are looked at means
/// nothing: the kernel takes them for numbers of 32 bits.
const fn argument(index: u32) -> u32 {
    let half = if cfg!(target_endian = "big") { 4 } else { 0 };
    16 + 8 * index + half
}

/// Families of sockets that programs may have beside netlink: others are not divided by network
/// namespaces, such as those that lead to the machine's hypervisor, or lead to parts of the kernel
/// that no desktop needs.
const FAMILIES: [i32; 3] = [libc::AF_UNIX, libc::AF_INET, libc::AF_INET6];

/// What they may ask of the kernel through netlink: their network's addresses, and of devices that
/// come. Not to change packet filters, which they could in a namespace of their own.
const NETLINK: [i32; 2] = [libc::NETLINK_ROUTE, libc::NETLINK_KOBJECT_UEVENT];

/// Options of IPv4 and IPv6 sockets by which packet filters are set the old way, in
/// `linux/netfilter*` as `*_SO_SET_*`: ip_tables and ip6_tables, arp_tables, ebtables.
const FILTERS: [u32; 6] = [64, 65, 96, 97, 128, 129];

/// Numbers from here on are those of another way to call the same kernel (x32).
const OTHER_NUMBERS: u32 = 0x4000_0000;

#[cfg(target_arch = "x86_64")]
const THIS_KIND: u32 = 0xc000_003e;
#[cfg(target_arch = "aarch64")]
const THIS_KIND: u32 = 0xc000_00b7;
#[cfg(target_arch = "arm")]
const THIS_KIND: u32 = 0x4000_0028;

/// What nobody in a session may call.
const DENIED: &[libc::c_long] = &[
    // Keys: those of one user are not divided by namespaces.
    libc::SYS_add_key,
    libc::SYS_keyctl,
    libc::SYS_request_key,
    // Programs in the kernel, and looking into it.
    libc::SYS_bpf,
    libc::SYS_perf_event_open,
    libc::SYS_userfaultfd,
    libc::SYS_io_uring_setup,
    libc::SYS_io_uring_enter,
    libc::SYS_io_uring_register,
    libc::SYS_syslog,
    // Other processes: a session's programs and its server are one user, and the server has a socket of
    // the machine's network.
    libc::SYS_ptrace,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_pidfd_getfd,
    libc::SYS_kcmp,
    // File systems: bubblewrap has mounted what there is.
    libc::SYS_mount,
    libc::SYS_umount2,
    libc::SYS_pivot_root,
    libc::SYS_fsopen,
    libc::SYS_fsconfig,
    libc::SYS_fsmount,
    libc::SYS_fspick,
    libc::SYS_move_mount,
    libc::SYS_open_tree,
    libc::SYS_mount_setattr,
    libc::SYS_open_by_handle_at,
    libc::SYS_quotactl,
    libc::SYS_swapon,
    libc::SYS_swapoff,
    // The machine itself.
    libc::SYS_acct,
    libc::SYS_clock_settime,
    libc::SYS_delete_module,
    libc::SYS_finit_module,
    libc::SYS_init_module,
    libc::SYS_kexec_load,
    libc::SYS_reboot,
    libc::SYS_sethostname,
    libc::SYS_setdomainname,
    libc::SYS_settimeofday,
];

/// The program, as the kernel reads it.
#[must_use]
pub fn program() -> Vec<u8> {
    let mut program = Program::default();
    program.step(LOAD, 0, 0, KIND);
    program.step(IF_EQUAL, 1, 0, THIS_KIND);
    program.step(RETURN, 0, 0, DENY);
    program.step(LOAD, 0, 0, NUMBER);
    program.step(IF_AT_LEAST, 0, 1, OTHER_NUMBERS);
    program.step(RETURN, 0, 0, DENY);
    for &denied in DENIED {
        program.step(IF_EQUAL, 0, 1, denied as u32);
        program.step(RETURN, 0, 0, DENY);
    }
    sockets(&mut program);
    socket_options(&mut program);
    program.step(RETURN, 0, 0, ALLOW);
    program.0
}

/// Allows or denies what makes sockets; what is neither goes on, with the call's number loaded.
fn sockets(program: &mut Program) {
    let mut block = Program::default();
    block.step(LOAD, 0, 0, argument(0));
    for family in FAMILIES {
        block.step(IF_EQUAL, 0, 1, family as u32);
        block.step(RETURN, 0, 0, ALLOW);
    }
    block.step(IF_EQUAL, 1, 0, libc::AF_NETLINK as u32);
    block.step(RETURN, 0, 0, NO_FAMILY);
    block.step(LOAD, 0, 0, argument(2));
    for protocol in NETLINK {
        block.step(IF_EQUAL, 0, 1, protocol as u32);
        block.step(RETURN, 0, 0, ALLOW);
    }
    block.step(RETURN, 0, 0, NO_FAMILY);
    for call in [libc::SYS_socket, libc::SYS_socketpair] {
        program.only_for(call, &block);
    }
}

/// Denies some options of sockets, and allows others; what sets none goes on.
fn socket_options(program: &mut Program) {
    let mut block = Program::default();
    block.step(LOAD, 0, 0, argument(1));
    block.step(IF_EQUAL, 2, 0, libc::SOL_IP as u32);
    block.step(IF_EQUAL, 1, 0, libc::SOL_IPV6 as u32);
    block.step(RETURN, 0, 0, ALLOW);
    block.step(LOAD, 0, 0, argument(2));
    for option in FILTERS {
        block.step(IF_EQUAL, 0, 1, option);
        block.step(RETURN, 0, 0, DENY);
    }
    block.step(RETURN, 0, 0, ALLOW);
    program.only_for(libc::SYS_setsockopt, &block);
}

#[derive(Default)]
struct Program(Vec<u8>);

impl Program {
    /// An instruction: what, how many to skip if it is so, how many if not, and its constant.
    fn step(&mut self, what: u16, if_so: u8, if_not: u8, constant: u32) {
        self.0.extend_from_slice(&what.to_ne_bytes());
        self.0.extend_from_slice(&[if_so, if_not]);
        self.0.extend_from_slice(&constant.to_ne_bytes());
    }

    /// What happens to this call, all of whose ways end with [`RETURN`].
    fn only_for(&mut self, call: libc::c_long, block: &Self) {
        let steps = (block.0.len() / STEP) as u8;
        self.step(IF_EQUAL, 0, steps, call as u32);
        self.0.extend_from_slice(&block.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs the program as the kernel does, on a call with these arguments.
    fn answer(call: libc::c_long, arguments: [u32; 3]) -> u32 {
        let program = program();
        let steps: Vec<&[u8]> = program.chunks_exact(STEP).collect();
        let word = |at: u32| match at {
            NUMBER => call as u32,
            KIND => THIS_KIND,
            _ => arguments[(0..3).find(|index| argument(*index) == at).unwrap() as usize],
        };
        let (mut next, mut loaded) = (0, 0);
        loop {
            let step = steps[next];
            let constant = u32::from_ne_bytes(step[4..].try_into().unwrap());
            let skip = |is_so| usize::from(if is_so { step[2] } else { step[3] });
            next += 1;
            match u16::from_ne_bytes(step[..2].try_into().unwrap()) {
                LOAD => loaded = word(constant),
                IF_EQUAL => next += skip(loaded == constant),
                IF_AT_LEAST => next += skip(loaded >= constant),
                _ => return constant,
            }
        }
    }

    #[test]
    fn calls_are_denied_and_others_are_not() {
        for denied in [libc::SYS_ptrace, libc::SYS_pidfd_getfd, libc::SYS_bpf] {
            assert_eq!(answer(denied, [0; 3]), DENY);
        }
        assert_eq!(answer(libc::SYS_openat, [0; 3]), ALLOW);
        assert_eq!(answer(libc::SYS_openat + 0x4000_0000, [0; 3]), DENY);
        let socket = |family: i32, protocol: i32| {
            answer(libc::SYS_socket, [family as u32, 0, protocol as u32])
        };
        assert_eq!(socket(libc::AF_UNIX, 0), ALLOW);
        assert_eq!(socket(libc::AF_INET6, 17), ALLOW);
        assert_eq!(socket(libc::AF_NETLINK, libc::NETLINK_ROUTE), ALLOW);
        assert_eq!(socket(libc::AF_NETLINK, libc::NETLINK_NETFILTER), NO_FAMILY);
        for family in [
            libc::AF_VSOCK,
            libc::AF_ALG,
            libc::AF_PACKET,
            libc::AF_BLUETOOTH,
        ] {
            assert_eq!(socket(family, 0), NO_FAMILY, "{family}");
        }
        let option = |level: i32, name| answer(libc::SYS_setsockopt, [3, level as u32, name]);
        assert_eq!(option(libc::SOL_IP, 64), DENY);
        assert_eq!(option(libc::SOL_IPV6, 65), DENY);
        assert_eq!(option(libc::SOL_IP, libc::IP_TOS as u32), ALLOW);
        assert_eq!(option(libc::SOL_SOCKET, 64), ALLOW);
    }

    #[test]
    fn the_program_is_whole_instructions_and_ends() {
        let program = program();
        assert_eq!(program.len() % 8, 0);
        // The kernel takes 4096, and a pipe what is written into it at once.
        assert!(program.len() / 8 < 4096 && program.len() < 4096);
        let last = &program[program.len() - 8..];
        assert_eq!(last[4..], ALLOW.to_ne_bytes());
    }
}
