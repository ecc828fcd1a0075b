//! The hub of the control plane.
