//! What must hold for a file on its way from one peer to the other.
//!
//! * [`FileName`]: a name under which a peer's file may be stored.
//! * [`Dispatch`]: how much of a file may be sent now.
//! * [`Receipt`]: whether what comes is what was announced.

mod dispatch;
mod name;
mod receipt;

pub use dispatch::Dispatch;
pub use name::FileName;
pub use receipt::Receipt;
