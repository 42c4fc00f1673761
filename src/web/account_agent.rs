//! Account → Agents: what keys are given to. They take the browser's cookie, and nothing else.

use actix_web::web::{Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse};

use super::account::{person_error, value};
use super::answer::see_other;
use super::api_key::offered;
use super::pages::account_agents::{AccountAgentsPage, AgentError, AgentKeyLine, AgentLine};
use super::person::{Posted, posted, signed_in, to_sign_in, visitor};
use super::visitor::Visitor;
use crate::app::App;
use crate::domain::account_agent::AccountAgent;
use crate::domain::api_key::ApiKey;
use crate::flow::account_agent;
use crate::flow::api_key::{self, KeyError, LONGEST_NAME, Search};
use crate::flow::error::PersonError;
use crate::flow::principal::Human;

/// `GET /account/agents`.
pub async fn list(request: HttpRequest, app: Data<App>) -> HttpResponse {
    let visitor = match visitor(&app, &request).await {
        Ok(visitor) => visitor,
        Err(answer) => return answer,
    };
    let Some(human) = visitor.human() else { return to_sign_in(&request) };
    let removed = request.query_string() == "done=removed";
    page(&app, &visitor, human, Entered { name: "", error: None, removed }).await
}

/// `POST /account/agents`.
pub async fn create(request: HttpRequest, payload: Payload, app: Data<App>) -> HttpResponse {
    let Posted { visitor, form, occasion } = match posted(&app, &request, payload).await {
        Ok(posted) => posted,
        Err(answer) => return answer,
    };
    let human = match signed_in(&app, &visitor) {
        Ok(human) => human,
        Err(answer) => return answer,
    };
    let name = value(&form, "name");
    let error = match account_agent::create(&app, human, name, &occasion).await {
        Ok(_) => return see_other("/account/agents"),
        Err(KeyError::NameMissing) => AgentError::NameMissing,
        Err(KeyError::TooLong) => AgentError::TooLong,
        Err(KeyError::TooMany) => AgentError::TooMany,
        Err(KeyError::Person(error)) => return person_error(&app, &visitor, &error),
        Err(_) => return visitor.error(&app, 400, None, Some(request.path())),
    };
    page(&app, &visitor, human, Entered { name, error: Some(error), removed: false }).await
}

/// `POST /account/agents/{id}/remove`: immediate, without undo.
pub async fn remove(
    request: HttpRequest,
    id: Path<String>,
    payload: Payload,
    app: Data<App>,
) -> HttpResponse {
    let Posted { visitor, occasion, .. } = match posted(&app, &request, payload).await {
        Ok(posted) => posted,
        Err(answer) => return answer,
    };
    let removed = match signed_in(&app, &visitor) {
        Ok(human) => account_agent::remove(&app, human, &id, &occasion).await,
        Err(answer) => return answer,
    };
    match removed {
        Ok(()) => see_other("/account/agents?done=removed"),
        Err(error) => person_error(&app, &visitor, &error),
    }
}

/// What was done before the page is shown.
struct Entered<'a> {
    name: &'a str,
    error: Option<AgentError>,
    removed: bool,
}

async fn page(app: &App, visitor: &Visitor, human: &Human, entered: Entered<'_>) -> HttpResponse {
    let (agents, keys) = match agents_and_keys(app, human).await {
        Ok(known) => known,
        Err(error) => return person_error(app, visitor, &error),
    };
    let given = api_key::offers(app).filter(|offer| offer.rules.may_be_given());
    let page = AccountAgentsPage {
        frame: &visitor.frame(app),
        csrf: visitor.form_token(),
        agents: agents.iter().map(|agent| line(agent, &keys)).collect(),
        offers: given.map(offered).collect(),
        name: entered.name,
        longest_name: LONGEST_NAME,
        error: entered.error,
        removed: entered.removed,
    };
    visitor.page(app, if entered.error.is_some() { 422 } else { 200 }, &page)
}

async fn agents_and_keys(
    app: &App,
    human: &Human,
) -> Result<(Vec<AccountAgent>, Vec<ApiKey>), PersonError> {
    let (keys, _) = api_key::list(app, human, Search::default()).await?;
    Ok((account_agent::list(app, human).await?, keys))
}

fn line<'a>(agent: &'a AccountAgent, keys: &'a [ApiKey]) -> AgentLine<'a> {
    let own = |key: &&ApiKey| key.ended.is_none() && key.agent.as_ref() == Some(&agent.named);
    let key = |key: &'a ApiKey| AgentKeyLine {
        id: key.id.as_str(),
        name: &key.name,
        environment: &key.environment,
        beginning: &key.beginning,
    };
    AgentLine {
        id: agent.named.id.as_str(),
        name: &agent.named.name,
        created_at: agent.created_at,
        keys: keys.iter().filter(own).map(key).collect(),
    }
}
