//! A session that runs scripts one after the other, as a test hands them to it.

use std::path::PathBuf;

use crate::folder::Folder;
use crate::server::{Run, Server};
use crate::wait_until;

/// A server whose session does nothing but run scripts.
pub struct Scripts {
    /// The server.
    pub server: Server,
}

/// A script that was handed over.
#[derive(Clone, Copy, Debug)]
#[must_use]
pub struct Script(u32);

/// What came of a script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    /// Its exit code.
    pub code: i32,
    /// All that it wrote.
    pub said: String,
}

impl Scripts {
    /// `hackstream-server run` with these options.
    ///
    /// # Panics
    /// If it does not get ready.
    #[must_use]
    pub fn session(options: &[&str]) -> Self {
        let run = Run {
            options,
            ..Run::default()
        };
        let folder = Folder::new();
        let place = folder.path("home");
        // A script is there at once, being renamed, and so is its exit code.
        let runs = format!(
            "cd '{}' && n=1; while :; do \
             if [ -e $n.sh ]; then sh $n.sh >$n.said 2>&1 </dev/null; echo $? >$n.new; \
             mv $n.new $n.code; n=$((n + 1)); else sleep 0.02; fi; done",
            place.display()
        );
        let server = Server::run_as(&run, folder, &["sh", "-c", &runs]);
        Self { server }
    }

    /// Has the session run a script, after those before it.
    ///
    /// # Panics
    /// If it cannot be written.
    pub fn begin(&self, script: &str) -> Script {
        let unfinished = self.file("unfinished");
        std::fs::write(&unfinished, script).expect("a script");
        let place = |n: &u32| !self.file(&format!("{n}.sh")).exists();
        let number = (1..).find(place).expect("a number");
        let handed = std::fs::rename(unfinished, self.file(&format!("{number}.sh")));
        handed.expect("a script");
        Script(number)
    }

    /// Waits for the end of a script.
    ///
    /// # Panics
    /// If it does not end.
    #[must_use]
    pub fn end(&self, Script(number): Script) -> Ended {
        let code = wait_until("the end of a script", || {
            std::fs::read_to_string(self.file(&format!("{number}.code"))).ok()
        });
        let said = std::fs::read_to_string(self.file(&format!("{number}.said")));
        Ended {
            code: code.trim().parse().expect("an exit code"),
            said: said.expect("the script's words"),
        }
    }

    /// Runs a script that must end well; what it wrote.
    ///
    /// # Panics
    /// If it does not.
    pub fn run(&self, script: &str) -> String {
        let Ended { code, said } = self.end(self.begin(script));
        assert_eq!(code, 0, "{script}: {said}");
        said
    }

    fn file(&self, name: &str) -> PathBuf {
        self.server.folder().path("home").join(name)
    }
}
