//! A part of a session for a sub-agent ([RFC 8693 §2]).
//!
//! A client's session is handed on by that client alone, which proves itself. An agent that is
//! no client has no name to prove: whoever holds its token may hand a part on, and could have
//! used all of it.
//!
//! [RFC 8693 §2]: https://www.rfc-editor.org/rfc/rfc8693#section-2

use crate::app::App;
use crate::domain::change::Effect;
use crate::domain::client::Client;
use crate::domain::exchange::Part;
use crate::domain::id::{ApprovalId, RegistrationId, SessionId};
use crate::domain::limit::Count;
use crate::domain::origin::Occasion;
use crate::domain::session::{Session, Token, TokenKind};
use crate::flow::access_token::digest_of;
use crate::flow::client::authentication::{Presented, authenticate};
use crate::flow::delivery::{Binding, Granted, Pair};
use crate::flow::error::too_often;
use crate::protocol::error::OAuthError;
use crate::protocol::form::Form;
use crate::protocol::grant_type::GrantType;
use crate::protocol::text::ToldText;
use crate::protocol::thumbprint::Thumbprint;
use crate::protocol::timestamp::Timestamp;
use crate::protocol::token_response::TokenResponse;
use crate::store::StoreError;

/// RFC 8693 §3: the one type that is taken and made here.
const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";

/// Hands a part of the subject token's session on.
///
/// # Errors
///
/// `invalid_request` for anything but a live access token of ours that the caller may hand on
/// ([RFC 8693 §2.2.2]), `invalid_target` for another resource, `invalid_scope` beyond the
/// token's, `unauthorized_client`, `invalid_client`. Nothing is written then.
///
/// [RFC 8693 §2.2.2]: https://www.rfc-editor.org/rfc/rfc8693#section-2.2.2
pub async fn exchange(
    app: &App,
    presented: &Presented<'_>,
    occasion: &Occasion,
) -> Result<TokenResponse, OAuthError> {
    let form = presented.form;
    let caller = caller(app, presented, occasion).await?;
    let (token, session) = subject(app, form, occasion.at).await?;
    may_hand_on(&session, caller.as_ref())?;
    in_hand(&token, presented.key())?;
    // It names the same as `resource`, where it names anything (RFC 8693 §2.1).
    super::names(form, "audience", &session.resource)?;
    let held = token.scopes.meet(&session.reach(occasion.at));
    let scopes = super::narrowed(form, &session.resource, &held)?;
    super::pinned(form, &session.details)?;
    let part = Part {
        id: SessionId(app.entropy.identifier(SessionId::PREFIX, occasion.at)?),
        client: caller.as_ref(),
        name: form.get("client_name").and_then(|name| ToldText::clean(name, 80)),
        scopes,
        token: &token,
        ends_at: token.expires_at.min(occasion.at + app.lifetimes().access),
    };
    let part = session
        .hand_on(part, occasion)
        .ok_or(OAuthError::InvalidRequest("the session was handed on too often"))?;
    let binding = Binding::of(presented.proof.as_ref(), caller.as_ref());
    let pair = pair(app, &part, binding, occasion.at)?;
    store(app, (&token, &session), part, &pair, occasion).await?;
    Ok(TokenResponse { issued_token_type: Some(ACCESS_TOKEN), ..pair.response(None) })
}

/// The client that asks, if one says it does.
async fn caller(
    app: &App,
    presented: &Presented<'_>,
    occasion: &Occasion,
) -> Result<Option<Client>, OAuthError> {
    let said = ["client_id", "client_secret", "client_assertion"];
    let named = said.iter().any(|name| presented.form.get(name).is_some());
    if !named && presented.authorization.is_none() {
        return Ok(None);
    }
    let client = authenticate(app, presented, occasion).await?.into_client();
    if !client.may_use(GrantType::TokenExchange.name()) {
        return Err(OAuthError::UnauthorizedClient);
    }
    Ok(Some(client))
}

/// The live access token that is shown, and its session.
async fn subject(app: &App, form: &Form, now: Timestamp) -> Result<(Token, Session), OAuthError> {
    const UNFIT: OAuthError =
        OAuthError::InvalidRequest("subject_token is not a live access token of this server");
    let text = form.get("subject_token");
    let text = text.ok_or(OAuthError::InvalidRequest("subject_token is missing"))?;
    if form.get("subject_token_type") != Some(ACCESS_TOKEN) {
        return Err(OAuthError::InvalidRequest("subject_token_type must be access_token"));
    }
    if form.get("requested_token_type").is_some_and(|wanted| wanted != ACCESS_TOKEN) {
        return Err(OAuthError::InvalidRequest("requested_token_type must be access_token"));
    }
    if form.get("actor_token").or(form.get("actor_token_type")).is_some() {
        return Err(OAuthError::InvalidRequest("the caller is the actor; no token names another"));
    }
    let digest = digest_of(app, text).ok_or(UNFIT)?;
    let token = app.store.token(&digest).await?.ok_or(UNFIT)?;
    let session = app.store.session(&token.session).await?.ok_or(UNFIT)?;
    let live = token.kind == TokenKind::Access && now < token.expires_at && session.is_live(now);
    if live { Ok((token, session)) } else { Err(UNFIT) }
}

/// A client's session is that client's to hand on.
fn may_hand_on(session: &Session, caller: Option<&Client>) -> Result<(), OAuthError> {
    match (&session.client, caller) {
        (Some(_), None) => Err(OAuthError::InvalidClient),
        (Some(owner), Some(caller)) if caller.id != *owner => {
            Err(OAuthError::InvalidRequest("subject_token is another client's"))
        }
        _ => Ok(()),
    }
}

/// A token that is worth nothing without a key is worth nothing here without it either
/// ([RFC 9449 §7]).
///
/// [RFC 9449 §7]: https://www.rfc-editor.org/rfc/rfc9449#section-7
fn in_hand(token: &Token, key: Option<&Thumbprint>) -> Result<(), OAuthError> {
    if token.is_good_with(key) {
        Ok(())
    } else {
        Err(OAuthError::InvalidRequest("subject_token is bound to a key that is not shown"))
    }
}

/// One access token, and nothing to renew it with.
fn pair(app: &App, part: &Session, binding: Binding, now: Timestamp) -> Result<Pair, OAuthError> {
    let granted = Granted { scopes: part.scopes.clone(), binding };
    Ok(Pair::derive(app, part, &["exchange", part.id.as_str()], granted, now)?)
}

async fn store(
    app: &App,
    (token, session): (&Token, &Session),
    part: Session,
    pair: &Pair,
    occasion: &Occasion,
) -> Result<(), OAuthError> {
    let most = app.settings.limits.exchanges_per_session_per_hour;
    let count = Count::hourly("exchange", origin(session), most.into(), occasion.at);
    let hold = Effect::HandOn {
        session: session.id.clone(),
        seen: session.revision,
        token: token.digest,
        at: occasion.at,
    };
    let mut effects = vec![hold, Effect::Count(count)];
    let events = session.handed_on(&part, occasion);
    let tokens = pair.issue(&part);
    effects.push(Effect::IssueSession(Box::new(part)));
    effects.extend(tokens);
    effects.extend(events.map(Effect::Record));
    app.store.apply(effects).await.map_err(|error| match error {
        // It ended between reading and writing.
        StoreError::Stale(_) => OAuthError::InvalidRequest("the subject token has just ended"),
        error => too_often(error, occasion.at),
    })
}

/// What a session and all that was cut from it have in common.
fn origin(session: &Session) -> &str {
    let approval = session.approval.as_ref().map(ApprovalId::as_str);
    let registration = || session.registration.as_ref().map(RegistrationId::as_str);
    approval.or_else(registration).unwrap_or_else(|| session.client_id())
}
