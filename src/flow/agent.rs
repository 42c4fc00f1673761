//! Agents introduce themselves: `POST` to the identity endpoint (auth.md, "Register").

use crate::app::App;
use crate::domain::ask::Door;
use crate::domain::change::{Change, Effect, UNSTORED};
use crate::domain::event::{Event, EventKind};
use crate::domain::id::{RegistrationId, SessionId};
use crate::domain::limit::Count;
use crate::domain::origin::{Agent, Occasion};
use crate::domain::pace::Pace;
use crate::domain::registration::{Registration, RegistrationKind};
use crate::domain::resource::{Asked, Resource};
use crate::domain::session::Session;
use crate::flow::attempt::{CLAIM_PATH, NewAttempt, describe, login_hint, new_attempt};
use crate::flow::delivery::{self, Subject};
use crate::flow::error::until_next_hour;
use crate::metrics::Funnel;
use crate::protocol::agent::{Claim, Identity, IdentityRequest, RegistrationResponse, ScopeSets};
use crate::protocol::agent_error::{AgentError, AgentErrorCode};
use crate::protocol::scope::Scopes;
use crate::protocol::secret::{Secret, SecretKind};
use crate::protocol::timestamp::Timestamp;
use crate::store::StoreError;

/// Registers an agent without a human, with what policy lets it hold until one claims it.
///
/// # Errors
///
/// Switched off, malformed, or beyond the limits of the address or of everybody.
pub async fn register_anonymous(
    app: &App,
    request: &IdentityRequest,
    occasion: &Occasion,
) -> Result<RegistrationResponse, AgentError> {
    if !app.settings.agents.anonymous {
        return Err(AgentErrorCode::AnonymousDisabled.into());
    }
    let (registration, claim, asked) =
        new_registration(app, request, RegistrationKind::Anonymous, occasion)?;
    let session = pre_claim_session(app, &registration, occasion)?;
    let registration = Registration { session: Some(session.id.clone()), ..registration };
    let context = ["register", registration.id.as_str()];
    let subject =
        Subject { registration: &registration, session: &session, account: None, key: None };
    let identity = delivery::assertion(app, subject, &context, occasion.at)?;
    let mut effects = vec![
        Effect::IssueSession(Box::new(session)),
        Effect::Record(created(&registration, occasion)),
    ];
    let limits = &app.settings.limits;
    effects.extend(limit(
        "anonymous",
        &occasion.from.network(),
        limits.anonymous_registrations_per_address_per_hour,
        limits.anonymous_registrations_per_hour,
        occasion.at,
    ));
    let registration = store(app, registration, effects, occasion.at).await?;
    let (claim, asked, identity) = (&claim, &asked, Some(identity));
    let answered = Answered { registration: &registration, claim, asked, identity, attempt: None };
    Ok(answered.reply(app, occasion.at))
}

/// Registers an agent that knows whom to ask, and puts the question at once. Known and
/// unknown addresses are answered alike.
///
/// # Errors
///
/// Switched off, malformed, or beyond the limits of the address or of everybody.
pub async fn register_for_person(
    app: &App,
    request: &IdentityRequest,
    occasion: &Occasion,
) -> Result<RegistrationResponse, AgentError> {
    if !app.settings.agents.service_auth {
        return Err(AgentErrorCode::ServiceAuthDisabled.into());
    }
    let hint = login_hint(request.login_hint.as_deref())?;
    let (registration, claim, asked) =
        new_registration(app, request, RegistrationKind::ServiceAuth, occasion)?;
    let attempt = new_attempt(app, &registration, hint.clone(), occasion)?;
    let registration = Registration {
        login_hint: Some(hint),
        approval: Some(attempt.approval.id.clone()),
        ..registration
    };
    let mut effects = vec![
        Effect::Ask(Box::new(attempt.approval.clone())),
        Effect::Record(created(&registration, occasion).of_approval(&attempt.approval.id)),
    ];
    let limits = &app.settings.limits;
    effects.extend(limit(
        "service_auth",
        &occasion.from.network(),
        limits.service_auth_registrations_per_address_per_hour,
        limits.service_auth_registrations_per_hour,
        occasion.at,
    ));
    let registration = store(app, registration, effects, occasion.at).await?;
    app.metrics.funnel(Funnel::Asked);
    let (claim, asked, attempt) = (&claim, &asked, Some(&attempt));
    let answered = Answered { registration: &registration, claim, asked, identity: None, attempt };
    Ok(answered.reply(app, occasion.at))
}

fn new_registration(
    app: &App,
    request: &IdentityRequest,
    kind: RegistrationKind,
    occasion: &Occasion,
) -> Result<(Registration, Secret, Asked), AgentError> {
    let resource = named_resource(app, request.resource.as_deref())?;
    let asked = resource.ask(requested_scopes(request)?.as_ref());
    let claim = app.entropy.secret(SecretKind::Claim)?;
    let agent = Agent::told(
        request.client_name.as_deref(),
        request.client_type.as_deref(),
        request.reason.as_deref(),
    );
    let pre_claim = match kind {
        RegistrationKind::Anonymous => before_a_human(&resource.pre_claim_scopes(), &asked.scopes),
        RegistrationKind::ServiceAuth => Scopes::new(),
    };
    let registration = Registration {
        id: RegistrationId(app.entropy.identifier(RegistrationId::PREFIX, occasion.at)?),
        revision: UNSTORED,
        kind,
        agent,
        resource: resource.identifier.clone(),
        scopes: asked.scopes.clone(),
        pre_claim,
        login_hint: None,
        claim: claim.digest(),
        claim_expires_at: occasion.at + app.settings.agents.claim_ttl,
        generation: 1,
        account: None,
        session: None,
        approval: None,
        revoked_at: None,
        pace: Pace::FIRST,
        from: occasion.from.clone(),
        created_at: occasion.at,
    };
    Ok((registration, claim, asked))
}

/// What an anonymous agent holds at once: what it asked for, as far as policy gives that
/// away without a human; all that policy gives away when it asked for nothing of it.
fn before_a_human(given: &Scopes, asked: &Scopes) -> Scopes {
    let both = given.meet(asked);
    if both.is_empty() { given.clone() } else { both }
}

/// The resource named by an RFC 8707 parameter, or the default one.
fn named_resource<'a>(app: &'a App, name: Option<&str>) -> Result<&'a Resource, AgentError> {
    let found = match name {
        None => app.default_resource(),
        Some(name) => name.parse().ok().and_then(|identifier| app.resource(&identifier)),
    };
    Ok(found.ok_or(AgentErrorCode::InvalidTarget)?)
}

fn requested_scopes(request: &IdentityRequest) -> Result<Option<Scopes>, AgentError> {
    let Some(list) = &request.requested_scopes else { return Ok(None) };
    let scopes = Scopes::stored(&list.to_text()).map_err(|_| AgentErrorCode::InvalidScope)?;
    Ok(Some(scopes))
}

/// What an anonymous agent may do until somebody claims it; it ends with the claim token.
fn pre_claim_session(
    app: &App,
    registration: &Registration,
    occasion: &Occasion,
) -> Result<Session, AgentError> {
    let id = SessionId(app.entropy.identifier(SessionId::PREFIX, occasion.at)?);
    let of = (&registration.resource, registration.pre_claim.clone());
    Ok(Session {
        registration: Some(registration.id.clone()),
        agent: registration.agent.clone(),
        expires_at: registration.claim_expires_at,
        ..Session::new(id, Door::Claim, of, &app.lifetimes(), occasion)
    })
}

fn created(registration: &Registration, occasion: &Occasion) -> Event {
    Event::new(EventKind::RegistrationCreated, occasion)
        .of_registration(&registration.id)
        .saying(registration.kind.name())
}

/// Counted in the same transaction that writes the row, so a refused call writes nothing.
fn limit(kind: &str, network: &str, each: u32, all: u32, now: Timestamp) -> [Effect; 2] {
    let what = format!("registration:{kind}");
    [
        Effect::Count(Count::hourly(&what, network, each.into(), now)),
        Effect::Count(Count::hourly(&what, "everybody", all.into(), now)),
    ]
}

async fn store(
    app: &App,
    registration: Registration,
    effects: Vec<Effect>,
    now: Timestamp,
) -> Result<Registration, AgentError> {
    let change = Change { seen: UNSTORED, next: registration, effects };
    app.store.commit(change).await.map_err(|error| match error {
        StoreError::Limited => {
            AgentError::limited(AgentErrorCode::RateLimitExceeded, until_next_hour(now))
        }
        error => error.into(),
    })
}

/// Everything a registration is answered with.
struct Answered<'a> {
    registration: &'a Registration,
    claim: &'a Secret,
    asked: &'a Asked,
    identity: Option<Identity>,
    attempt: Option<&'a NewAttempt>,
}

impl Answered<'_> {
    /// The superset reply: dialect D2 reads the flat names, D3 the nested ones.
    fn reply(self, app: &App, now: Timestamp) -> RegistrationResponse {
        let registration = self.registration;
        let described = self.attempt.map(|attempt| describe(app, attempt, now));
        let (attempt, ceremony) = described.unzip();
        let token = self.claim.reveal().to_owned();
        let expires_at = registration.claim_expires_at.iso();
        let url = app.settings.issuer.url(CLAIM_PATH);
        let pre_claim = registration.pre_claim.to_vec();
        let post_claim = registration.scopes.to_vec();
        let identity = self.identity;
        RegistrationResponse {
            id: registration.id.0.clone(),
            registration_id: registration.id.0.clone(),
            kind: registration.kind.name(),
            registration_type: registration.kind.name(),
            identity_assertion: identity.as_ref().map(|identity| identity.assertion.clone()),
            assertion_expires: identity.as_ref().map(|identity| identity.expires_at.clone()),
            identity,
            scopes: ScopeSets { pre_claim: pre_claim.clone(), post_claim: post_claim.clone() },
            pre_claim_scopes: pre_claim,
            post_claim_scopes: post_claim,
            dropped_scopes: self.asked.dropped.to_vec(),
            resource: registration.resource.to_string(),
            claim: Claim {
                token: token.clone(),
                expires_at: expires_at.clone(),
                url: url.clone(),
                attempt,
                ceremony,
            },
            claim_token: token,
            claim_token_expires: expires_at,
            claim_url: url,
        }
    }
}
