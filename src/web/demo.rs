//! The demo resource: a small API that newcomers, MCP clients and scripts can call. It is
//! guarded by the middleware that other APIs use, and asks without the network between.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use actix_web::http::Method;
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use futures_util::future::LocalBoxFuture;
use serde::{Deserialize, Serialize};

use super::answer::{self, body_error};
use super::{mcp, method_not_allowed, request};
use crate::app::App;
use crate::flow::budget;
use crate::flow::principal;
use crate::protocol::error::OAuthError;
use crate::protocol::resource_identifier::ResourceIdentifier;
use crate::protocol::text::ToldText;
use crate::protocol::{introspection, json};
use crate::resource_server::{Answer, Introspect, ProtectedResource, Refused, Session};

/// What the demo keeps: the newest notes, in memory.
#[derive(Default)]
pub struct Notes(Mutex<VecDeque<Note>>);

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Note {
    pub text: String,
}

/// The most notes the demo remembers.
const MOST_NOTES: usize = 100;

impl Notes {
    #[must_use]
    pub fn all(&self) -> Vec<Note> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }

    /// Adds a note; the oldest makes room.
    pub fn add(&self, text: &str) -> Option<Note> {
        let note = Note { text: ToldText::clean(text, 500)?.to_string() };
        let mut notes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if notes.len() >= MOST_NOTES {
            notes.pop_front();
        }
        notes.push_back(note.clone());
        Some(note)
    }
}

/// The demo as a protected resource, if it is switched on.
#[must_use]
pub fn protected(app: &Arc<App>) -> Option<ProtectedResource> {
    let identifier = app.settings.issuer.url("/demo").parse().ok()?;
    let demo = app.resource(&identifier)?;
    let described = ProtectedResource::describe(identifier.as_str(), app.issuer())
        .name(&demo.name)
        .scopes(&demo.all_scopes().to_string())
        .default_scopes(&demo.default_scopes().to_string())
        .reached_below(&app.settings.issuer.url(""))
        .clock(app.clock.clone());
    described.introspected_by(InProcess { app: Arc::clone(app), resource: identifier }).ok()
}

/// This server, asked about a token without the network between: the answer is the one that
/// any resource server gets.
struct InProcess {
    app: Arc<App>,
    resource: ResourceIdentifier,
}

impl Introspect for InProcess {
    fn introspect<'a>(&'a self, token: &'a str) -> LocalBoxFuture<'a, Answer> {
        Box::pin(async move {
            let now = self.app.clock.now();
            let session = principal::agent(&self.app, &self.resource, token, now).await?;
            let Some(session) = session else { return Ok(None) };
            let answer = budget::answer(&self.app, Some(session.token())).await?;
            let answer = introspection::read(answer.as_bytes());
            let known = answer.map_err(|error| OAuthError::ServerError(Box::new(error)))?;
            Ok(known.map(Arc::new))
        })
    }
}

/// Who acts for whom.
#[derive(Serialize)]
struct WhoAmI<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    account: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    agent: Option<&'a str>,
    session: &'a str,
    scopes: Vec<String>,
    expires_at: String,
}

/// `GET /demo/whoami`: any live session.
pub async fn who_am_i(request: HttpRequest, session: Session) -> HttpResponse {
    if !is_read(request.method()) {
        return method_not_allowed("GET, HEAD, OPTIONS");
    }
    let who = WhoAmI {
        account: session.account(),
        agent: session.agent(),
        session: session.id(),
        scopes: session.scopes().to_vec(),
        expires_at: session.expires_at().iso(),
    };
    answer::json(200, &who)
}

#[derive(Deserialize)]
struct NewNote {
    text: String,
}

/// `GET /demo/notes` needs `demo:read`, `POST` needs `demo:write`.
pub async fn notes(
    request: HttpRequest,
    payload: Payload,
    app: Data<App>,
    notes: Data<Notes>,
) -> HttpResponse {
    if is_read(request.method()) {
        return answer::json(200, &notes.all());
    }
    if request.method() != Method::POST {
        return method_not_allowed("GET, HEAD, POST, OPTIONS");
    }
    let body = match request::body(&app, &request, payload).await {
        Ok(body) => body,
        Err(error) => return body_error(error),
    };
    let note = json::parse::<NewNote>(&body).ok().and_then(|note| notes.add(&note.text));
    match note {
        Some(note) => answer::json(201, &note),
        None => answer::oauth_error(&OAuthError::InvalidRequest("a note is {\"text\": \"…\"}")),
    }
}

/// `GET, POST /demo/mcp`: a minimal MCP server.
pub async fn mcp(
    request: HttpRequest,
    payload: Payload,
    app: Data<App>,
    notes: Data<Notes>,
    session: Session,
) -> Result<HttpResponse, Refused> {
    if request.method() != Method::POST {
        // No stream is offered (MCP, "Streamable HTTP").
        return Ok(method_not_allowed("POST, OPTIONS"));
    }
    let body = match request::body(&app, &request, payload).await {
        Ok(body) => body,
        Err(error) => return Ok(body_error(error)),
    };
    Ok(match mcp::answer(&body, &notes, |scopes| session.require(scopes))? {
        mcp::Answer::Reply(reply) => answer::json(200, &reply),
        mcp::Answer::Unreadable(reply) => answer::json(400, &reply),
        mcp::Answer::Accepted => HttpResponse::Accepted().finish(),
    })
}

fn is_read(method: &Method) -> bool {
    method == Method::GET || method == Method::HEAD
}
