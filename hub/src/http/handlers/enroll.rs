//! How machines become nodes.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::{Extension, Json};
use hackstream_control_api::enroll::{ENROLL_TYPE, Enroll, EnrollCode, Enrolled, NewCode};
use hackstream_control_api::problem::{Code, Problem};
use hackstream_ticket::NodePublicKey;

use super::admin::check_username;
use super::node::check_facts;
use crate::auth::code::JoinCode;
use crate::deeds::enroll::{self, Arrival};
use crate::deeds::who::Caller;
use crate::fault::Fault;
use crate::http::answer::Answer;
use crate::http::ask::Body;
use crate::hub::Hub;
use crate::store::Tx;
use crate::tables::nodes::Facts;

/// Get a code by which one machine becomes a node, once, within ten minutes.
#[utoipa::path(post, path = "/v1/enroll-codes", request_body = NewCode, tag = "admin",
    responses((status = 201, body = EnrollCode), (status = "default", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn issue(
    State(hub): State<Arc<Hub>>,
    Extension(caller): Extension<Caller>,
    Body(wish): Body<NewCode>,
) -> Answer<(StatusCode, Json<EnrollCode>)> {
    check_name(&wish.name)?;
    let code = JoinCode::random()?;
    let made = code.clone();
    let issued = hub.act(caller, move |tx, caller| {
        enroll::issue(tx, caller.actor(), &wish.name, &made)
    });
    let expires_at = issued.await?;
    let code = code.text().to_owned();
    Ok((StatusCode::CREATED, Json(EnrollCode { code, expires_at })))
}

/// Whether a name can be a node's.
///
/// # Errors
/// Why not.
pub fn check_name(name: &str) -> Result<(), Fault> {
    check_username(name).map_err(|_| {
        let detail = "a node's name has 1 to 64 letters, digits, '.', '_', '-' or '@'";
        Fault::new(Code::Invalid, detail)
    })
}

/// Come in as a node, with a code and a key of one's own.
#[utoipa::path(post, path = "/v1/node/enroll", request_body = Enroll, tag = "node",
    responses((status = 200, body = Enrolled), (status = "default", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn enroll(
    State(hub): State<Arc<Hub>>,
    Body(asked): Body<Enroll>,
) -> Answer<Json<Enrolled>> {
    let refused = |why: &str| Fault::new(Code::EnrollmentRefused, why);
    let code = JoinCode::parse(&asked.code);
    let code = code.ok_or_else(|| refused("that is no code of a hub"))?;
    let key: Result<NodePublicKey, _> = asked.public_key.parse();
    let key = key.map_err(|error| Fault::new(Code::Invalid, error.to_string()))?;
    if !key.proves(&asked.proof, ENROLL_TYPE, code.text().as_bytes()) {
        return Err(refused("the machine does not hold the key that it shows"));
    }
    check_facts(&asked.version, &asked.apps)?;
    let known = code.clone();
    let look = move |tx: &mut Tx<'_>| enroll::is_known(tx, &known);
    hub.store.read(look).await?;
    let token = hub.rotation.node_token(code.text(), &key.bytes());
    let arrival = Arrival {
        token: token.clone(),
        code,
        key,
        facts: Facts {
            problem: None,
            capacity: asked.capacity,
            apps: asked.apps,
            limits_enforced: false,
            version: asked.version,
        },
    };
    let work = move |tx: &mut Tx<'_>| enroll::enroll(tx, &arrival);
    let (node, name) = hub.store.write(work).await?;
    Ok(Json(Enrolled {
        node,
        name,
        token: token.text().to_owned(),
        job_keys: vec![hub.store.job_key().to_string()],
    }))
}
