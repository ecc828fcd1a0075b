//! What must hold whatever a peer says of clipboards: nothing panics, what was understood survives
//! being written and read again, and contents that pass are what they should be.
//!
//! Shared by the fuzz target and by the test that replays the corpus.

use hackstream_protocol::clipboard::{Guard, difference};
use hackstream_protocol::wire::WireError;
use hackstream_protocol::wire::clipboard::{
    ClipboardDemand, ClipboardMessage, ClipboardSupply, Format, Start,
};

/// Checks one input. Its first byte says what it is.
pub(crate) fn check(bytes: &[u8]) {
    let Some((&selector, bytes)) = bytes.split_first() else {
        return;
    };
    match selector % 5 {
        0 => again(bytes, ClipboardMessage::read, ClipboardMessage::write),
        1 => again(bytes, ClipboardDemand::read, ClipboardDemand::write),
        2 => again(bytes, ClipboardSupply::read, ClipboardSupply::write),
        3 => contents(bytes),
        _ => text_from_base(bytes),
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

/// Contents of some format, cut into pieces: text comes out whole and valid, pictures as they went in.
fn contents(bytes: &[u8]) {
    let [format, length, contents @ ..] = bytes else {
        return;
    };
    let format = Format::ALL[usize::from(*format) % Format::ALL.len()];
    let mut guard = Guard::new(format);
    let mut passed = Vec::new();
    for piece in contents.chunks(usize::from(*length).max(1)) {
        match guard.pass(piece.to_vec()) {
            Ok(piece) if format == Format::Png => passed.extend(piece),
            Ok(piece) => {
                assert!(core::str::from_utf8(&piece).is_ok(), "a cut character");
                passed.extend(piece);
            }
            Err(_) => return,
        }
    }
    match guard.finish() {
        Ok(rest) => passed.extend(rest),
        Err(_) => return,
    }
    let expected = match format {
        Format::Png => contents.to_vec(),
        Format::Text | Format::Html => String::from_utf8_lossy(contents).into_owned().into_bytes(),
    };
    assert_eq!(passed, expected);
}

/// Two texts: the second is rebuilt from the first and the difference.
fn text_from_base(bytes: &[u8]) {
    let Some((&length, texts)) = bytes.split_first() else {
        return;
    };
    let (base, text) = texts.split_at(texts.len().min(length.into()));
    let Start { prefix, suffix } = difference(base, text);
    let middle = &text[prefix..text.len() - suffix];
    let rebuilt = [&base[..prefix], middle, &base[base.len() - suffix..]].concat();
    assert_eq!(rebuilt, text);
}
