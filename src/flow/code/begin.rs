//! A sound authorization request becomes a question that one browser may answer.

use super::authorize::{Asked, NotAsked, check};
use crate::app::App;
use crate::domain::approval::{Approval, State};
use crate::domain::ask::{Ask, AskingClient, Door, Redirection};
use crate::domain::change::{Effect, UNSTORED};
use crate::domain::event::EventKind;
use crate::domain::id::ApprovalId;
use crate::domain::limit::Count;
use crate::domain::origin::{Agent, Occasion};
use crate::domain::pace::Pace;
use crate::entropy::NoEntropy;
use crate::flow::error::{PersonError, until_next_hour};
use crate::metrics::Funnel;
use crate::protocol::form::Form;
use crate::protocol::secret::{Secret, SecretKind};
use crate::store::StoreError;

/// Puts the question of an authorization request ([RFC 6749 §4.1.1]); yields the opaque part
/// of the link to it. `browser` is the mark of the browser that asks: no other may answer.
///
/// # Errors
///
/// See [`NotAsked`]; beyond the hourly limit of an address nothing is stored.
///
/// [RFC 6749 §4.1.1]: https://www.rfc-editor.org/rfc/rfc6749#section-4.1.1
pub async fn begin(
    app: &App,
    form: &Form,
    browser: &Secret,
    occasion: &Occasion,
) -> Result<Secret, NotAsked> {
    let asked = check(app, form, occasion).await?;
    let link = app.entropy.secret(SecretKind::Approval).map_err(no_entropy)?;
    let id = app.entropy.identifier(ApprovalId::PREFIX, occasion.at).map_err(no_entropy)?;
    let approval = question(app, asked, ApprovalId(id), (&link, browser), occasion);
    let most = app.settings.limits.authorization_requests_per_address_per_hour;
    let from = occasion.from.address.as_str();
    let count = Count::hourly("authorization:address", from, most.into(), occasion.at);
    let event = approval.record(EventKind::AuthorizationRequested, occasion);
    let effects =
        vec![Effect::Count(count), Effect::Ask(Box::new(approval)), Effect::Record(event)];
    app.store.apply(effects).await.map_err(|error| {
        NotAsked::Failed(match error {
            StoreError::Limited => PersonError::Limited(until_next_hour(occasion.at)),
            error => error.into(),
        })
    })?;
    app.metrics.funnel(Funnel::Asked);
    Ok(link)
}

fn question(
    app: &App,
    asked: Asked,
    id: ApprovalId,
    (link, browser): (&Secret, &Secret),
    occasion: &Occasion,
) -> Approval {
    let Asked { client, redirect_uri, state, challenge, resource, scopes } = asked;
    let agent = Agent { name: client.name, ..Agent::default() };
    Approval {
        id,
        revision: UNSTORED,
        link: link.digest(),
        ask: Ask {
            door: Door::Code,
            resource,
            scopes,
            agent,
            expected: None,
            from: occasion.from.clone(),
            registration: None,
            client: Some(AskingClient { id: client.id, source: client.source }),
            redirection: Some(Redirection {
                uri: redirect_uri,
                state,
                challenge,
                browser: browser.digest().hex(),
            }),
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

fn no_entropy(error: NoEntropy) -> NotAsked {
    NotAsked::Failed(error.into())
}
