//! How much may be in flight to a viewer.
