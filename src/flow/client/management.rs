//! A client reads, changes and deletes its own registration ([RFC 7592]).
//!
//! [RFC 7592]: https://www.rfc-editor.org/rfc/rfc7592

use subtle::ConstantTimeEq as _;

use super::registration::{RegistrationError, information, secret, store};
use crate::app::App;
use crate::domain::change::Effect;
use crate::domain::client::RegisteredClient;
use crate::domain::event::{Event, EventKind};
use crate::domain::id::ClientId;
use crate::domain::origin::Occasion;
use crate::protocol::client_metadata::AuthenticationMethod;
use crate::protocol::client_registration::{ClientInformation, ToldUpdate};
use crate::protocol::secret::{Digest, Secret, SecretKind};

/// What is registered ([RFC 7592 §2.1]).
///
/// # Errors
///
/// The token is not the one that manages this client.
///
/// [RFC 7592 §2.1]: https://www.rfc-editor.org/rfc/rfc7592#section-2.1
pub async fn read(
    app: &App,
    id: &ClientId,
    token: Option<&str>,
) -> Result<ClientInformation, RegistrationError> {
    let (client, token) = managed(app, id, token).await?;
    Ok(information(app, client, &token))
}

/// Replaces all of the metadata; what is left out is gone ([RFC 7592 §2.2]).
///
/// # Errors
///
/// As [`read`]; refused metadata, another client's id or secret, or beyond the limits, which
/// are those of registering.
///
/// [RFC 7592 §2.2]: https://www.rfc-editor.org/rfc/rfc7592#section-2.2
pub async fn update(
    app: &App,
    id: &ClientId,
    token: Option<&str>,
    told: ToldUpdate,
    occasion: &Occasion,
) -> Result<ClientInformation, RegistrationError> {
    let (client, token) = managed(app, id, token).await?;
    if told.client_id.as_deref() != Some(client.id.as_str()) {
        return Err(RegistrationError::Contradiction("client_id is not the one registered"));
    }
    let shown = told.client_secret.map(|secret| Digest::of(secret.as_bytes()));
    if shown.is_some_and(|shown| client.secret != Some(shown)) {
        return Err(RegistrationError::Contradiction("client_secret is not the one registered"));
    }
    let allowed = &app.settings.outbound.allow;
    let metadata = told.metadata.accept(AuthenticationMethod::ClientSecretBasic, allowed)?;
    let secret = secret(app, &client.id, &metadata).map(|secret| secret.digest());
    let client = RegisteredClient { metadata, secret, ..client };
    let client = store(app, client, EventKind::ClientUpdated, occasion).await?;
    Ok(information(app, client, &token))
}

/// Removes the client, and with it every session it holds and every question it asks
/// ([RFC 7592 §2.3]).
///
/// # Errors
///
/// As [`read`].
///
/// [RFC 7592 §2.3]: https://www.rfc-editor.org/rfc/rfc7592#section-2.3
pub async fn delete(
    app: &App,
    id: &ClientId,
    token: Option<&str>,
    occasion: &Occasion,
) -> Result<(), RegistrationError> {
    let (client, _token) = managed(app, id, token).await?;
    let event = Event::new(EventKind::ClientDeleted, occasion)
        .of_agent(client.id.as_str())
        .saying(client.id.as_str());
    let remove = Effect::RemoveClient { id: client.id, at: occasion.at };
    Ok(app.store.apply(vec![remove, Effect::Record(event)]).await?)
}

/// The client that this token manages. An unknown client costs the comparison of a wrong
/// token and is told the same.
async fn managed(
    app: &App,
    id: &ClientId,
    token: Option<&str>,
) -> Result<(RegisteredClient, Secret), RegistrationError> {
    let token = token.and_then(|token| Secret::parse(SecretKind::ClientManagement, token));
    let token = token.ok_or(RegistrationError::InvalidToken)?;
    let client = app.store.client(id).await?;
    let expected = client.as_ref().map_or(Digest([0; 32]), |client| client.management);
    let same: bool = expected.0.ct_eq(&token.digest().0).into();
    let client = client.filter(|_| same).ok_or(RegistrationError::InvalidToken)?;
    Ok((client, token))
}
