//! OAuth clients: who they are and how they prove it.

mod assertion;
pub mod authentication;
pub mod document;
pub mod keys;
pub mod management;
pub mod registration;

use crate::app::App;
use crate::domain::client::{Client, RegisteredClient};
use crate::domain::id::ClientId;
use crate::domain::origin::Occasion;
use crate::protocol::error::OAuthError;

/// The client of this id ([RFC 6749 §2.2]): the operator's own first, so that nobody can
/// come in its place; then, for a URL, the one whose metadata is there; then those that
/// registered themselves.
///
/// # Errors
///
/// The database is away, or somebody names too many documents.
///
/// [RFC 6749 §2.2]: https://www.rfc-editor.org/rfc/rfc6749#section-2.2
pub async fn find(
    app: &App,
    id: &ClientId,
    occasion: &Occasion,
) -> Result<Option<Client>, OAuthError> {
    if let Some(configured) = app.settings.clients.iter().find(|client| client.id == *id) {
        return Ok(Some(configured.clone()));
    }
    if document::is_a_url(id) {
        return document::client(app, id, occasion).await;
    }
    Ok(app.store.client(id).await?.and_then(RegisteredClient::client))
}
