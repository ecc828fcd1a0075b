//! Who may do what: permissions, what each role has of them, and what each route asks for.

pub mod permission;
pub mod routes;

pub use permission::Permission;
pub use routes::{Access, Declared, ROUTES};
