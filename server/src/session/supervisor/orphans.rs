//! Ending what a supervisor started that was killed itself.
//!
//! Numbers of processes are used again, so none is remembered. What the supervisor started is in its
//! session, whose number stays taken until the server has waited for the supervisor; what put itself
//! into a session of its own is beyond reach, and loses the display at least.

use rustix::io::Errno;
use rustix::process::{Pid, PidfdFlags, Signal, kill_process, pidfd_open, pidfd_send_signal};

use super::processes::{is_of_session, of_session};

/// Looks for processes that were born meanwhile, at most.
const ROUNDS: usize = 25;

/// Kills all processes of the session that `supervisor` began. It must not have been waited for.
pub(in super::super) fn kill(supervisor: Pid) {
    for _ in 0..ROUNDS {
        let members = of_session(supervisor);
        if members.is_empty() {
            return;
        }
        for process in members {
            kill_member(process, supervisor);
        }
    }
}

/// Kills the process if it still is one of that session.
fn kill_member(process: Pid, session: Pid) {
    match pidfd_open(process, PidfdFlags::empty()) {
        // The descriptor stands for whatever has the number now. That is looked at once more.
        Ok(handle) if is_of_session(process, session) => {
            // Fails for one that has just ended.
            let _ = pidfd_send_signal(handle, Signal::KILL);
        }
        // Linux before 5.3: a moment in which the number may get another meaning remains.
        Err(Errno::NOSYS) => drop(kill_process(process, Signal::KILL)),
        Ok(_) | Err(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{BufRead, BufReader};
    use std::process::{Command, Stdio};

    #[test]
    fn members_of_the_session_end_and_nobody_else() {
        // The leader ends when told to, and leaves a process that is in a group of its own.
        let script = "set -m; sleep 600 & echo $!; read -r _";
        let mut leader = Command::new("setsid")
            .args(["--wait", "bash", "-c", script])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stranger = Command::new("sleep").arg("600").spawn().unwrap();
        let mut line = String::new();
        let mut said = BufReader::new(leader.stdout.take().unwrap());
        said.read_line(&mut line).unwrap();
        let member = Pid::from_raw(line.trim().parse().unwrap()).unwrap();
        let session = rustix::process::getsid(Some(member)).unwrap();
        assert!(of_session(session).contains(&member));
        assert!(!of_session(session).contains(&Pid::from_child(&stranger)));

        kill_member(Pid::from_child(&stranger), session);
        kill(session);
        leader.wait().unwrap();
        while !of_session(session).is_empty() {
            std::thread::yield_now();
        }
        assert_eq!(stranger.try_wait().unwrap(), None, "a stranger lives");
        stranger.kill().unwrap();
        stranger.wait().unwrap();
    }
}
