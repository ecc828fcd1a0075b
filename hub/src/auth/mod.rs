//! Who somebody is: passwords, tokens, and how often one may try.

pub mod code;
pub mod gate;
pub mod password;
pub mod rotation;
pub mod throttle;
pub mod token;
