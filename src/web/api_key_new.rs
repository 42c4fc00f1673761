//! Account → API keys: a new one, and one in the place of another. The answer is the only page
//! that shows it.

use actix_web::web::{Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse};

use super::account::{person_error, query, value};
use super::api_key::owner_line;
use super::api_key_words::{line, sent_as};
use super::pages::ScopeWords;
use super::pages::api_key_new::{Agents, ApiKeyNewPage, KeyScope, Life, NewKeyError};
use super::pages::api_key_shown::{ApiKeyShownPage, OldKey};
use super::person::{Posted, posted, sign_in_again, signed_in, to_sign_in, visitor};
use super::scope_words::scope_words;
use super::visitor::Visitor;
use crate::app::App;
use crate::domain::account_agent::AccountAgent;
use crate::domain::api_key::{ApiKey, Mode};
use crate::domain::organization::Organization;
use crate::flow::account_agent;
use crate::flow::api_key::{
    self, Caller, ForAgent, KeyError, LONGEST_NAME, Lasts, Offer, Rotated, Wanted,
};
use crate::flow::error::PersonError;
use crate::flow::organization;
use crate::protocol::api_key::KeySecret;
use crate::protocol::form::Form;
use crate::protocol::scope::Scopes;
use crate::protocol::timestamp::Seconds;

/// `GET /account/keys/new/{profile}`.
pub async fn show(request: HttpRequest, profile: Path<String>, app: Data<App>) -> HttpResponse {
    let visitor = match visitor(&app, &request).await {
        Ok(visitor) => visitor,
        Err(answer) => return answer,
    };
    let Some(human) = visitor.human() else { return to_sign_in(&request) };
    let Some(offer) = api_key::offer(&app, &profile) else {
        return visitor.error(&app, 404, None, None);
    };
    if !human.is_fresh(visitor.now) {
        return sign_in_again(&app, &visitor, request.path());
    }
    let lasts = offer.lives().last().copied().unwrap_or(Lasts::UntilRevoked);
    let given = |name| query(&request, name).filter(|text| !text.is_empty());
    let (agent, organization) = (given("agent"), given("organization"));
    let nothing = Wanted {
        name: "",
        environment: "",
        organization: organization.as_deref(),
        agent: agent.as_deref().map(ForAgent::Known),
        scopes: Scopes::new(),
        limited_to: "",
        mode: Mode::Live,
        lasts,
    };
    form_page(&app, &visitor, &offer, &nothing, None).await
}

/// `POST /account/keys/new/{profile}`.
pub async fn create(
    request: HttpRequest,
    profile: Path<String>,
    payload: Payload,
    app: Data<App>,
) -> HttpResponse {
    let Posted { visitor, form, occasion } = match posted(&app, &request, payload).await {
        Ok(posted) => posted,
        Err(answer) => return answer,
    };
    let human = match signed_in(&app, &visitor) {
        Ok(human) => human,
        Err(answer) => return answer,
    };
    let Some(offer) = api_key::offer(&app, &profile) else {
        return visitor.error(&app, 404, None, None);
    };
    let Some(wanted) = wanted(&form) else {
        return visitor.error(&app, 400, None, Some(request.path()));
    };
    let caller = Caller::Person(human);
    let error = match api_key::create(&app, caller, &offer, &wanted, &occasion).await {
        Ok((key, secret)) => return shown(&app, &visitor, &key, &secret, None),
        Err(error) => error,
    };
    let wrong = match error {
        KeyError::NameMissing => NewKeyError::NameMissing,
        KeyError::TooLong => NewKeyError::TooLong,
        KeyError::NothingTicked => NewKeyError::NothingTicked,
        KeyError::AgentMissing => NewKeyError::AgentMissing,
        KeyError::NotALimit => NewKeyError::NotALimit,
        error => return refused(&app, &visitor, request.path(), &error),
    };
    form_page(&app, &visitor, &offer, &wanted, Some(wrong)).await
}

/// `POST /account/keys/{id}/rotate`.
pub async fn rotate(
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
    match api_key::rotate(&app, Caller::Person(human), &id, &occasion).await {
        Ok(Rotated { key, secret, old_until }) => {
            let old = old_until.map_or(OldKey::Ended, OldKey::GoesOnUntil);
            shown(&app, &visitor, &key, &secret, Some(old))
        }
        Err(error) => refused(&app, &visitor, &format!("/account/keys/{id}"), &error),
    }
}

/// What the form says; `None` for what our page does not send.
fn wanted(form: &Form) -> Option<Wanted<'_>> {
    let mode = match form.get("mode") {
        None | Some("live") => Mode::Live,
        Some("sandbox") => Mode::Sandbox,
        Some(_) => return None,
    };
    Some(Wanted {
        name: value(form, "name"),
        environment: value(form, "environment"),
        organization: form.get("organization").filter(|slug| !slug.is_empty()),
        agent: form.get("agent").filter(|id| !id.is_empty()).map(ForAgent::Known),
        scopes: Scopes::of(form.all("scope")).ok()?,
        limited_to: value(form, "limited_to"),
        mode,
        lasts: lasts(form.get("lifetime")?)?,
    })
}

/// How the form spells a life.
fn spelled(lasts: Lasts) -> String {
    match lasts {
        Lasts::UntilRevoked => "until_revoked".to_owned(),
        Lasts::For(span) => format!("{}s", span.0),
    }
}

fn lasts(text: &str) -> Option<Lasts> {
    if text == "until_revoked" {
        return Some(Lasts::UntilRevoked);
    }
    text.strip_suffix('s')?.parse().ok().map(|count| Lasts::For(Seconds(count)))
}

/// This person's agents, where one of them may have the key, and the organizations that may.
async fn recipients(
    app: &App,
    visitor: &Visitor,
    offer: &Offer<'_>,
) -> Result<(Vec<AccountAgent>, Vec<Organization>), PersonError> {
    let Some(human) = visitor.human() else { return Ok((Vec::new(), Vec::new())) };
    let agents = if offer.rules.may_be_given() {
        account_agent::list(app, human).await?
    } else {
        Vec::new()
    };
    let belonging =
        if offer.rules.organizations { organization::list(app, human).await? } else { Vec::new() };
    let managed = belonging.into_iter().filter(|(_, role)| role.manages_keys());
    Ok((agents, managed.map(|(organization, _)| organization).collect()))
}

async fn form_page(
    app: &App,
    visitor: &Visitor,
    offer: &Offer<'_>,
    wanted: &Wanted<'_>,
    error: Option<NewKeyError>,
) -> HttpResponse {
    let (agents, organizations) = match recipients(app, visitor, offer).await {
        Ok(recipients) => recipients,
        Err(error) => return person_error(app, visitor, &error),
    };
    let agents = Agents {
        of_person: agents.iter().map(|agent| &agent.named).collect(),
        chosen: wanted.agent.and_then(ForAgent::known),
        or_none: !offer.rules.must_be_given(),
    };
    let words = scope_words(Some(offer.resource), &offer.rules.scopes);
    let tick = |scope: ScopeWords<'_>| wanted.scopes.contains(scope.name);
    let life =
        |lasts| Life { value: spelled(lasts), span: lasts.span(), chosen: lasts == wanted.lasts };
    let page = ApiKeyNewPage {
        frame: &visitor.frame(app),
        csrf: visitor.form_token(),
        offer: &offer.name(),
        profile: &offer.profile.name,
        kind: offer.rules.kind,
        resource_name: &offer.resource.name,
        name: wanted.name,
        environment: wanted.environment,
        longest_name: LONGEST_NAME,
        limited_to: offer.rules.resource_param.as_ref().map(|_| wanted.limited_to),
        scopes: words.into_iter().map(|scope| KeyScope { scope, ticked: tick(scope) }).collect(),
        organizations: organizations.iter().map(owner_line).collect(),
        organization: wanted.organization.unwrap_or_default(),
        agents: offer.rules.may_be_given().then_some(agents),
        mode: offer.rules.sandbox.as_ref().map(|_| wanted.mode),
        lives: offer.lives().into_iter().map(life).collect(),
        error,
    };
    visitor.page(app, if error.is_some() { 422 } else { 200 }, &page)
}

fn shown(
    app: &App,
    visitor: &Visitor,
    key: &ApiKey,
    secret: &KeySecret,
    old: Option<OldKey>,
) -> HttpResponse {
    let ways =
        api_key::offer_of(app, &key.profile, key.kind).map(|offer| offer.rules.via.as_slice());
    let page = ApiKeyShownPage {
        frame: &visitor.frame(app),
        key: line(app, key, visitor.now),
        secret: secret.reveal(),
        sent_as: sent_as(ways.unwrap_or_default(), &key.beginning),
        old,
    };
    visitor.page(app, 200, &page)
}

/// Where there is no key and nothing to correct.
fn refused(app: &App, visitor: &Visitor, page: &str, error: &KeyError) -> HttpResponse {
    match error {
        KeyError::NotFresh => sign_in_again(app, visitor, page),
        KeyError::Over => visitor.error(app, 409, None, Some(page)),
        KeyError::NotAllowed => visitor.error(app, 403, None, Some("/account/keys")),
        KeyError::NoOrganization => visitor.error(app, 404, None, Some("/account/keys")),
        KeyError::Person(error) => person_error(app, visitor, error),
        _ => visitor.error(app, 400, None, Some(page)),
    }
}
