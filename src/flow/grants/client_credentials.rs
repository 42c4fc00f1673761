//! A machine of the operator's asks for itself ([RFC 6749 §4.4]): nobody is asked, so it gets
//! no more than the operator wrote down, and for no longer than one token lasts.
//!
//! [RFC 6749 §4.4]: https://www.rfc-editor.org/rfc/rfc6749#section-4.4

use crate::app::App;
use crate::domain::ask::Door;
use crate::domain::change::Effect;
use crate::domain::client::{Authentication, Client};
use crate::domain::event::{Event, EventKind};
use crate::domain::id::SessionId;
use crate::domain::limit::Count;
use crate::domain::origin::{Agent, Occasion};
use crate::domain::session::Session;
use crate::flow::client::authentication::{Presented, authenticate};
use crate::flow::code::target;
use crate::flow::delivery::{Binding, Granted, Pair};
use crate::flow::error::too_often;
use crate::protocol::authorization_details::AuthorizationDetails;
use crate::protocol::error::OAuthError;
use crate::protocol::grant_type::GrantType;
use crate::protocol::resource_identifier::ResourceIdentifier;
use crate::protocol::scope::Scopes;
use crate::protocol::token_response::TokenResponse;

/// Opens a session of one access token for a client alone.
///
/// # Errors
///
/// `invalid_client`, `unauthorized_client` for whoever the operator did not name as a machine,
/// `invalid_target`, `invalid_scope` beyond the client's ceiling; beyond its hourly limit
/// nothing is stored.
pub async fn grant(
    app: &App,
    presented: &Presented<'_>,
    occasion: &Occasion,
) -> Result<TokenResponse, OAuthError> {
    let client = authenticate(app, presented, occasion).await?.into_client();
    let is_machine = client.may_use(GrantType::ClientCredentials.name())
        && client.authentication != Authentication::None
        && !client.ceiling.is_empty();
    if !is_machine {
        return Err(OAuthError::UnauthorizedClient);
    }
    let resource = target(app, presented.form).ok_or(OAuthError::InvalidTarget)?;
    let most = client.ceiling.meet(&resource.all_scopes());
    let scopes = super::narrowed(presented.form, &resource.identifier, &most)?;
    super::pinned(presented.form, &AuthorizationDetails::default())?;
    let id = SessionId(app.entropy.identifier(SessionId::PREFIX, occasion.at)?);
    let session = session(app, id, &client, (&resource.identifier, scopes), occasion);
    let binding = Binding::of(presented.proof.as_ref(), Some(&client));
    let granted = Granted { scopes: session.scopes.clone(), binding };
    let context = ["machine", session.id.as_str()];
    let pair = Pair::derive(app, &session, &context, granted, occasion.at)?;
    let begun = Event::in_session(EventKind::SessionBegun, &session, occasion)
        .by_rule("client_credentials")
        .saying(format!("{} {}", client.id, session.scopes));
    let most = app.settings.limits.machine_tokens_per_client_per_hour;
    let count = Count::hourly("machine", client.id.as_str(), most.into(), occasion.at);
    let tokens = pair.issue(&session);
    let mut effects = vec![Effect::Count(count), Effect::IssueSession(Box::new(session))];
    effects.extend(tokens);
    effects.push(Effect::Record(begun));
    app.store.apply(effects).await.map_err(|error| too_often(error, occasion.at))?;
    Ok(pair.response(None))
}

fn session(
    app: &App,
    id: SessionId,
    client: &Client,
    (resource, scopes): (&ResourceIdentifier, Scopes),
    occasion: &Occasion,
) -> Session {
    let of = (resource, scopes);
    Session {
        client: Some(client.id.clone()),
        agent: Agent { name: client.name.clone(), ..Agent::default() },
        label: client.name.as_ref().map(ToString::to_string).unwrap_or_default(),
        ..Session::new(id, Door::Machine, of, &app.lifetimes(), occasion)
    }
}
