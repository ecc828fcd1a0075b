//! Tokens for programs.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::{Extension, Json};
use hackstream_control_api::id::TokenId;
use hackstream_control_api::limits::MAX_DEVICE_BYTES;
use hackstream_control_api::login::{MintedServiceToken, NewServiceToken, ServiceToken};
use hackstream_control_api::problem::{Code, Problem};
use hackstream_control_api::time::Seconds;

use super::check_text;
use crate::access::Permission;
use crate::auth::token::{Kind, Token};
use crate::deeds::{service, who::Caller};
use crate::fault::Fault;
use crate::http::answer::Answer;
use crate::http::ask::{Body, Named};
use crate::hub::Hub;
use crate::random;

const LIFETIME: Seconds = Seconds::days(30);
const LONGEST: Seconds = Seconds::days(366);

/// Scopes that one token may have.
const MOST_SCOPES: usize = 32;

/// The tokens for programs that one has.
#[utoipa::path(get, path = "/v1/tokens", tag = "account",
    responses((status = 200, body = [ServiceToken]), (status = "default", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn list(
    State(hub): State<Arc<Hub>>,
    Extension(caller): Extension<Caller>,
) -> Answer<Json<Vec<ServiceToken>>> {
    Ok(Json(
        hub.store
            .read(move |tx| service::list(tx, caller.user))
            .await?,
    ))
}

/// Make a token for a program. It is shown this once.
#[utoipa::path(post, path = "/v1/tokens", request_body = NewServiceToken, tag = "account",
    responses((status = 201, body = MintedServiceToken), (status = "default", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn mint(
    State(hub): State<Arc<Hub>>,
    Extension(caller): Extension<Caller>,
    Body(wish): Body<NewServiceToken>,
) -> Answer<(StatusCode, Json<MintedServiceToken>)> {
    check_text("the token's name", &wish.name, MAX_DEVICE_BYTES)?;
    check_scopes(&caller, &wish.scopes)?;
    let lifetime = wish.lifetime.unwrap_or(LIFETIME);
    if lifetime > LONGEST || lifetime == Seconds(0) {
        return Err(Fault::new(
            Code::Invalid,
            format!("a lifetime is 1 s to {LONGEST}"),
        ));
    }
    let token = Token::random(Kind::Service)?;
    let now = hub.store.now();
    let about = ServiceToken {
        id: TokenId::new(now, random::bytes()?),
        name: wish.name,
        scopes: wish.scopes,
        created_at: now,
        expires_at: now.plus(lifetime),
    };
    let minted = MintedServiceToken {
        about: about.clone(),
        token: token.text().to_owned(),
    };
    hub.act(caller, move |tx, caller| {
        service::mint(tx, caller, &about, &token)
    })
    .await?;
    Ok((StatusCode::CREATED, Json(minted)))
}

/// A token gives no more than the one who makes it has.
fn check_scopes(caller: &Caller, scopes: &[String]) -> Result<(), Fault> {
    if scopes.is_empty() || scopes.len() > MOST_SCOPES {
        return Err(Fault::new(
            Code::Invalid,
            format!("1 to {MOST_SCOPES} scopes"),
        ));
    }
    for scope in scopes {
        let Some(permission) = Permission::named(scope) else {
            let all: Vec<_> = Permission::ALL.iter().map(|each| each.name()).collect();
            let detail = format!("unknown scope; there are {}", all.join(", "));
            return Err(Fault::new(Code::Invalid, detail));
        };
        if !caller.may(permission) {
            let detail = format!("you do not have {} yourself", permission.name());
            return Err(Fault::new(Code::Forbidden, detail));
        }
    }
    Ok(())
}

/// Void a token.
#[utoipa::path(delete, path = "/v1/tokens/{id}", params(("id" = TokenId, Path)), tag = "account",
    responses((status = 204), (status = "default", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn revoke(
    State(hub): State<Arc<Hub>>,
    Extension(caller): Extension<Caller>,
    Named(id): Named<TokenId>,
) -> Answer<StatusCode> {
    hub.act(caller, move |tx, caller| service::revoke(tx, caller, id))
        .await?;
    Ok(StatusCode::NO_CONTENT)
}
