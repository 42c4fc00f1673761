//! Agents that ask for a session themselves: `/agent-sessions/*`, and what they may see of their
//! owner's account. Stale `Authorization` headers arrive everywhere; only what takes one looks.

use actix_web::http::header::{self, HeaderValue};
use actix_web::web::{Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::account::person_error;
use super::answer::{self, json, log, retry_after, see_other};
use super::carried::Carried;
use super::person::visitor;
use super::request::{self, BodyError};
use crate::app::App;
use crate::flow::agent_session::{self, Begun};
use crate::flow::approval::DecideError;
use crate::protocol::agent_session::Refused;
use crate::protocol::agent_session_error::{AgentSessionError, AgentSessionErrorCode};
use crate::protocol::challenge::Refusal;
use crate::protocol::json;
use crate::protocol::scope::Scopes;

/// `POST /agent-sessions/start`.
pub async fn start(request: HttpRequest, payload: Payload, app: Data<App>) -> HttpResponse {
    let body = match read(&app, &request, payload).await {
        Ok(body) => body,
        Err(answer) => return answer,
    };
    let occasion = request::occasion(&app, &request);
    reply(&app, 201, agent_session::start(&app, &body, &occasion).await)
}

/// `GET /agent-sessions/authorize/{id}`: the person's browser goes on to the one approval page.
/// The address has no query, because command lines hand it to shells.
pub async fn authorize(request: HttpRequest, link: Path<String>, app: Data<App>) -> HttpResponse {
    let visitor = match visitor(&app, &request).await {
        Ok(visitor) => visitor,
        Err(answer) => return answer,
    };
    match agent_session::begun(&app, &link, visitor.now).await {
        Ok(Begun::Readable) => see_other(&format!("/approve/{link}")),
        Ok(Begun::Over) => visitor.error(&app, 410, None, None),
        Err(DecideError::Person(error)) => person_error(&app, &visitor, &error),
        Err(_) => visitor.error(&app, 404, None, None),
    }
}

/// `POST /agent-sessions/poll`: what is dead answers 410 with the same members.
pub async fn poll(request: HttpRequest, payload: Payload, app: Data<App>) -> HttpResponse {
    let body = match read(&app, &request, payload).await {
        Ok(body) => body,
        Err(answer) => return answer,
    };
    let polled = agent_session::poll(&app, &body, app.clock.now()).await;
    let dead = polled.as_ref().is_ok_and(|polled| polled.refused.is_some());
    reply(&app, if dead { 410 } else { 200 }, polled)
}

/// `POST /agent-sessions/exchange`.
pub async fn exchange(request: HttpRequest, payload: Payload, app: Data<App>) -> HttpResponse {
    let body = match read(&app, &request, payload).await {
        Ok(body) => body,
        Err(answer) => return answer,
    };
    let occasion = request::occasion(&app, &request);
    reply(&app, 200, agent_session::exchange(&app, &body, &occasion).await)
}

/// `POST /agent-sessions/refresh`.
pub async fn refresh(request: HttpRequest, payload: Payload, app: Data<App>) -> HttpResponse {
    let body = match read(&app, &request, payload).await {
        Ok(body) => body,
        Err(answer) => return answer,
    };
    let occasion = request::occasion(&app, &request);
    reply(&app, 200, agent_session::refresh(&app, &body, &occasion).await)
}

/// `POST /agent-sessions/revoke`.
pub async fn revoke(request: HttpRequest, payload: Payload, app: Data<App>) -> HttpResponse {
    let body = match read(&app, &request, payload).await {
        Ok(body) => body,
        Err(answer) => return answer,
    };
    let occasion = request::occasion(&app, &request);
    let carried = match carried(&app, &request).await {
        Ok(carried) => carried,
        Err(answer) => return answer,
    };
    reply(&app, 200, agent_session::revoke(&app, carried.shown(), &body, &occasion).await)
}

/// `GET /account`.
pub async fn account(request: HttpRequest, app: Data<App>) -> HttpResponse {
    let carried = match carried(&app, &request).await {
        Ok(carried) => carried,
        Err(answer) => return answer,
    };
    let described = agent_session::describe(&app, carried.shown(), app.clock.now()).await;
    answer::deprecated(reply(&app, 200, described), carried.is_in_address())
}

/// `GET /account/agent-sessions`.
pub async fn list(request: HttpRequest, app: Data<App>) -> HttpResponse {
    let carried = match carried(&app, &request).await {
        Ok(carried) => carried,
        Err(answer) => return answer,
    };
    let listed = agent_session::list(&app, carried.shown(), app.clock.now()).await;
    answer::deprecated(reply(&app, 200, listed), carried.is_in_address())
}

/// `POST /demo/session`: nothing is asked, so no body is read.
pub async fn demo(request: HttpRequest, app: Data<App>) -> HttpResponse {
    let occasion = request::occasion(&app, &request);
    reply(&app, 200, agent_session::demo(&app, &occasion).await)
}

/// What the request shows: a session's token, or the account's own key where its profile says. What
/// is sent where others can read it is refused, and its owner told.
pub(super) async fn carried<'a>(
    app: &'a App,
    request: &'a HttpRequest,
) -> Result<Carried<'a>, HttpResponse> {
    let open = app.agent_sessions();
    let (resource, _) = open.ok_or_else(|| refuse(app, &AgentSessionErrorCode::NotFound.into()))?;
    let query = request.query_string();
    let carried = Carried::read(app, &resource.identifier, request.headers(), query);
    let carried =
        carried.map_err(|_| refuse(app, &AgentSessionErrorCode::InvalidRequest.into()))?;
    match carried.is_exposed(app, request).await {
        Ok(false) => Ok(carried),
        Ok(true) => Err(refuse(app, &AgentSessionErrorCode::Forbidden.into())),
        Err(error) => Err(refuse(app, &error.into())),
    }
}

pub(super) fn reply<T: Serialize>(
    app: &App,
    status: u16,
    result: Result<T, AgentSessionError>,
) -> HttpResponse {
    match result {
        Ok(body) => json(status, &body),
        Err(error) => refuse(app, &error),
    }
}

/// A refusal in this dialect, with the challenge that leads on (RFC 9728 §5.1).
fn refuse(app: &App, error: &AgentSessionError) -> HttpResponse {
    let status = error.code.status();
    log(error, status);
    let mut answer = json(status, &error.code.body());
    retry_after(&mut answer, error.retry_after.map(|wait| wait.0).or((status == 503).then_some(1)));
    if let Some(challenge) = error.refusal.as_ref().and_then(|refusal| challenge(app, refusal)) {
        answer.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
    }
    answer
}

fn challenge(app: &App, refusal: &Refusal) -> Option<HeaderValue> {
    let (resource, _) = app.agent_sessions()?;
    let challenge = refusal.challenge(&resource.identifier.metadata_url(), &Scopes::new());
    HeaderValue::from_str(&challenge).ok()
}

/// Reads a body; none at all says as much as an empty object.
pub(super) async fn read<T: DeserializeOwned>(
    app: &App,
    request: &HttpRequest,
    payload: Payload,
) -> Result<T, HttpResponse> {
    let body = request::json(app, request, payload).await.map_err(unreadable)?;
    let body = if body.is_empty() { b"{}" } else { &body[..] };
    json::parse(body).map_err(|_| refuse(app, &AgentSessionErrorCode::InvalidRequest.into()))
}

/// A body that could not be read, in this dialect.
fn unreadable(error: BodyError) -> HttpResponse {
    let code = "INVALID_REQUEST";
    let body = Refused { error: code, code, message: error.sentence() };
    let mut answer = json(error.status(), &body);
    if error.closes() {
        answer::close(&mut answer);
    }
    answer
}
