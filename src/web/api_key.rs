//! Account → API keys: list, history, revoke. They take the browser's cookie, and nothing else.

use actix_web::web::{Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse};

use super::account::{person_error, query};
use super::answer::see_other;
use super::api_key_words::{history, line};
use super::pages::api_key::ApiKeyPage;
use super::pages::api_key_revoke::ApiKeyRevokePage;
use super::pages::api_keys::{ApiKeysPage, OfferLine};
use super::person::{Posted, posted, signed_in, to_sign_in, visitor};
use super::visitor::Visitor;
use crate::app::App;
use crate::domain::api_key::{ApiKey, Rotation};
use crate::flow::api_key::{self, Caller, Offer};
use crate::flow::console;
use crate::flow::error::PersonError;
use crate::flow::principal::Human;
use crate::protocol::timestamp::Timestamp;

/// `GET /account/keys`.
pub async fn list(request: HttpRequest, app: Data<App>) -> HttpResponse {
    let visitor = match visitor(&app, &request).await {
        Ok(visitor) => visitor,
        Err(answer) => return answer,
    };
    let Some(human) = visitor.human() else { return to_sign_in(&request) };
    let search = query(&request, "beginning").unwrap_or_default();
    let environment = query(&request, "environment").filter(|name| !name.is_empty());
    let found = Found { search: search.trim(), environment: environment.as_deref() };
    match listed(&app, &request, &visitor, (human, found)).await {
        Ok(page) => page,
        Err(error) => person_error(&app, &visitor, &error),
    }
}

/// What is looked for.
#[derive(Clone, Copy)]
struct Found<'a> {
    search: &'a str,
    environment: Option<&'a str>,
}

async fn listed(
    app: &App,
    request: &HttpRequest,
    visitor: &Visitor,
    (human, found): (&Human, Found<'_>),
) -> Result<HttpResponse, PersonError> {
    let caller = Caller::Person(human);
    let keys = api_key::list(app, caller, found.search, found.environment).await?;
    let environments = api_key::environments(app, caller).await?;
    let page = ApiKeysPage {
        frame: &visitor.frame(app),
        keys: keys.iter().map(|key| line(app, key, visitor.now)).collect(),
        offers: api_key::offers(app).map(offered).collect(),
        search: found.search,
        environments: environments.iter().map(String::as_str).collect(),
        environment: found.environment.unwrap_or_default(),
        longest_beginning: longest_beginning(app),
        tokens: console::offers(app).next().is_some(),
        revoked: request.query_string() == "done=revoked",
    };
    Ok(visitor.page(app, 200, &page))
}

pub(super) fn offered(offer: Offer<'_>) -> OfferLine<'_> {
    let (name, profile) = (offer.name(), offer.profile.name.as_str());
    OfferLine { name, profile, kind: offer.rules.kind }
}

fn longest_beginning(app: &App) -> usize {
    let longest = |offer: Offer<'_>| {
        let prefix = offer.rules.forms().map(|form| form.prefix().len()).max();
        prefix.unwrap_or_default() + offer.rules.display
    };
    api_key::offers(app).map(longest).max().unwrap_or_default()
}

/// `GET /account/keys/{id}`.
pub async fn show(request: HttpRequest, id: Path<String>, app: Data<App>) -> HttpResponse {
    let visitor = match visitor(&app, &request).await {
        Ok(visitor) => visitor,
        Err(answer) => return answer,
    };
    let Some(human) = visitor.human() else { return to_sign_in(&request) };
    match api_key::show(&app, Caller::Person(human), &id).await {
        Ok((key, events)) => {
            let page = ApiKeyPage {
                frame: &visitor.frame(&app),
                csrf: visitor.form_token(),
                key: line(&app, &key, visitor.now),
                rotation: rotation(&app, &key, visitor.now),
                history: history(&events),
            };
            visitor.page(&app, 200, &page)
        }
        Err(error) => person_error(&app, &visitor, &error),
    }
}

/// What rotating this key would do, where it can be rotated.
fn rotation(app: &App, key: &ApiKey, now: Timestamp) -> Option<Rotation> {
    let offer = api_key::offer_of(app, &key.profile, key.kind)?;
    (key.is_live(now) && key.successor.is_none()).then_some(offer.rules.rotation)
}

/// `GET /account/keys/{id}/revoke`: what cannot be undone is asked once more.
pub async fn confirm(request: HttpRequest, id: Path<String>, app: Data<App>) -> HttpResponse {
    let visitor = match visitor(&app, &request).await {
        Ok(visitor) => visitor,
        Err(answer) => return answer,
    };
    let Some(human) = visitor.human() else { return to_sign_in(&request) };
    match api_key::show(&app, Caller::Person(human), &id).await {
        Ok((key, _)) if key.is_live(visitor.now) => {
            let page = ApiKeyRevokePage {
                frame: &visitor.frame(&app),
                csrf: visitor.form_token(),
                key: line(&app, &key, visitor.now),
            };
            visitor.page(&app, 200, &page)
        }
        Ok(_) => see_other(&format!("/account/keys/{id}")),
        Err(error) => person_error(&app, &visitor, &error),
    }
}

/// `POST /account/keys/{id}/revoke`: immediate, without undo.
pub async fn revoke(
    request: HttpRequest,
    id: Path<String>,
    payload: Payload,
    app: Data<App>,
) -> HttpResponse {
    let Posted { visitor, occasion, .. } = match posted(&app, &request, payload).await {
        Ok(posted) => posted,
        Err(answer) => return answer,
    };
    let revoked: Result<(), PersonError> = match signed_in(&app, &visitor) {
        Ok(human) => api_key::revoke(&app, Caller::Person(human), &id, &occasion).await,
        Err(answer) => return answer,
    };
    match revoked {
        Ok(()) => see_other("/account/keys?done=revoked"),
        Err(error) => person_error(&app, &visitor, &error),
    }
}
