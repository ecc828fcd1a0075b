//! The picture of a session, read where its X server keeps it.

use std::path::{Path, PathBuf};

use hackstream_protocol::geometry::Size;

use crate::compare::{Picture, Screen};
use crate::folder::Folder;

/// The file in which Xvfb keeps what it shows: an X window dump, header in big-endian words.
pub(crate) struct Framebuffer {
    file: PathBuf,
    /// Size of the screen: the file has room for the largest that it can be given.
    size: Size,
}

impl Framebuffer {
    /// That of the only session that runs in `folder`, with a screen of this size.
    pub(crate) fn of_session(folder: &Folder, size: Size) -> Self {
        let sessions = folder.sessions();
        assert_eq!(sessions.len(), 1, "one session: {sessions:?}");
        Self {
            file: sessions[0].join("Xvfb_screen0"),
            size,
        }
    }
}

impl Screen for Framebuffer {
    fn picture(&self) -> Picture {
        read_window_dump(&self.file, self.size)
    }
}

fn read_window_dump(file: &Path, size: Size) -> Picture {
    let bytes = std::fs::read(file).expect("the framebuffer");
    let word = |index: usize| {
        let word = bytes[index * 4..][..4].try_into().expect("four bytes");
        u32::from_be_bytes(word) as usize
    };
    let (header, stride, colours) = (word(0), word(12), word(19));
    let (width, height) = (size.width as usize, size.height as usize);
    let start = header + colours * 12;
    let rows = bytes[start..].chunks_exact(stride).take(height);
    let pixel = |p: &[u8]| u32::from_le_bytes([p[0], p[1], p[2], 0]);
    let pixels = rows.flat_map(|row| row[..width * 4].chunks_exact(4).map(pixel));
    Picture {
        size,
        pixels: pixels.collect(),
    }
}
