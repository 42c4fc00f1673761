//! Account → API keys: list, history, revoke. They take the browser's cookie, and nothing else.

use actix_web::web::{Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse};

use super::account::{person_error, query};
use super::answer::see_other;
use super::api_key_words::{history, line};
use super::pages::api_key::ApiKeyPage;
use super::pages::api_key_revoke::ApiKeyRevokePage;
use super::pages::api_keys::{ApiKeysPage, OfferLine, OwnerLine};
use super::person::{Posted, posted, signed_in, to_sign_in, visitor};
use super::visitor::Visitor;
use crate::app::App;
use crate::domain::api_key::{ApiKey, Rotation};
use crate::domain::organization::{Organization, Role};
use crate::flow::api_key::{self, Caller, KeyError, Offer, Search, Shown};
use crate::flow::console;
use crate::flow::error::PersonError;
use crate::flow::organization;
use crate::flow::principal::Human;
use crate::protocol::timestamp::Timestamp;

/// `GET /account/keys`.
pub async fn list(request: HttpRequest, app: Data<App>) -> HttpResponse {
    let visitor = match visitor(&app, &request).await {
        Ok(visitor) => visitor,
        Err(answer) => return answer,
    };
    let Some(human) = visitor.human() else { return to_sign_in(&request) };
    let given = |name| query(&request, name).filter(|text| !text.is_empty());
    let (organization, environment) = (given("organization"), given("environment"));
    let beginning = given("beginning").unwrap_or_default();
    let search = Search {
        organization: organization.as_deref(),
        beginning: beginning.trim(),
        environment: environment.as_deref(),
    };
    match listed(&app, &request, &visitor, (human, search)).await {
        Ok(page) => page,
        Err(error) => person_error(&app, &visitor, &error),
    }
}

async fn listed(
    app: &App,
    request: &HttpRequest,
    visitor: &Visitor,
    (human, search): (&Human, Search<'_>),
) -> Result<HttpResponse, PersonError> {
    let (keys, environments) = api_key::list(app, human, search).await?;
    let organizations = owners(app, human).await?;
    let whose = search.organization.unwrap_or_default();
    let owner = organizations.iter().find(|(organization, _)| organization.slug == whose);
    let may_make = owner.is_none_or(|(_, role)| role.manages_keys());
    let offers = api_key::offers(app)
        .filter(|offer| may_make && (owner.is_none() || offer.rules.organizations));
    let page = ApiKeysPage {
        frame: &visitor.frame(app),
        keys: keys.iter().map(|key| line(app, key, visitor.now)).collect(),
        offers: offers.map(offered).collect(),
        organizations: organizations
            .iter()
            .map(|(organization, _)| owner_line(organization))
            .collect(),
        organization: owner.map(|(organization, _)| owner_line(organization)),
        search: search.beginning,
        environments: environments.iter().map(String::as_str).collect(),
        environment: search.environment.unwrap_or_default(),
        longest_beginning: longest_beginning(app),
        tokens: console::offers(app).next().is_some(),
        revoked: request.query_string().ends_with("done=revoked"),
    };
    Ok(visitor.page(app, 200, &page))
}

/// The organizations whose keys this person may see, where keys can be theirs at all.
async fn owners(app: &App, human: &Human) -> Result<Vec<(Organization, Role)>, PersonError> {
    if organization::are_offered(app) {
        organization::list(app, human).await
    } else {
        Ok(Vec::new())
    }
}

pub(super) fn owner_line(organization: &Organization) -> OwnerLine<'_> {
    OwnerLine { slug: &organization.slug, name: &organization.name }
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
    let shown = match api_key::show(&app, human, &id).await {
        Ok(shown) => shown,
        Err(error) => return person_error(&app, &visitor, &error),
    };
    let page = ApiKeyPage {
        frame: &visitor.frame(&app),
        csrf: visitor.form_token(),
        key: line(&app, &shown.key, visitor.now),
        organization: shown.organization.as_ref().map(owner_line),
        may_change: shown.may_change,
        rotation: rotation(&app, &shown.key, visitor.now),
        history: history(&shown.history),
    };
    visitor.page(&app, 200, &page)
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
    match api_key::show(&app, human, &id).await {
        Ok(Shown { key, may_change: true, .. }) if key.is_live(visitor.now) => {
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
    let human = match signed_in(&app, &visitor) {
        Ok(human) => human,
        Err(answer) => return answer,
    };
    match api_key::revoke(&app, Caller::Person(human), &id, &occasion).await {
        Ok(true) => see_other("/account/keys?done=revoked"),
        // It was over, and its page says what has its place.
        Ok(false) => see_other(&format!("/account/keys/{id}")),
        Err(KeyError::Person(error)) => person_error(&app, &visitor, &error),
        Err(_) => visitor.error(&app, 403, None, Some("/account/keys")),
    }
}
