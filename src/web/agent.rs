//! The agent endpoints of auth.md.

use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use serde::de::DeserializeOwned;

use super::answer::{agent_error, body_error, json, oauth_error};
use super::request;
use crate::app::App;
use crate::flow::grants::refresh_token;
use crate::flow::{agent, assertion, attempt, claim};
use crate::protocol::agent::{ClaimRequest, CompleteRequest, IdentityRequest};
use crate::protocol::agent_error::{AgentError, AgentErrorCode};
use crate::protocol::json;

/// `POST /agent/identity`: register, or refresh (auth.md, "Register").
pub async fn identity(request: HttpRequest, payload: Payload, app: Data<App>) -> HttpResponse {
    let body: IdentityRequest = match read(&app, &request, payload).await {
        Ok(body) => body,
        Err(answer) => return answer,
    };
    let occasion = request::occasion(&app, &request);
    let registered = match body.kind.as_str() {
        "anonymous" => agent::register_anonymous(&app, &body, &occasion).await,
        "service_auth" => agent::register_for_person(&app, &body, &occasion).await,
        "identity_assertion" => assertion::register(&app, &body),
        "refresh" => {
            let token = body.refresh_token.as_deref().unwrap_or_default();
            let proof = match request::proof(&app, &request) {
                Ok(proof) => proof,
                Err(error) => return oauth_error(&error),
            };
            let proof = proof.as_ref();
            let refreshed = refresh_token::refresh_identity(&app, token, proof, &occasion).await;
            return reply(refreshed, false);
        }
        _ => Err(AgentErrorCode::InvalidRequest.into()),
    };
    reply(registered, false)
}

/// `POST /agent/identity/claim`: start or renew an attempt. A request without `type` is
/// written in the older dialect and gets its words.
pub async fn start_claim(request: HttpRequest, payload: Payload, app: Data<App>) -> HttpResponse {
    let body: ClaimRequest = match read(&app, &request, payload).await {
        Ok(body) => body,
        Err(answer) => return answer,
    };
    let occasion = request::occasion(&app, &request);
    let legacy = body.kind.is_none();
    reply(attempt::start(&app, &body, &occasion).await, legacy)
}

/// `POST /agent/identity/claim/complete`: the agent hands back its human's code.
pub async fn complete_claim(
    request: HttpRequest,
    payload: Payload,
    app: Data<App>,
) -> HttpResponse {
    let body: CompleteRequest = match read(&app, &request, payload).await {
        Ok(body) => body,
        Err(answer) => return answer,
    };
    let proof = match request::proof(&app, &request) {
        Ok(proof) => proof,
        Err(error) => return oauth_error(&error),
    };
    let occasion = request::occasion(&app, &request);
    reply(claim::complete(&app, &body, proof.as_ref(), &occasion).await, false)
}

fn reply<T: serde::Serialize>(result: Result<T, AgentError>, legacy: bool) -> HttpResponse {
    match result {
        Ok(body) => json(200, &body),
        Err(error) => agent_error(&error, legacy),
    }
}

async fn read<T: DeserializeOwned>(
    app: &App,
    request: &HttpRequest,
    payload: Payload,
) -> Result<T, HttpResponse> {
    let body = request::json(app, request, payload).await.map_err(body_error)?;
    json::parse(&body).map_err(|_| agent_error(&AgentErrorCode::InvalidRequest.into(), false))
}
