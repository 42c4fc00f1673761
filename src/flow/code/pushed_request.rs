//! Authorization requests that a client hands over itself, before it sends a browser
//! ([RFC 9126]): nothing of them stands in an address bar, and what is wrong with them is
//! said at once.
//!
//! [RFC 9126]: https://www.rfc-editor.org/rfc/rfc9126

use super::authorize::{Asked, NotAsked, check};
use super::begin::{failed, put};
use crate::app::App;
use crate::domain::approval::Phase;
use crate::domain::change::Effect;
use crate::domain::limit::Count;
use crate::domain::origin::Occasion;
use crate::domain::pushed_request::{LIFETIME, PushedRequest};
use crate::flow::client::authentication::{Presented, authenticate};
use crate::flow::dpop::Proof;
use crate::flow::error::PersonError;
use crate::protocol::error::OAuthError;
use crate::protocol::form::Form;
use crate::protocol::pushed_request::{
    PushedAuthorizationResponse, parse_request_uri, request_uri,
};
use crate::protocol::secret::{Secret, SecretKind};
use crate::store::StoreError;

/// What an authorization request is read for; nothing else of a pushed one is kept, so no
/// secret that came with it is.
const PARAMETERS: [&str; 14] = [
    "client_id",
    "response_type",
    "redirect_uri",
    "state",
    "scope",
    "resource",
    "authorization_details",
    "code_challenge",
    "code_challenge_method",
    "dpop_jkt",
    "prompt",
    "max_age",
    "nonce",
    "request",
];

/// Takes a request in, if a browser that brought it would get as far as the question
/// ([RFC 9126 §2.1]). A key that was proven with it binds the code ([RFC 9449 §10.1]).
///
/// # Errors
///
/// `invalid_client`; what the authorization endpoint would say, here told at once (§2.3).
///
/// [RFC 9126 §2.1]: https://www.rfc-editor.org/rfc/rfc9126#section-2.1
/// [RFC 9449 §10.1]: https://www.rfc-editor.org/rfc/rfc9449#section-10.1
pub async fn push(
    app: &App,
    presented: &Presented<'_>,
    occasion: &Occasion,
) -> Result<PushedAuthorizationResponse, OAuthError> {
    let caller = authenticate(app, presented, occasion).await?;
    let request = sound(presented)?;
    let asked = check(app, &request, occasion).await.map_err(told)?;
    if asked.client.id != caller.client().id {
        return Err(OAuthError::InvalidRequest("client_id names another client"));
    }
    let secret = app.entropy.secret(SecretKind::PushedRequest)?;
    let pushed = PushedRequest {
        digest: secret.digest(),
        client: asked.client.id,
        request: request.encode(),
        created_at: occasion.at,
        expires_at: occasion.at + LIFETIME,
        used_at: None,
    };
    let most = app.settings.limits.authorization_requests_per_address_per_hour;
    let from = occasion.from.network();
    let count = Count::hourly("pushed_request:address", &from, most.into(), occasion.at);
    let mut effects = vec![Effect::Count(count), Effect::PushRequest(Box::new(pushed))];
    effects.extend(presented.proof.as_ref().map(Proof::spend));
    app.store.apply(effects).await.map_err(|error| told(failed(error, occasion.at)))?;
    Ok(PushedAuthorizationResponse { request_uri: request_uri(&secret), expires_in: LIFETIME.0 })
}

/// What is kept of a request, if its own words do not contradict each other.
fn sound(presented: &Presented<'_>) -> Result<Form, OAuthError> {
    if presented.form.get("request_uri").is_some() {
        return Err(OAuthError::InvalidRequest("request_uri cannot be pushed (RFC 9126)"));
    }
    let mut request = presented.form.only(&PARAMETERS);
    if let Some(key) = presented.key() {
        if request.get("dpop_jkt").is_some_and(|named| named != key.as_str()) {
            return Err(OAuthError::InvalidRequest("dpop_jkt is not the key of the proof"));
        }
        request.set("dpop_jkt", key.as_str());
    }
    Ok(request)
}

/// A browser brings the `request_uri` of a pushed request, which becomes a question, once;
/// whatever else stands in the query counts for nothing ([RFC 9126 §4]).
///
/// The address loads again in the same browser for as long as the question waits: people
/// press "reload". The link to it is derived from the `request_uri`, so it is the same one.
///
/// # Errors
///
/// [`NotAsked::SpentRequest`], and as for a request that the browser brought itself.
///
/// [RFC 9126 §4]: https://www.rfc-editor.org/rfc/rfc9126#section-4
pub(super) async fn take_up(
    app: &App,
    query: &Form,
    browser: &Secret,
    occasion: &Occasion,
) -> Result<Secret, NotAsked> {
    let Named { pushed, link } = named(app, query, occasion).await?;
    if pushed.is_open(occasion.at) {
        let asked = sound_still(app, &pushed, occasion).await?;
        let effect = Effect::TakeUpRequest { digest: pushed.digest, at: occasion.at };
        match put(app, asked, (&link, browser), vec![effect], occasion).await {
            Ok(()) => return Ok(link),
            // The same address was loaded twice at once.
            Err(StoreError::Stale(_)) => {}
            Err(error) => return Err(failed(error, occasion.at)),
        }
    }
    if waits(app, &link, browser, occasion).await? { Ok(link) } else { Err(NotAsked::SpentRequest) }
}

/// Whether [`take_up`] would lead to a question; the pushed request stays as it is.
pub(super) async fn look(
    app: &App,
    query: &Form,
    browser: Option<&Secret>,
    occasion: &Occasion,
) -> Result<(), NotAsked> {
    let Named { pushed, link } = named(app, query, occasion).await?;
    if pushed.is_open(occasion.at) {
        return sound_still(app, &pushed, occasion).await.map(drop);
    }
    let waits = match browser {
        Some(browser) => waits(app, &link, browser, occasion).await?,
        None => false,
    };
    if waits { Ok(()) } else { Err(NotAsked::SpentRequest) }
}

/// What a `request_uri` names, and the link to its question.
struct Named {
    pushed: PushedRequest,
    link: Secret,
}

async fn named(app: &App, query: &Form, occasion: &Occasion) -> Result<Named, NotAsked> {
    let client = query.get("client_id").ok_or(NotAsked::NoClient)?;
    let secret = query.get("request_uri").and_then(parse_request_uri);
    let secret = secret.ok_or(NotAsked::SpentRequest)?;
    let pushed = app.store.pushed_request(&secret.digest()).await;
    let pushed = pushed.map_err(|error| failed(error, occasion.at))?;
    let pushed = pushed.filter(|pushed| pushed.client.as_str() == client);
    let pushed = pushed.ok_or(NotAsked::SpentRequest)?;
    let link = app.vault.derive(SecretKind::Approval, &["pushed request", secret.reveal()]);
    Ok(Named { pushed, link })
}

/// What was pushed, checked once more: its client may have changed meanwhile.
async fn sound_still(
    app: &App,
    pushed: &PushedRequest,
    occasion: &Occasion,
) -> Result<Asked, NotAsked> {
    let corrupt = |_| failed(StoreError::Corrupt("pushed_request"), occasion.at);
    let request = Form::parse(pushed.request.as_bytes(), &["resource"]).map_err(corrupt)?;
    check(app, &request, occasion).await
}

/// Whether the question of this link waits in this browser.
async fn waits(
    app: &App,
    link: &Secret,
    browser: &Secret,
    occasion: &Occasion,
) -> Result<bool, NotAsked> {
    let approval = app.store.approval_by_link(&link.digest()).await;
    let approval = approval.map_err(|error| failed(error, occasion.at))?;
    Ok(approval.is_some_and(|approval| {
        approval.phase(occasion.at) == Phase::Waiting && approval.began_in(Some(&browser.digest()))
    }))
}

/// The words of the authorization endpoint, to the client itself.
fn told(refused: NotAsked) -> OAuthError {
    match refused {
        NotAsked::NoClient => OAuthError::InvalidRequest("client_id is missing"),
        NotAsked::UnknownClient(_) => OAuthError::InvalidClient,
        NotAsked::ForeignRedirection { .. } => {
            OAuthError::InvalidRequest("redirect_uri is not one that the client registered")
        }
        NotAsked::Told { code, description, .. } => OAuthError::Authorization(code, description),
        NotAsked::SpentRequest => OAuthError::InvalidRequest("request_uri cannot be pushed"),
        NotAsked::Failed(PersonError::Limited(wait)) => OAuthError::RateLimited(wait),
        NotAsked::Failed(PersonError::Unavailable(cause)) => {
            OAuthError::TemporarilyUnavailable(cause)
        }
        NotAsked::Failed(PersonError::Internal(cause)) => OAuthError::ServerError(cause),
        NotAsked::Failed(error @ PersonError::NotFound) => OAuthError::ServerError(error.into()),
    }
}
