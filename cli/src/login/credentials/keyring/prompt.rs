//! What a keyring may want to ask the person about. `secret-service` would ask at once; here it is known
//! first, so that nothing is asked where nobody may be.

use futures_util::StreamExt as _;
use zbus::proxy::CacheProperties;
use zbus::zvariant::{OwnedObjectPath, OwnedValue};
use zbus::{Connection, Proxy};

use super::bus::SERVICE;

const PATH: &str = "/org/freedesktop/secrets";
const PROMPT: &str = "org.freedesktop.Secret.Prompt";

/// Unlocks these; what has to be answered before, if something has.
pub(super) async fn unlock(
    connection: &Connection,
    what: &[OwnedObjectPath],
) -> zbus::Result<Option<OwnedObjectPath>> {
    let interface = "org.freedesktop.Secret.Service";
    let reply = connection
        .call_method(Some(SERVICE), PATH, Some(interface), "Unlock", &(what,))
        .await?;
    let body = reply.body();
    let (_, asks): (Vec<OwnedObjectPath>, OwnedObjectPath) = body.deserialize()?;
    Ok(something(asks))
}

/// Deletes an item; what has to be answered before, if something has.
pub(super) async fn delete(
    connection: &Connection,
    item: &OwnedObjectPath,
) -> zbus::Result<Option<OwnedObjectPath>> {
    let interface = "org.freedesktop.Secret.Item";
    let reply = connection
        .call_method(Some(SERVICE), item, Some(interface), "Delete", &())
        .await?;
    Ok(something(reply.body().deserialize()?))
}

/// Shows the dialogue and waits for its end: whether the person agreed.
pub(super) async fn answer(connection: &Connection, asks: &OwnedObjectPath) -> zbus::Result<bool> {
    let prompt = proxy(connection, asks).await?;
    let mut ends = prompt.receive_signal("Completed").await?;
    let mut owners = prompt.receive_owner_changed().await?;
    // No window of ours that it could belong to.
    prompt.call_method("Prompt", &("",)).await?;
    let end = tokio::select! {
        end = ends.next() => end,
        // The keyring is gone.
        _ = owners.next() => None,
    };
    let end = end.ok_or_else(|| zbus::Error::Failure("it ended while it asked".to_owned()))?;
    let (is_dismissed, _): (bool, OwnedValue) = end.body().deserialize()?;
    Ok(!is_dismissed)
}

/// Takes the dialogue away.
pub(super) async fn dismiss(connection: &Connection, asks: &OwnedObjectPath) -> zbus::Result<()> {
    let prompt = proxy(connection, asks).await?;
    prompt.call_method("Dismiss", &()).await.map(drop)
}

async fn proxy<'a>(connection: &Connection, asks: &'a OwnedObjectPath) -> zbus::Result<Proxy<'a>> {
    let builder = zbus::proxy::Builder::<Proxy<'_>>::new(connection);
    let builder = builder
        .destination(SERVICE)?
        .path(asks)?
        .interface(PROMPT)?;
    builder.cache_properties(CacheProperties::No).build().await
}

/// `/` stands for nothing.
fn something(asks: OwnedObjectPath) -> Option<OwnedObjectPath> {
    (asks.as_str() != "/").then_some(asks)
}
