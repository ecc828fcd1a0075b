//! Doors of the kernel that programs of a session find closed, for they need none of them: what is
//! behind is either not divided by namespaces, such as keys, or where most of the kernel's holes were.
//!
//! A classic BPF program (`man 2 seccomp`) that bubblewrap loads last. What is made in the session, user
//! namespaces of browsers among it, is behind it as well.

/// What a denied call answers: EPERM, which programs take for a machine that does not allow it.
const DENY: u32 = 0x0005_0000 | libc::EPERM as u32;
const ALLOW: u32 = 0x7fff_0000;

/// Instructions: load a word of what is called, compare it with a constant, say what becomes of it.
const LOAD: u16 = 0x20;
const IF_EQUAL: u16 = 0x15;
const IF_AT_LEAST: u16 = 0x35;
const RETURN: u16 = 0x06;

/// Where in what is called its number stands, and the machine's kind.
const NUMBER: u32 = 0;
const KIND: u32 = 4;

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
    program.step(RETURN, 0, 0, ALLOW);
    program.0
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
}

#[cfg(test)]
mod tests {
    use super::*;

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
