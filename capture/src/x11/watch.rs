//! The threads that wait for the X server to speak.
//!
//! x11rb keeps events that arrive while it waits for a reply, so a loop that waits for the socket
//! to become readable would sleep on events that are already here. Each connection therefore has
//! a thread in a blocking wait, and ending the watch means shutting the sockets down.

use std::os::fd::AsFd;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{Builder, JoinHandle};

use hackstream_protocol::geometry::Size;
use rustix::net::{Shutdown, shutdown};
use x11rb::connection::Connection;
use x11rb::protocol::Event;
use x11rb::protocol::randr::{ConnectionExt as _, NotifyMask};

use super::bell;
use super::connect::{Address, Display};
use super::cursor;
use super::damage::DamageWatch;
use super::front::FrontWatch;
use super::screen_size::ScreenSize;
use super::warp::WarpWatch;
use crate::capture::DisplayEvent;
use crate::error::CaptureError;

/// A running watch. Dropping it ends and joins its threads; after that no event is told.
pub struct Watcher {
    stopping: Arc<AtomicBool>,
    connections: Vec<Arc<Display>>,
    threads: Vec<JoinHandle<()>>,
}

/// The caller's function, shared by the threads. Warps and titles are too rare for them to contend.
struct Sink<F>(Mutex<F>);

impl<F: FnMut(DisplayEvent)> Sink<F> {
    fn tell(&self, event: DisplayEvent) {
        (self.0.lock().unwrap_or_else(PoisonError::into_inner))(event);
    }
}

impl Watcher {
    pub(crate) fn start<F>(
        address: &Address,
        size: Arc<ScreenSize>,
        sink: F,
    ) -> Result<Self, CaptureError>
    where
        F: FnMut(DisplayEvent) + Send + 'static,
    {
        let sink = Arc::new(Sink(Mutex::new(sink)));
        let mut watcher = Self {
            stopping: Arc::new(AtomicBool::new(false)),
            connections: Vec::new(),
            threads: Vec::new(),
        };
        watcher.start_warps(address, Arc::clone(&sink))?;
        watcher.start_front(address, Arc::clone(&sink))?;
        watcher.start_events(address, size, sink)?;
        Ok(watcher)
    }

    fn start_events<F>(
        &mut self,
        address: &Address,
        size: Arc<ScreenSize>,
        sink: Arc<Sink<F>>,
    ) -> Result<(), CaptureError>
    where
        F: FnMut(DisplayEvent) + Send + 'static,
    {
        let display = Arc::new(address.connect()?);
        let watch = EventWatch::prepare(&display, size)?;
        let stopping = Arc::clone(&self.stopping);
        self.connections.push(Arc::clone(&display));
        self.spawn("x11-events", move || {
            let end = watch.run(&display, |event| sink.tell(event));
            if let (Err(error), false) = (end, stopping.load(Ordering::Acquire)) {
                sink.tell(DisplayEvent::Gone {
                    reason: error.to_string(),
                });
            }
        })
    }

    fn start_warps<F>(&mut self, address: &Address, sink: Arc<Sink<F>>) -> Result<(), CaptureError>
    where
        F: FnMut(DisplayEvent) + Send + 'static,
    {
        let stream = Arc::new(address.connect()?);
        let Some(watch) = WarpWatch::prepare(&stream)? else {
            tracing::info!("the display cannot record requests: pointer warps stay unnoticed");
            return Ok(());
        };
        let queries = Arc::new(address.connect()?);
        self.connections.push(Arc::clone(&stream));
        self.connections.push(Arc::clone(&queries));
        let (started, wait_for_start) = channel();
        self.spawn("x11-warps", move || {
            let started = move || {
                // Nobody listens if the watch was given up meanwhile.
                let _ = started.send(());
            };
            let tell = |at| sink.tell(DisplayEvent::CursorPosition(at));
            // The thread of events tells why the display went away.
            if let Err(error) = watch.run(&stream, &queries, started, tell) {
                tracing::debug!(%error, "the watch for pointer warps ended");
            }
        })?;
        // Fails if the thread has ended already, for the same reason as the next request will.
        let _ = wait_for_start.recv();
        Ok(())
    }

    /// Apart from damage: reading a title and an icon takes several round trips.
    fn start_front<F>(&mut self, address: &Address, sink: Arc<Sink<F>>) -> Result<(), CaptureError>
    where
        F: FnMut(DisplayEvent) + Send + 'static,
    {
        let display = Arc::new(address.connect()?);
        let watch = FrontWatch::prepare(&display)?;
        self.connections.push(Arc::clone(&display));
        self.spawn("x11-front", move || {
            // The thread of events tells why the display went away.
            if let Err(error) = watch.run(&display, |event| sink.tell(event)) {
                tracing::debug!(%error, "the watch for the front window ended");
            }
        })
    }

    fn spawn(
        &mut self,
        name: &str,
        run: impl FnOnce() + Send + 'static,
    ) -> Result<(), CaptureError> {
        let thread = Builder::new()
            .name(name.to_owned())
            .spawn(run)
            .map_err(CaptureError::Thread)?;
        self.threads.push(thread);
        Ok(())
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        self.stopping.store(true, Ordering::Release);
        for display in &self.connections {
            // Fails only if the X server has closed the connection, which ends the wait as well.
            let _ = shutdown(display.connection.stream().as_fd(), Shutdown::Both);
        }
        for thread in self.threads.drain(..) {
            // A sink that panicked has already told its story.
            let _ = thread.join();
        }
    }
}

/// Damage, cursor, size and bell, on one connection.
struct EventWatch {
    damage: DamageWatch,
    size: Arc<ScreenSize>,
    /// The size that the listener knows of.
    told: Size,
}

impl EventWatch {
    fn prepare(display: &Display, size: Arc<ScreenSize>) -> Result<Self, CaptureError> {
        cursor::require_xfixes(display)?;
        cursor::select(display)?;
        bell::select(display)?;
        display
            .connection
            .randr_select_input(display.root(), NotifyMask::SCREEN_CHANGE)
            .map_err(|_| CaptureError::MissingExtension("RANDR"))?
            .check()?;
        // Asked after the selection, so that no change falls between the two.
        let told = display.query_size()?;
        size.set(told);
        let damage = DamageWatch::start(display)?;
        Ok(Self { damage, size, told })
    }

    /// Tells events until the connection ends. The first damage is the whole screen: the X server
    /// counts all of a window as new to whoever starts to watch it.
    fn run(
        mut self,
        display: &Display,
        mut tell: impl FnMut(DisplayEvent),
    ) -> Result<(), CaptureError> {
        tell(DisplayEvent::CursorShape(cursor::current(display)?));
        loop {
            match display.connection.wait_for_event()? {
                Event::DamageNotify(_) => {
                    let region = self.damage.take(display)?;
                    if !region.is_empty() {
                        tell(DisplayEvent::Damage(region));
                    }
                }
                Event::XfixesCursorNotify(_) => {
                    tell(DisplayEvent::CursorShape(cursor::current(display)?));
                }
                Event::RandrScreenChangeNotify(change) => {
                    let size = Size::new(change.width.into(), change.height.into());
                    if size != self.told {
                        self.size.set(size);
                        self.told = size;
                        tell(DisplayEvent::Resized(size));
                    }
                }
                Event::XkbBellNotify(_) => tell(DisplayEvent::Bell),
                Event::Error(error) => tracing::debug!(?error, "the display refused a request"),
                _ => {}
            }
        }
    }
}
