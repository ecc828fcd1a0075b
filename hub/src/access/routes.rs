//! What each route asks for. A route that does not stand here cannot be served, and a row without a
//! route keeps the hub from starting.

use super::Permission as P;

/// Who may use a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Everybody.
    Public,
    /// Nodes.
    Node,
    /// Whoever has one of these permissions. Which rows they see is the handler's to decide.
    OneOf(&'static [P]),
}

/// A row of the table.
#[derive(Clone, Copy, Debug)]
pub struct Declared {
    /// In capitals.
    pub method: &'static str,
    /// With `{name}` for what varies.
    pub path: &'static str,
    /// Who may use it.
    pub access: Access,
}

const fn row(method: &'static str, path: &'static str, access: Access) -> Declared {
    Declared {
        method,
        path,
        access,
    }
}

/// Of those who act for themselves.
const OWN: Access = Access::OneOf(&[P::SessionOwn]);
/// Of those who see their own or everybody's.
const SEEN: Access = Access::OneOf(&[P::SessionOwn, P::SessionReadAny]);
const STOP: Access = Access::OneOf(&[P::SessionOwn, P::SessionStopAny]);
const ACCOUNT: Access = Access::OneOf(&[P::Account]);
const POOL: Access = Access::OneOf(&[P::PoolWrite]);
const TOKENS: Access = Access::OneOf(&[P::Tokens]);

/// The table.
pub const ROUTES: &[Declared] = &[
    row("GET", "/health/live", Access::Public),
    row("GET", "/health/ready", Access::Public),
    row("GET", "/v1/openapi.json", Access::Public),
    row("POST", "/v1/login", Access::Public),
    row("POST", "/v1/token/refresh", Access::Public),
    row("POST", "/v1/logout", ACCOUNT),
    row("GET", "/v1/me", ACCOUNT),
    row("POST", "/v1/me/password", ACCOUNT),
    row("GET", "/v1/me/devices", ACCOUNT),
    row("DELETE", "/v1/me/devices/{id}", ACCOUNT),
    row("GET", "/v1/me/export", ACCOUNT),
    row("GET", "/v1/me/audit", Access::OneOf(&[P::AuditOwn])),
    row("GET", "/v1/tokens", TOKENS),
    row("POST", "/v1/tokens", TOKENS),
    row("DELETE", "/v1/tokens/{id}", TOKENS),
    row("GET", "/v1/apps", Access::OneOf(&[P::AppsRead])),
    row("PUT", "/v1/apps/{id}", Access::OneOf(&[P::AppsWrite])),
    row(
        "GET",
        "/v1/quotas",
        Access::OneOf(&[P::SessionCreate, P::PoliciesRead]),
    ),
    row(
        "GET",
        "/v1/quotas/{subject}",
        Access::OneOf(&[P::PoliciesRead]),
    ),
    row(
        "PUT",
        "/v1/quotas/{subject}",
        Access::OneOf(&[P::PoliciesWrite]),
    ),
    row(
        "GET",
        "/v1/policies/{role}",
        Access::OneOf(&[P::PoliciesRead]),
    ),
    row(
        "PUT",
        "/v1/policies/{role}",
        Access::OneOf(&[P::PoliciesWrite]),
    ),
    row("POST", "/v1/sessions", Access::OneOf(&[P::SessionCreate])),
    row("GET", "/v1/sessions", SEEN),
    row("GET", "/v1/sessions/{id}", SEEN),
    row("GET", "/v1/sessions/{id}/events", SEEN),
    row("GET", "/v1/sessions/{id}/logs", OWN),
    row("POST", "/v1/sessions/{id}/connect", OWN),
    row("POST", "/v1/sessions/{id}/stop", STOP),
    row("GET", "/v1/users", Access::OneOf(&[P::UsersRead])),
    row("POST", "/v1/users", Access::OneOf(&[P::UsersWrite])),
    row("GET", "/v1/users/{id}", Access::OneOf(&[P::UsersRead])),
    row("PATCH", "/v1/users/{id}", Access::OneOf(&[P::UsersWrite])),
    row("GET", "/v1/nodes", Access::OneOf(&[P::NodesRead])),
    row(
        "POST",
        "/v1/nodes/{id}/cordon",
        Access::OneOf(&[P::NodesWrite]),
    ),
    row(
        "POST",
        "/v1/nodes/{id}/uncordon",
        Access::OneOf(&[P::NodesWrite]),
    ),
    row("GET", "/v1/pool", Access::OneOf(&[P::PoolRead])),
    row("PUT", "/v1/pool/{app}", POOL),
    row("POST", "/v1/pool/{app}/pause", POOL),
    row("POST", "/v1/pool/{app}/resume", POOL),
    row("GET", "/v1/audit", Access::OneOf(&[P::AuditAny])),
    row(
        "GET",
        "/v1/audit/checkpoint",
        Access::OneOf(&[P::AuditOwn, P::AuditAny]),
    ),
    row("GET", "/v1/audit/verify", Access::OneOf(&[P::AuditAny])),
    row("GET", "/v1/metrics", Access::OneOf(&[P::Metrics])),
    row("GET", "/v1/node/jobs", Access::Node),
    row("POST", "/v1/node/jobs/{id}/result", Access::Node),
    row("POST", "/v1/node/report", Access::Node),
    row("POST", "/v1/node/logs/{id}", Access::Node),
];
