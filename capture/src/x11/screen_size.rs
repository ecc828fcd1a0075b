//! The screen's size, known to all parts of a capture.

use std::sync::atomic::{AtomicU64, Ordering};

use hackstream_protocol::geometry::Size;

/// A [`Size`] that one thread sets while others read it.
pub(crate) struct ScreenSize(AtomicU64 /* width << 32 | height */);

impl ScreenSize {
    pub(crate) fn new(size: Size) -> Self {
        Self(AtomicU64::new(pack(size)))
    }

    pub(crate) fn get(&self) -> Size {
        let packed = self.0.load(Ordering::Acquire);
        Size::new((packed >> 32) as u32, packed as u32)
    }

    pub(crate) fn set(&self, size: Size) {
        self.0.store(pack(size), Ordering::Release);
    }
}

fn pack(size: Size) -> u64 {
    u64::from(size.width) << 32 | u64::from(size.height)
}
