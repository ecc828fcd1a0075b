//! `serve`: a server that shows the stimulus, until Ctrl-C.

use std::io::Write;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result};

use super::arguments::ServeArguments;
use crate::cli::program_folder;
use crate::interrupt::Interrupt;
use crate::peers::Ready;
use crate::process::{Launch, Process, find_program};
use crate::report::progress;
use crate::stimulus::StimulusCommand;
use crate::workspace::Workspace;

/// For `--help`.
pub(crate) const HELP: &str = "\
Starts hackstream-server on a display of its own (it needs Xvfb and openbox) with the test picture,
prints the command for the other machine, and runs until Ctrl-C.

Exit codes:
  0  ended by Ctrl-C
  1  the server could not start, or ended; the last lines say why
  2  wrong usage";

const START_LIMIT: Duration = Duration::from_secs(20);

/// Between two looks at whether the server still runs.
const LOOK: Duration = Duration::from_millis(100);

pub(crate) fn run(arguments: &ServeArguments, interrupt: &Interrupt) -> Result<ExitCode> {
    let workspace = Workspace::create()?;
    match serve(arguments, &workspace, interrupt) {
        Err(_) if interrupt.is_set() => Ok(ExitCode::SUCCESS),
        Err(error) => {
            let words = workspace.log_tails();
            if !words.is_empty() {
                progress(&format!("the last words of the programs:{words}"));
            }
            Err(error)
        }
        Ok(()) => Ok(ExitCode::SUCCESS),
    }
}

fn serve(arguments: &ServeArguments, workspace: &Workspace, interrupt: &Interrupt) -> Result<()> {
    let folder = program_folder(arguments.bin_dir.as_deref())?;
    let program = find_program("hackstream-server", Some(&folder)).with_context(|| {
        let folder = folder.display();
        format!("hackstream-server is neither in {folder} nor on PATH; build it or use --bin-dir")
    })?;
    let state = match &arguments.state_dir {
        Some(folder) => std::path::absolute(folder)?,
        None => workspace.folder("state")?,
    };
    let stimulus = StimulusCommand::synthetic(arguments.size, arguments.seed, workspace.path())?;
    let mut launch = Launch::new("hackstream-server", program)
        .arguments(["run", "--listen", &arguments.listen])
        .arguments(["--size", &arguments.size.to_string(), "--state-dir"])
        .argument(&state);
    let token = match (&arguments.token_file, arguments.no_auth) {
        (_, true) => {
            launch = launch.argument("--no-auth");
            None
        }
        (Some(file), false) => {
            let file = std::path::absolute(file)?;
            launch = launch.argument("--token-file").argument(&file);
            Some(file)
        }
        (None, false) => Some(state.join("token")),
    };
    let mut server = launch
        .argument("--")
        .argument(&stimulus.program)
        .arguments(stimulus.arguments())
        .start(&workspace.log("server"))?;
    let ready = server.wait_for_line("its ready line", START_LIMIT, interrupt, Ready::parse)?;
    let token = token.map(|file| file.display().to_string());
    let advice = advice(&ready, token.as_deref());
    writeln!(std::io::stdout(), "{advice}")?;
    wait_for_end(&mut server, interrupt)
}

/// What to do on the other machine.
fn advice(ready: &Ready, token: Option<&str>) -> String {
    let port = ready.listen.rsplit(':').next().unwrap_or_default();
    let (option, copying) = match token {
        Some(file) => (
            " --token-file FILE",
            format!(
                "FILE is a copy of {file} over there. It is a secret: it\nlets in whoever has it.\n"
            ),
        ),
        None => ("", String::new()),
    };
    format!(
        "Ready. On the other machine, run\n\n  hackstream-bench measure HOST:{port}{option} \
         --fingerprint {}\n\nHOST is the name or address of this machine. {copying}UDP port {port} \
         must be open on the way. Ctrl-C ends this.",
        ready.fingerprint
    )
}

fn wait_for_end(server: &mut Process, interrupt: &Interrupt) -> Result<()> {
    while !interrupt.is_set() {
        server.check_alive()?;
        std::thread::sleep(LOOK);
    }
    progress("ending the session …");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_advice_has_all_that_is_needed_and_no_secret() {
        let ready = Ready {
            listen: "0.0.0.0:14777".to_owned(),
            fingerprint: "sha256:ab".to_owned(),
        };
        let text = advice(&ready, Some("/state/token"));
        let command =
            "hackstream-bench measure HOST:14777 --token-file FILE --fingerprint sha256:ab";
        assert!(text.contains(command), "{text}");
        assert!(text.contains("a copy of /state/token over there"), "{text}");
        assert!(!advice(&ready, None).contains("FILE"));
    }
}
