//! The order in which things start, and end in reverse.

mod clipboard;
mod error;
pub mod exit;
mod gate;
mod inherited;
mod screen;
mod status;

use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use hackstream_codec::gauge;
use hackstream_encoder::cost::CoderSpeeds;
use hackstream_transport::{Fingerprint, Identity, Listener};
use tokio::runtime::Runtime;
use tokio::sync::mpsc;
use tracing::{debug, info};

use crate::clock::Clock;
use crate::config::access::{AccessChoice, ViewToken};
use crate::config::checked::Config;
use crate::desktop::Desktop;
use crate::files::Files;
use crate::session::{Sound, session_bases};
use crate::sound::Broadcast;
use crate::sound::microphone::Microphone;
use crate::status::Roll;
use crate::token::{self, Access};
use crate::viewer::attend::{Service, attend};
use crate::viewer::bell::Bells;
use crate::viewer::coming_end::ComingEnds;
use crate::viewer::registry::Registry;
use crate::viewer::seats::Seats;
use crate::viewer::tickets::Tickets;
pub use error::AppError;
use gate::gate;
use inherited::Inherited;
use screen::{Ending, Screen};

/// How long viewers are given to hear that the session is over.
const FAREWELL: Duration = Duration::from_secs(1);

/// Names of the tokens' files in the state directory.
const TOKEN_FILE: &str = "token";
const VIEW_TOKEN_FILE: &str = "view-token";

/// Serves until the command ends, the display is gone or the process is told to end. Returns the
/// exit code.
///
/// # Errors
/// [`AppError`] if it cannot start.
pub fn run(config: Config) -> Result<u8, AppError> {
    // Before anything here opens a descriptor, which might get the number.
    let inherited = inherited::take(&config)?;
    prepare_directory(&config.state_dir)?;
    let identity = match config.fresh_key {
        true => Identity::generate()?,
        false => Identity::load_or_create(&config.state_dir)?,
    };
    let access = choose_access(&config, identity.fingerprint())?;
    let runtime = start_runtime()?;
    let ended = run_in(&runtime, config, (access, inherited), &identity);
    // A display that answers nobody may hold up a thread; not the end of the server.
    runtime.shutdown_timeout(FAREWELL);
    ended
}

fn run_in(
    runtime: &Runtime,
    config: Config,
    (access, inherited): (Access, Inherited),
    identity: &Identity,
) -> Result<u8, AppError> {
    let _inside = runtime.enter();
    // Before the display: a port in use is the likeliest mistake and shows at once.
    let listener = Arc::new(match inherited.viewers {
        Some(socket) => Listener::serve_within(socket, identity, config.limits)?,
        None => Listener::bind_within(config.listen, identity, config.limits)?,
    });
    let address = listener.local_addr()?;
    let metrics = status::bind_metrics(config.metrics)?;
    let command = config.picture.command_line();
    let (ended, mut endings) = mpsc::unbounded_channel();
    let clock = Clock::start();
    let desktop = Desktop::new(config.desktop, clock);
    let bases = session_bases(&config.state_dir);
    let fittings = (config.sound, Arc::clone(&desktop));
    let screen = Screen::open(config.picture, fittings, bases, clock, ended)?;
    let service = Arc::new(Service {
        capture: screen.capture().clone(),
        access,
        quality: config.quality,
        registry: Registry::new(config.max_viewers),
        seats: Arc::new(Seats::new(
            screen.keyboard(),
            screen.sizing(config.resizing),
            screen.clock(),
        )),
        roll: Roll::default(),
        tickets: Tickets::default(),
        clipboard: Arc::default(),
        clipboard_directions: config.clipboard,
        clock: screen.clock(),
        speeds: measure_speeds(),
        megapixel_time: measure_decoding(),
        broadcast: screen
            .sound_socket()
            .map(|socket| Broadcast::start(socket, screen.clock())),
        bells: Bells::new(config.bell),
        coming_ends: ComingEnds::new(screen.clock()),
        files: config.files.map(Files::start).transpose()?,
        microphone: screen
            .sound_socket()
            .filter(|_| config.sound == Sound::BothWays)
            .map(|socket| Microphone::start(socket, screen.clock())),
        desktop,
    });
    let _watcher = screen.watch(&service)?;
    let _clipboard = clipboard::join(&service);
    let facts = status::Facts {
        listen: address,
        display: screen.name().to_owned(),
        command,
    };
    status::answer_on(inherited.status, &service, &facts);
    let (_socket, metrics) = status::open(&config.state_dir, metrics, &service, &facts);
    announce(&facts, identity.fingerprint(), metrics)?;
    let ending = runtime.block_on(serve(&listener, &service, &mut endings));
    info!("{ending}");
    listener.close();
    // Whoever does not hear it in time finds the port closed.
    let _ = runtime.block_on(async { tokio::time::timeout(FAREWELL, listener.wait_idle()).await });
    Ok(ending.exit_code())
}

/// What the compressors achieve here; what is usual if that cannot be found out.
fn measure_speeds() -> CoderSpeeds {
    let begun = Instant::now();
    let speeds = CoderSpeeds::measure(&mut || begun.elapsed()).unwrap_or_default();
    debug!(?speeds, took = ?begun.elapsed(), "compressors measured");
    speeds
}

/// What decoding takes here, to compare viewers with; zero if that cannot be found out.
fn measure_decoding() -> Duration {
    let begun = Instant::now();
    let time = gauge::megapixel_time(&mut || begun.elapsed()).unwrap_or_default();
    debug!(?time, "decoding of a million pixels measured");
    time
}

/// Lets viewers in until something ends the session.
async fn serve(
    listener: &Arc<Listener>,
    service: &Arc<Service>,
    endings: &mut mpsc::UnboundedReceiver<Ending>,
) -> Ending {
    let accepting = {
        let (listener, service) = (listener.clone(), service.clone());
        tokio::spawn(async move {
            while let Some(incoming) = listener.accept().await {
                tokio::spawn(attend(service.clone(), incoming));
            }
        })
    };
    let ending = tokio::select! {
        ending = endings.recv() => ending.unwrap_or(Ending::Told),
        () = told_to_end() => Ending::Told,
    };
    accepting.abort();
    ending
}

/// Returns once the process gets a signal that means to end.
async fn told_to_end() {
    use tokio::signal::unix::{SignalKind, signal};
    let (Ok(mut terminate), Ok(mut hangup)) = (
        signal(SignalKind::terminate()),
        signal(SignalKind::hangup()),
    ) else {
        // Without handlers the signals end the process themselves; the supervisor cleans up.
        return std::future::pending().await;
    };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = hangup.recv() => {}
        _ = tokio::signal::ctrl_c() => {}
    }
}

fn start_runtime() -> Result<Runtime, AppError> {
    // One worker: the network is one socket, and a second thread only adds hand-overs.
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .thread_name("network")
        .enable_all()
        .build()
        .map_err(AppError::Runtime)
}

fn choose_access(config: &Config, ours: Fingerprint) -> Result<Access, AppError> {
    let (control, view) = match &config.access {
        AccessChoice::Open => return Ok(Access::Open),
        AccessChoice::Tickets(choice) => return Ok(gate(choice, ours)?),
        AccessChoice::TokenFile(file, view) => (token::read(file)?, view),
        AccessChoice::OwnToken(view) => {
            let file = config.state_dir.join(TOKEN_FILE);
            let token = token::read_or_create(&file)?;
            info!("viewers need the token in {}", file.display());
            (token, view)
        }
    };
    let view = match view {
        ViewToken::None => None,
        ViewToken::File(file) => Some(token::read(file)?),
        ViewToken::Own => {
            let file = config.state_dir.join(VIEW_TOKEN_FILE);
            let token = token::read_or_create(&file)?;
            info!(
                "viewers with the token in {} can only watch",
                file.display()
            );
            Some(token)
        }
    };
    Ok(Access::with_tokens(control, view)?)
}

fn prepare_directory(dir: &Path) -> Result<(), AppError> {
    use std::os::unix::fs::DirBuilderExt;
    let created = std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(dir);
    created.map_err(|source| AppError::StateDirectory {
        path: dir.to_owned(),
        source,
    })
}

/// Tells whoever started us that viewers may come.
fn announce(
    facts: &status::Facts,
    fingerprint: Fingerprint,
    metrics: Option<SocketAddr>,
) -> Result<(), AppError> {
    let status::Facts {
        listen, display, ..
    } = facts;
    let metrics = metrics.map_or(String::new(), |address| format!(" metrics={address}"));
    let mut out = io::stdout().lock();
    writeln!(
        out,
        "ready listen={listen} display={display} fingerprint={fingerprint}{metrics}"
    )
    .and_then(|()| out.flush())
    .map_err(AppError::Announcement)
}
