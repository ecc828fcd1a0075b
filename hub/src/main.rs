//! `hackstreamd`.

fn main() {}
