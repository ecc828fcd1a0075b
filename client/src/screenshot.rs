//! Writes the picture to a PNG file: as the command line wants it, or the menu.

mod album;

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use hackstream_protocol::geometry::Size;
use tokio::time::{Instant, sleep_until};

use crate::config::Screenshot;
use crate::error::ViewError;
use crate::shared::Shared;

pub(crate) use album::{Album, Saved};

/// A picture that did not change for this long is taken to be finished.
const QUIET: Duration = Duration::from_millis(500);

/// A picture that never becomes quiet is written after this time.
const LONGEST: Duration = Duration::from_secs(10);

/// A file that can be written, found out before anything else happens.
pub(crate) struct Target {
    wish: Screenshot,
    file: File,
    /// The file being written beside the final one; `None` when the target is a device or pipe.
    temporary: Option<PathBuf>,
}

impl Target {
    /// Opens the file. An existing one keeps its content until the picture is there.
    ///
    /// # Errors
    /// [`ViewError::Screenshot`] if it cannot be written.
    pub(crate) fn prepare(wish: &Screenshot) -> Result<Self, ViewError> {
        let path = &wish.path;
        let special = fs::metadata(path).is_ok_and(|found| !found.is_file());
        let (file, temporary) = if special {
            (fs::OpenOptions::new().write(true).open(path), None)
        } else {
            let mut name = path.file_name().unwrap_or_default().to_owned();
            name.push(format!(".{}.part", std::process::id()));
            let temporary = path.with_file_name(name);
            (File::create(&temporary), Some(temporary))
        };
        let file = file.map_err(|error| failed(wish, &error))?;
        Ok(Self {
            wish: wish.clone(),
            file,
            temporary,
        })
    }

    /// Waits for the moment the person wants and writes the picture.
    ///
    /// # Errors
    /// [`ViewError::Screenshot`] if it cannot be written.
    pub(crate) async fn take(mut self, shared: Arc<Shared>) -> Result<(), ViewError> {
        wait_for_moment(&shared, self.wish.after).await;
        let written = {
            let picture = shared.picture();
            write_png(
                picture.size(),
                |y| picture.row(y),
                BufWriter::new(&self.file),
            )
        };
        let finished = written.and_then(|()| match &self.temporary {
            Some(temporary) => fs::rename(temporary, &self.wish.path),
            None => Ok(()),
        });
        finished.map_err(|error| failed(&self.wish, &error))?;
        self.temporary = None;
        Ok(())
    }
}

impl Drop for Target {
    fn drop(&mut self) {
        if let Some(temporary) = &self.temporary {
            // Nobody can be told any more.
            let _ = fs::remove_file(temporary);
        }
    }
}

fn failed(wish: &Screenshot, error: &io::Error) -> ViewError {
    ViewError::Screenshot {
        path: wish.path.clone(),
        reason: error.to_string(),
    }
}

/// Waits for the first complete picture and then for `after`, or until it is quiet.
async fn wait_for_moment(shared: &Shared, after: Option<Duration>) {
    let mut progress = shared.follow();
    // Fails only if the shared state is gone, and that is borrowed here.
    let _ = progress.wait_for(|progress| progress.complete).await;
    let complete = Instant::now();
    if let Some(after) = after {
        sleep_until(complete + after).await;
        return;
    }
    let latest = complete + LONGEST;
    let mut moment = complete + QUIET;
    loop {
        tokio::select! {
            () = sleep_until(moment.min(latest)) => return,
            changed = progress.changed() => {
                if changed.is_err() {
                    return;
                }
                moment = Instant::now() + QUIET;
            }
        }
    }
}

fn write_png<'a>(size: Size, row: impl Fn(u32) -> &'a [u32], out: impl Write) -> io::Result<()> {
    let mut encoder = png::Encoder::new(out, size.width, size.height);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_compression(png::Compression::Fast);
    let mut writer = encoder.write_header()?;
    let mut stream = writer.stream_writer()?;
    let mut bytes = Vec::with_capacity(size.width as usize * 3);
    // Row by row: another copy of the picture would be a third of the viewer's memory.
    for y in 0..size.height {
        bytes.clear();
        for pixel in row(y) {
            let [_, red, green, blue] = pixel.to_be_bytes();
            bytes.extend_from_slice(&[red, green, blue]);
        }
        stream.write_all(&bytes)?;
    }
    stream.finish()?;
    writer.finish()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wish(path: PathBuf) -> Screenshot {
        Screenshot { path, after: None }
    }

    #[test]
    fn a_file_that_cannot_be_written_is_found_out_at_once() {
        let dir = tempfile::tempdir().expect("dir");
        let missing = wish(dir.path().join("no/such/dir.png"));
        let error = Target::prepare(&missing).err().expect("unwritable");
        assert!(error.to_string().contains("no/such/dir.png"), "{error}");
        assert!(
            Target::prepare(&wish(dir.path().into())).is_err(),
            "a folder"
        );
    }

    #[test]
    fn an_abandoned_target_leaves_nothing_and_keeps_the_old_file() {
        let dir = tempfile::tempdir().expect("dir");
        let path = dir.path().join("shot.png");
        fs::write(&path, "old").expect("write");
        drop(Target::prepare(&wish(path.clone())).expect("writable"));
        assert_eq!(fs::read(&path).expect("read"), b"old");
        assert_eq!(fs::read_dir(dir.path()).expect("dir").count(), 1);
    }

    #[test]
    fn devices_are_written_in_place() {
        let target = Target::prepare(&wish("/dev/null".into())).expect("writable");
        assert!(target.temporary.is_none());
    }
}
