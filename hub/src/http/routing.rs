//! The routes, put together.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn_with_state;
use axum::routing::{MethodRouter, delete, get, patch, post, put};
use hackstream_control_api::limits::{MAX_BODY_BYTES, MAX_NODE_BODY_BYTES};
use hackstream_control_api::problem::Code;

use super::guard::{Guard, watch};
use super::handlers::{
    account, admin, audit, enroll, events, export, health, launch, login, logs, node, pool,
    service, sessions,
};
use super::openapi;
use crate::access::{Access, Declared, ROUTES};
use crate::fault::Fault;
use crate::hub::Hub;

/// What is wrong with the table of routes.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RouteError {
    /// A route would be open without anybody having said for whom.
    #[error("the route {0} {1} is not declared in access::routes")]
    Undeclared(&'static str, &'static str),
    /// A row of the table has no route.
    #[error("the route {0} {1} is declared and not there")]
    Missing(&'static str, &'static str),
}

/// All routes.
///
/// # Errors
/// If one of them is not declared, or the other way round.
pub fn router(hub: &Arc<Hub>) -> Result<Router, RouteError> {
    let mut routes = Routes::new(hub);
    public(&mut routes)?;
    own(&mut routes)?;
    running(&mut routes)?;
    managing(&mut routes)?;
    nodes(&mut routes)?;
    routes.finish()
}

type Handler = MethodRouter<Arc<Hub>>;

fn public(routes: &mut Routes) -> Result<(), RouteError> {
    routes.add("GET", "/health/live", get(health::live))?;
    routes.add("GET", "/health/ready", get(health::ready))?;
    routes.add("GET", "/v1/openapi.json", get(openapi::document))?;
    routes.add("POST", "/v1/login", post(login::login))?;
    routes.add("POST", "/v1/token/refresh", post(login::refresh))
}

fn own(routes: &mut Routes) -> Result<(), RouteError> {
    routes.add("POST", "/v1/logout", post(login::logout))?;
    routes.add("GET", "/v1/me", get(account::me))?;
    routes.add("POST", "/v1/me/password", post(account::password))?;
    routes.add("GET", "/v1/me/devices", get(account::devices))?;
    routes.add(
        "DELETE",
        "/v1/me/devices/{id}",
        delete(account::drop_device),
    )?;
    routes.add("GET", "/v1/me/export", get(export::export))?;
    routes.add("GET", "/v1/me/audit", get(audit::own))?;
    routes.add("GET", "/v1/tokens", get(service::list))?;
    routes.add("POST", "/v1/tokens", post(service::mint))?;
    routes.add("DELETE", "/v1/tokens/{id}", delete(service::revoke))?;
    routes.add("GET", "/v1/apps", get(account::apps))?;
    routes.add("GET", "/v1/quotas", get(account::quota))
}

fn running(routes: &mut Routes) -> Result<(), RouteError> {
    routes.add("POST", "/v1/sessions", post(launch::launch))?;
    routes.add("GET", "/v1/sessions", get(sessions::list))?;
    routes.add("GET", "/v1/sessions/{id}", get(sessions::one))?;
    routes.add("GET", "/v1/sessions/{id}/events", get(events::watch))?;
    routes.add("GET", "/v1/sessions/{id}/logs", get(logs::read))?;
    routes.add("POST", "/v1/sessions/{id}/connect", post(sessions::connect))?;
    routes.add("POST", "/v1/sessions/{id}/stop", post(sessions::stop))
}

fn managing(routes: &mut Routes) -> Result<(), RouteError> {
    routes.add("GET", "/v1/users", get(admin::users))?;
    routes.add("POST", "/v1/users", post(admin::add_user))?;
    routes.add("GET", "/v1/users/{id}", get(admin::user))?;
    routes.add("PATCH", "/v1/users/{id}", patch(admin::change_user))?;
    routes.add("PUT", "/v1/apps/{id}", put(admin::put_app))?;
    routes.add("GET", "/v1/quotas/{subject}", get(admin::quota))?;
    routes.add("PUT", "/v1/quotas/{subject}", put(admin::put_quota))?;
    routes.add("GET", "/v1/policies/{role}", get(admin::policy))?;
    routes.add("PUT", "/v1/policies/{role}", put(admin::put_policy))?;
    routes.add("GET", "/v1/nodes", get(admin::nodes))?;
    routes.add("POST", "/v1/nodes/{id}/cordon", post(admin::cordon))?;
    routes.add("POST", "/v1/nodes/{id}/uncordon", post(admin::uncordon))?;
    routes.add("DELETE", "/v1/nodes/{id}", delete(admin::remove_node))?;
    routes.add("POST", "/v1/enroll-codes", post(enroll::issue))?;
    routes.add("GET", "/v1/pool", get(pool::list))?;
    routes.add("PUT", "/v1/pool/{app}", put(pool::set))?;
    routes.add("POST", "/v1/pool/{app}/pause", post(pool::pause))?;
    routes.add("POST", "/v1/pool/{app}/resume", post(pool::resume))?;
    routes.add("GET", "/v1/audit", get(audit::all))?;
    routes.add("GET", "/v1/audit/checkpoint", get(audit::checkpoint))?;
    routes.add("GET", "/v1/audit/verify", get(audit::verify))?;
    routes.add("GET", "/v1/metrics", get(health::metrics))
}

fn nodes(routes: &mut Routes) -> Result<(), RouteError> {
    routes.add("POST", "/v1/node/enroll", post(enroll::enroll))?;
    routes.add("GET", "/v1/node/jobs", get(node::jobs))?;
    routes.add("POST", "/v1/node/jobs/{id}/result", post(node::result))?;
    routes.add("POST", "/v1/node/report", post(node::report))?;
    routes.add("POST", "/v1/node/logs/{id}", post(logs::piece))
}

/// Routes that have been added, and what is still to come.
struct Routes {
    hub: Arc<Hub>,
    router: Router<Arc<Hub>>,
    added: BTreeSet<(&'static str, &'static str)>,
}

impl Routes {
    fn new(hub: &Arc<Hub>) -> Self {
        Self {
            hub: Arc::clone(hub),
            router: Router::new(),
            added: BTreeSet::new(),
        }
    }

    fn add(
        &mut self,
        method: &'static str,
        path: &'static str,
        handler: Handler,
    ) -> Result<(), RouteError> {
        let is_it = |row: &&Declared| (row.method, row.path) == (method, path);
        let route = ROUTES
            .iter()
            .find(is_it)
            .ok_or(RouteError::Undeclared(method, path))?;
        let guard = Guard {
            hub: Arc::clone(&self.hub),
            route,
        };
        let largest = match route.access {
            Access::Node => MAX_NODE_BODY_BYTES,
            _ => MAX_BODY_BYTES,
        };
        let handler = handler
            .route_layer(from_fn_with_state(guard, watch))
            .layer(DefaultBodyLimit::max(largest));
        self.router = std::mem::take(&mut self.router).route(path, handler);
        self.added.insert((method, path));
        Ok(())
    }

    fn finish(self) -> Result<Router, RouteError> {
        let missing = |row: &&Declared| !self.added.contains(&(row.method, row.path));
        if let Some(row) = ROUTES.iter().find(missing) {
            return Err(RouteError::Missing(row.method, row.path));
        }
        let router = self.router.fallback(async || Fault::from(Code::NoSuchPath));
        let router =
            router.method_not_allowed_fallback(async || Fault::from(Code::MethodNotAllowed));
        Ok(router.with_state(self.hub))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::Keys;
    use crate::metrics::Metrics;
    use crate::store::{Place, Store};

    /// A hub that has never served anybody.
    fn with_hub(check: impl Fn(&Arc<Hub>)) {
        let folder = tempfile::tempdir().unwrap();
        let keys = Keys::open(folder.path()).unwrap();
        let place = Place::Sqlite(folder.path().join("hub.sqlite"));
        let now = Arc::new(crate::app::now);
        let signer = keys.job_signer().unwrap();
        let store = Store::open(&place, now, Box::new(|_| {}), signer).unwrap();
        check(&Arc::new(
            Hub::new(store, &keys, Arc::new(Metrics::default())).unwrap(),
        ));
    }

    #[test]
    fn a_route_that_nobody_declared_is_not_served() {
        with_hub(|hub| {
            let mut routes = Routes::new(hub);
            // There, but for others and by another method.
            for (method, path) in [("DELETE", "/v1/me"), ("GET", "/v1/back-door")] {
                let added = routes.add(method, path, get(health::live));
                assert_eq!(added, Err(RouteError::Undeclared(method, path)));
            }
            assert!(routes.added.is_empty());
        });
    }

    #[test]
    fn a_declared_route_that_is_missing_keeps_the_hub_from_starting() {
        with_hub(|hub| {
            let mut routes = Routes::new(hub);
            public(&mut routes).unwrap();
            own(&mut routes).unwrap();
            running(&mut routes).unwrap();
            managing(&mut routes).unwrap();
            let missing = routes.finish().unwrap_err();
            assert_eq!(missing, RouteError::Missing("POST", "/v1/node/enroll"));
            assert!(router(hub).is_ok());
        });
    }
}
