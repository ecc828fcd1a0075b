//! The API's document, made from the handlers and the types themselves.

use std::sync::OnceLock;

use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use hackstream_control_api::node::Job;
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa::openapi::{OpenApi as Document, SecurityRequirement};
use utoipa::{Modify, OpenApi};

use super::handlers::{
    account, admin, audit, enroll, events, export, health, launch, login, logs, node, pool,
    service, sessions,
};
use crate::access::{Access, ROUTES};

#[derive(OpenApi)]
#[openapi(
    info(title = "HackStream hub", description = "Users, sessions, quotas and audit of HackStream. \
        Lists are arrays; where a page is full, the header `Link` (RFC 8288) has the next one. \
        Errors are `application/problem+json` (RFC 9457) with a stable `code`. \
        Unknown fields in requests are refused; clients skip unknown fields in answers.",
        license(name = "MIT OR Apache-2.0")),
    paths(
        health::live, health::ready, document,
        login::login, login::refresh, login::logout,
        account::me, account::password, account::devices, account::drop_device, account::apps,
        account::quota, audit::own, export::export,
        service::list, service::mint, service::revoke,
        launch::launch, sessions::list, sessions::one, sessions::connect, sessions::stop,
        events::watch, logs::read,
        admin::users, admin::add_user, admin::user, admin::change_user, admin::put_app,
        admin::quota, admin::put_quota, admin::policy, admin::put_policy, admin::nodes,
        admin::cordon, admin::uncordon, admin::remove_node, enroll::issue, pool::list, pool::set, pool::pause, pool::resume,
        audit::all, audit::checkpoint, audit::verify, health::metrics,
        enroll::enroll, node::jobs, node::result, node::report, logs::piece,
    ),
    // What is inside of a job's envelope.
    components(schemas(Job)),
    modifiers(&Tokens),
)]
struct Api;

/// Says of each route what the table says: which permissions it takes.
struct Tokens;

/// The name of a person's or program's token in the document.
const PERSON: &str = "token";
/// The name of a node's.
const NODE: &str = "node_token";

impl Modify for Tokens {
    fn modify(&self, document: &mut Document) {
        let components = document.components.get_or_insert_default();
        for name in [PERSON, NODE] {
            let scheme = SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer));
            components.add_security_scheme(name, scheme);
        }
        for row in ROUTES {
            let Some(item) = document.paths.paths.get_mut(row.path) else {
                continue;
            };
            let operation = match row.method {
                "GET" => item.get.as_mut(),
                "POST" => item.post.as_mut(),
                "PUT" => item.put.as_mut(),
                "PATCH" => item.patch.as_mut(),
                _ => item.delete.as_mut(),
            };
            let Some(operation) = operation else { continue };
            operation.security = match row.access {
                Access::Public => None,
                Access::Node => Some(vec![SecurityRequirement::new(NODE, [""; 0])]),
                Access::OneOf(permissions) => {
                    let one = |each: &crate::access::Permission| {
                        SecurityRequirement::new(PERSON, [each.name()])
                    };
                    Some(permissions.iter().map(one).collect())
                }
            };
        }
    }
}

/// The document, as it is served and kept in `docs/openapi.json`.
#[must_use]
pub fn text() -> &'static str {
    static TEXT: OnceLock<String> = OnceLock::new();
    TEXT.get_or_init(|| {
        let text = serde_json::to_string_pretty(&Api::openapi());
        text.unwrap_or_default() + "\n"
    })
}

/// This document.
#[utoipa::path(get, path = "/v1/openapi.json", tag = "health",
    responses((status = 200, description = "OpenAPI 3.1", content_type = "application/json")))]
pub(crate) async fn document() -> Response {
    ([(CONTENT_TYPE, "application/json")], text()).into_response()
}
