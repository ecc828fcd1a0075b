//! What must hold whatever a peer says of files: nothing panics, what was understood survives being
//! written and read again, a name names a place in one folder, and a file that passes has the size
//! that was announced.
//!
//! Shared by the fuzz target and by the test that replays the corpus.

use hackstream_protocol::files::{FileName, Receipt};
use hackstream_protocol::limits::MAX_FILE_NAME_BYTES;
use hackstream_protocol::wire::WireError;
use hackstream_protocol::wire::files::{FileDemand, FileSupply};

/// Checks one input. Its first byte says what it is.
pub(crate) fn check(bytes: &[u8]) {
    let Some((&selector, bytes)) = bytes.split_first() else {
        return;
    };
    match selector % 4 {
        0 => again(bytes, FileSupply::read, FileSupply::write),
        1 => again(bytes, FileDemand::read, FileDemand::write),
        2 => name(&String::from_utf8_lossy(bytes)),
        _ => file(bytes),
    }
}

fn again<T: PartialEq + core::fmt::Debug>(
    bytes: &[u8],
    read: impl Fn(&[u8]) -> Result<Option<T>, WireError>,
    write: impl Fn(&T, &mut Vec<u8>),
) {
    if let Ok(Some(message)) = read(bytes) {
        let mut again = Vec::new();
        write(&message, &mut again);
        assert_eq!(read(&again), Ok(Some(message)));
    }
}

fn name(text: &str) {
    let name = FileName::of(text);
    assert_eq!(
        FileName::of(name.as_str()),
        name,
        "not what it will be taken for"
    );
    for name in [name.numbered(0), name.numbered(1), name.numbered(u32::MAX)] {
        let text = name.as_str();
        assert!((1..=MAX_FILE_NAME_BYTES).contains(&text.len()));
        let places: Vec<_> = std::path::Path::new(text).components().collect();
        assert!(matches!(places[..], [std::path::Component::Normal(_)]));
        assert!(!text.starts_with(['.', '-']) && !text.contains(['\\', '\0']));
    }
}

/// The size that is announced, and the length of each piece.
fn file(bytes: &[u8]) {
    let Some((&size, pieces)) = bytes.split_first() else {
        return;
    };
    let Ok(mut receipt) = Receipt::begin(size.into(), 200) else {
        assert!(size > 200);
        return;
    };
    let mut came = 0;
    for &length in pieces {
        came += u64::from(length);
        match receipt.take(&vec![0; length.into()]) {
            Ok(arrived) => assert_eq!(arrived, came),
            Err(_) => {
                assert!(came > size.into());
                return;
            }
        }
    }
    assert_eq!(receipt.finish().is_ok(), came == size.into());
}
