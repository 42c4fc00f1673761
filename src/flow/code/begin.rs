//! A sound authorization request becomes a question that one browser may answer.

use super::authorize::{Asked, NotAsked, check};
use super::negotiate::Negotiated;
use super::pushed_request;
use crate::app::App;
use crate::domain::approval::{Approval, State};
use crate::domain::ask::{Ask, AskingClient, Door, Redirection};
use crate::domain::change::{Effect, UNSTORED};
use crate::domain::id::ApprovalId;
use crate::domain::origin::{Agent, Occasion};
use crate::domain::pace::Pace;
use crate::flow::attempt;
use crate::flow::error::{PersonError, until_next_hour};
use crate::protocol::form::Form;
use crate::protocol::secret::{Secret, SecretKind};
use crate::protocol::timestamp::Timestamp;
use crate::store::StoreError;

/// Puts the question of an authorization request ([RFC 6749 §4.1.1]); yields the opaque part
/// of the link to it. `browser` is the mark of the browser that asks: no other may answer.
/// What the client pushed before ([RFC 9126 §4]) is asked as it was pushed.
///
/// # Errors
///
/// See [`NotAsked`]; beyond the hourly limit of an address nothing is stored.
///
/// [RFC 6749 §4.1.1]: https://www.rfc-editor.org/rfc/rfc6749#section-4.1.1
/// [RFC 9126 §4]: https://www.rfc-editor.org/rfc/rfc9126#section-4
pub async fn begin(
    app: &App,
    form: &Form,
    browser: &Secret,
    occasion: &Occasion,
) -> Result<Secret, NotAsked> {
    if form.get("request_uri").is_some() {
        return pushed_request::take_up(app, form, browser, occasion).await;
    }
    let asked = check(app, form, occasion).await?;
    let failed = |error| failed(error, occasion.at);
    let link = app.entropy.secret(SecretKind::Approval).map_err(|error| failed(error.into()))?;
    put(app, asked, (&link, browser), Vec::new(), occasion).await.map_err(failed)?;
    Ok(link)
}

/// Whether [`begin`] would put a question, which is not put ([RFC 9110 §9.2.1]): a program that
/// only looks changes nothing. `browser` is known where it was here before.
///
/// # Errors
///
/// As [`begin`].
///
/// [RFC 9110 §9.2.1]: https://www.rfc-editor.org/rfc/rfc9110#section-9.2.1
pub async fn look(
    app: &App,
    form: &Form,
    browser: Option<&Secret>,
    occasion: &Occasion,
) -> Result<(), NotAsked> {
    if form.get("request_uri").is_some() {
        return pushed_request::look(app, form, browser, occasion).await;
    }
    check(app, form, occasion).await.map(drop)
}

/// Stores the question behind `link`, and `effects` with it.
pub(super) async fn put(
    app: &App,
    asked: Asked,
    (link, browser): (&Secret, &Secret),
    effects: Vec<Effect>,
    occasion: &Occasion,
) -> Result<(), StoreError> {
    let id = app.entropy.identifier(ApprovalId::PREFIX, occasion.at)?;
    let approval = question(app, asked, ApprovalId(id), (link, browser), occasion);
    attempt::put(app, approval, effects, occasion).await
}

fn question(
    app: &App,
    asked: Asked,
    id: ApprovalId,
    (link, browser): (&Secret, &Secret),
    occasion: &Occasion,
) -> Approval {
    let Asked { client, redirect_uri, state, challenge, key, negotiated } = asked;
    let Negotiated { resource, scopes, details, identity, signed_in_since } = negotiated;
    let agent = Agent { name: client.name, ..Agent::default() };
    Approval {
        id,
        revision: UNSTORED,
        link: link.digest(),
        ask: Ask {
            door: Door::Code,
            resource,
            scopes,
            details,
            agent,
            expected: None,
            from: occasion.from.clone(),
            registration: None,
            client: Some(AskingClient { id: client.id, source: client.source }),
            redirection: Some(Redirection {
                uri: redirect_uri,
                state,
                challenge,
                key,
                identity,
                signed_in_since,
                browser: browser.digest().hex(),
            }),
            agent_session: None,
        },
        agent_code: None,
        user_code: None,
        handle: None,
        pace: Pace::FIRST,
        created_at: occasion.at,
        expires_at: occasion.at + app.settings.agents.attempt_ttl,
        state: State::Waiting { wrong_codes: 0, viewer: None },
    }
}

/// Why a question was not stored.
pub(super) fn failed(error: StoreError, now: Timestamp) -> NotAsked {
    NotAsked::Failed(match error {
        StoreError::Limited => PersonError::Limited(until_next_hour(now)),
        error => error.into(),
    })
}
