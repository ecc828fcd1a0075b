//! The beginning of a connection: the kernel tells the bus who we are, and the bus lets us in.

use tokio::net::UnixStream;

use super::BusError;
use super::connection::{read_more, write_all};

/// The longest line that is taken of a bus.
const MAX_LINE_BYTES: usize = 512;

const END: &[u8] = b"\r\n";

/// Begins a connection (`EXTERNAL` in the specification).
pub(super) async fn log_in(stream: &UnixStream) -> Result<(), BusError> {
    // The number of the user as text, and that in hexadecimal digits.
    let user = rustix::process::geteuid().as_raw().to_string();
    let user: String = user.bytes().map(|digit| format!("{digit:02x}")).collect();
    // The zero is what the user's credentials went with where systems needed one.
    write_all(stream, format!("\0AUTH EXTERNAL {user}\r\n").as_bytes()).await?;
    let mut line = Vec::new();
    while !line.ends_with(END) {
        if line.len() > MAX_LINE_BYTES {
            return Err(BusError::Malformed);
        }
        read_more(stream, &mut line).await?;
    }
    if !line.starts_with(b"OK ") {
        let said = String::from_utf8_lossy(&line)
            .trim()
            .escape_debug()
            .to_string();
        return Err(BusError::Refused(said));
    }
    Ok(write_all(stream, b"BEGIN\r\n").await?)
}
