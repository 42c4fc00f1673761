//! Clients register themselves ([RFC 7591]): the bounded fallback for those that publish no
//! metadata document.
//!
//! [RFC 7591]: https://www.rfc-editor.org/rfc/rfc7591

use crate::app::App;
use crate::domain::change::{Change, Effect, UNSTORED};
use crate::domain::client::RegisteredClient;
use crate::domain::event::{Event, EventKind};
use crate::domain::id::ClientId;
use crate::domain::limit::Count;
use crate::domain::origin::Occasion;
use crate::entropy::NoEntropy;
use crate::flow::error::until_next_hour;
use crate::protocol::client_metadata::{AuthenticationMethod, ClientMetadata};
use crate::protocol::client_registration::{ClientInformation, MetadataRefused, ToldMetadata};
use crate::protocol::error::OAuthError;
use crate::protocol::secret::{Secret, SecretKind};
use crate::store::StoreError;

/// Where clients register, and below it, by their id, manage what they registered.
pub const REGISTER_PATH: &str = "/register";

/// Why nothing is registered.
#[derive(Debug, thiserror::Error)]
pub enum RegistrationError {
    /// The operator knows every client (`clients.registration`).
    #[error("clients cannot register themselves here")]
    SwitchedOff,
    /// RFC 7591 §3.2.2.
    #[error(transparent)]
    Refused(#[from] MetadataRefused),
    /// What the client says of itself is not what is registered (RFC 7592 §2.2).
    #[error("{0}")]
    Contradiction(&'static str),
    /// Unknown, deleted, or not the one that manages this client (RFC 7592 §2).
    #[error("the registration access token is not valid for this client")]
    InvalidToken,
    #[error(transparent)]
    Other(#[from] OAuthError),
}

impl From<StoreError> for RegistrationError {
    fn from(error: StoreError) -> Self {
        Self::Other(error.into())
    }
}

impl From<NoEntropy> for RegistrationError {
    fn from(error: NoEntropy) -> Self {
        Self::Other(error.into())
    }
}

/// Registers a client ([RFC 7591 §3.1]). Nothing of what it says is believed; a person
/// decides about it later.
///
/// # Errors
///
/// Switched off, refused metadata, or beyond the limits of the address or of everybody.
///
/// [RFC 7591 §3.1]: https://www.rfc-editor.org/rfc/rfc7591#section-3.1
pub async fn register(
    app: &App,
    told: ToldMetadata,
    occasion: &Occasion,
) -> Result<ClientInformation, RegistrationError> {
    if !app.settings.strangers.registration {
        return Err(RegistrationError::SwitchedOff);
    }
    let allowed = &app.settings.outbound.allow;
    let metadata = told.accept(AuthenticationMethod::ClientSecretBasic, allowed)?;
    // Letters and digits alone, so that every way of encoding it yields the same.
    let id = app.entropy.identifier(ClientId::PREFIX, occasion.at)?.replace('_', "");
    let id = ClientId(id);
    let management = app.entropy.secret(SecretKind::ClientManagement)?;
    let client = RegisteredClient {
        revision: UNSTORED,
        secret: secret(app, &id, &metadata).map(|secret| secret.digest()),
        management: management.digest(),
        metadata,
        from: occasion.from.clone(),
        created_at: occasion.at,
        used_at: None,
        id,
    };
    let client = store(app, client, EventKind::ClientRegistered, occasion).await?;
    Ok(information(app, client, &management))
}

/// Writes the row and counts it in one transaction, so a refused call writes nothing.
pub(super) async fn store(
    app: &App,
    client: RegisteredClient,
    kind: EventKind,
    occasion: &Occasion,
) -> Result<RegisteredClient, RegistrationError> {
    let limits = &app.settings.limits;
    let count = |subject: &str, most: u32| {
        Effect::Count(Count::hourly("client", subject, most.into(), occasion.at))
    };
    let effects = vec![
        count(&occasion.from.network(), limits.client_registrations_per_address_per_hour),
        count("everybody", limits.client_registrations_per_hour),
        Effect::Record(
            Event::new(kind, occasion).of_agent(client.id.as_str()).saying(client.id.as_str()),
        ),
    ];
    let change = Change { seen: client.revision, next: client, effects };
    app.store.commit(change).await.map_err(|error| match error {
        StoreError::Limited => OAuthError::RateLimited(until_next_hour(occasion.at)).into(),
        error => error.into(),
    })
}

/// The client's secret, if its method has one: derived and not kept, so that the client can
/// read it again (RFC 7592 §2.1) and a stolen database tells nobody.
pub(super) fn secret(app: &App, id: &ClientId, metadata: &ClientMetadata) -> Option<Secret> {
    let derive = || app.vault.derive(SecretKind::Client, &["client", id.as_str()]);
    metadata.token_endpoint_auth_method.is_a_secret().then(derive)
}

/// Everything that is registered, as registered ([RFC 7591 §3.2.1]).
///
/// [RFC 7591 §3.2.1]: https://www.rfc-editor.org/rfc/rfc7591#section-3.2.1
pub(super) fn information(
    app: &App,
    client: RegisteredClient,
    management: &Secret,
) -> ClientInformation {
    let secret = secret(app, &client.id, &client.metadata);
    let path = format!("{REGISTER_PATH}/{}", client.id);
    ClientInformation {
        client_id: client.id.0,
        client_id_issued_at: client.created_at.0,
        client_secret_expires_at: secret.is_some().then_some(0),
        client_secret: secret.map(|secret| secret.reveal().to_owned()),
        registration_access_token: management.reveal().to_owned(),
        registration_client_uri: app.settings.issuer.url(&path),
        metadata: client.metadata,
    }
}
