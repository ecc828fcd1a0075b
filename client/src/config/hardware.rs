//! Which device decodes films.

use std::path::PathBuf;

use crate::error::ViewError;

/// The kind of device that there is.
const KIND: &str = "v4l2";

/// A device that decodes H.264 in place of the processor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HardwareDecoder {
    /// The first V4L2 device that can.
    AnyV4l2,
    /// This V4L2 device.
    V4l2(PathBuf),
}

impl HardwareDecoder {
    /// Reads `--hardware-decoder`.
    ///
    /// # Errors
    /// [`ViewError::Usage`] if it names no kind of device that there is.
    pub(super) fn option(text: Option<&str>) -> Result<Option<Self>, ViewError> {
        let Some(text) = text else { return Ok(None) };
        let path = text.strip_prefix(KIND).and_then(|rest| match rest {
            "" => Some(None),
            _ => rest
                .strip_prefix(':')
                .filter(|path| path.starts_with('/'))
                .map(Some),
        });
        match path {
            Some(None) => Ok(Some(Self::AnyV4l2)),
            Some(Some(path)) => Ok(Some(Self::V4l2(path.into()))),
            None => Err(ViewError::Usage(format!(
                "--hardware-decoder {text}: say {KIND}, or {KIND}: and the path of a device, such \
                 as {KIND}:/dev/video10"
            ))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_is_any_or_has_a_path() {
        let option = |text| HardwareDecoder::option(Some(text)).ok().flatten();
        assert_eq!(HardwareDecoder::option(None).unwrap(), None);
        assert_eq!(option("v4l2"), Some(HardwareDecoder::AnyV4l2));
        let named = HardwareDecoder::V4l2("/dev/video10".into());
        assert_eq!(option("v4l2:/dev/video10"), Some(named));
        for nonsense in [
            "",
            "vaapi",
            "v4l2:",
            "v4l2:video10",
            "v4l2/dev/video10",
            "V4L2",
        ] {
            let error = HardwareDecoder::option(Some(nonsense)).unwrap_err();
            assert!(error.to_string().contains("v4l2:/dev/video10"), "{error}");
        }
    }
}
