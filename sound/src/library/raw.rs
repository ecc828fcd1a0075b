//! Loading, and finding functions.

use libloading::Library;

use super::Name;
use crate::SoundError;

/// Loads a library.
pub(crate) fn load(name: &Name) -> Result<Library, SoundError> {
    // SAFETY: libopus and libasound, the only ones asked for, do nothing when they are loaded
    // that this program could not bear: they set up tables of their own.
    unsafe { Library::new(name.file) }.map_err(|error| failed(name, &error))
}

/// The function called `symbol`.
///
/// # Safety
/// `T` must be the function's type, and the function not be called once `library` is dropped.
pub(crate) unsafe fn function<T: Copy>(
    library: &Library,
    name: &Name,
    symbol: &'static str,
) -> Result<T, SoundError> {
    // SAFETY: the caller answers for the type.
    let found = unsafe { library.get::<T>(symbol.as_bytes()) };
    found
        .map(|symbol| *symbol)
        .map_err(|error| failed(name, &error))
}

fn failed(name: &Name, error: &libloading::Error) -> SoundError {
    SoundError::Library {
        name: name.file,
        package: name.package,
        reason: error.to_string(),
    }
}
