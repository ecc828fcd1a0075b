//! Tests of the real programs on real displays and networks.
