//! Bytes as pairs of hexadecimal digits.

use data_encoding::HEXLOWER;

/// Bytes as pairs of hexadecimal digits, in small letters.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    HEXLOWER.encode(bytes)
}

/// So many bytes from such a text; `None` if it is something else.
#[must_use]
pub fn unhex<const N: usize>(text: &str) -> Option<[u8; N]> {
    // Before anything is decoded: a text from the network may be long.
    if text.len() != 2 * N {
        return None;
    }
    HEXLOWER.decode(text.as_bytes()).ok()?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_right_length_in_small_letters_is_read() {
        assert_eq!(unhex::<2>(&hex(&[0, 0xab])), Some([0, 0xab]));
        for wrong in ["", "00a", "00ab00", "00AB", "00 b", "00ä"] {
            assert_eq!(unhex::<2>(wrong), None, "{wrong}");
        }
    }
}
