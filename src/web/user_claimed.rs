//! Agents that ask for a session in the words of an earlier auth.md: `/agent/auth*` (contracts of
//! Agent Analytics, 1.14). Refusals are those of `/agent-sessions/*`.

use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};

use super::agent_session::{carried, read, reply};
use super::request;
use crate::app::App;
use crate::flow::agent_session;

/// `POST /agent/auth`.
pub async fn ask(request: HttpRequest, payload: Payload, app: Data<App>) -> HttpResponse {
    let body = match read(&app, &request, payload).await {
        Ok(body) => body,
        Err(answer) => return answer,
    };
    let occasion = request::occasion(&app, &request);
    reply(&app, 200, agent_session::ask(&app, &body, &occasion).await)
}

/// `POST /agent/auth/claim`.
pub async fn standing(request: HttpRequest, payload: Payload, app: Data<App>) -> HttpResponse {
    let body = match read(&app, &request, payload).await {
        Ok(body) => body,
        Err(answer) => return answer,
    };
    reply(&app, 200, agent_session::standing(&app, &body, app.clock.now()).await)
}

/// `POST /agent/auth/claim/complete`.
pub async fn complete(request: HttpRequest, payload: Payload, app: Data<App>) -> HttpResponse {
    let body = match read(&app, &request, payload).await {
        Ok(body) => body,
        Err(answer) => return answer,
    };
    let occasion = request::occasion(&app, &request);
    reply(&app, 200, agent_session::complete(&app, &body, &occasion).await)
}

/// `POST /agent/auth/revoke`.
pub async fn give_back(request: HttpRequest, payload: Payload, app: Data<App>) -> HttpResponse {
    let body = match read(&app, &request, payload).await {
        Ok(body) => body,
        Err(answer) => return answer,
    };
    let occasion = request::occasion(&app, &request);
    let carried = match carried(&app, &request).await {
        Ok(carried) => carried,
        Err(answer) => return answer,
    };
    reply(&app, 200, agent_session::give_back(&app, carried.shown(), &body, &occasion).await)
}
