//! The demo resource: a small API that newcomers, MCP clients and scripts can call. It asks
//! about tokens as any resource server does, only without the network between.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use actix_web::http::Method;
use actix_web::http::header::{self, HeaderValue};
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use serde::{Deserialize, Serialize};

use super::answer::{self, body_error};
use super::request::{self, Bearer};
use super::{mcp, method_not_allowed};
use crate::app::App;
use crate::domain::id::AccountId;
use crate::domain::resource::Resource;
use crate::flow::principal::{self, AgentSession};
use crate::protocol::challenge::Refusal;
use crate::protocol::error::{ErrorBody, OAuthError};
use crate::protocol::json;
use crate::protocol::scope::Scopes;
use crate::protocol::text::ToldText;

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

/// Where a request to the demo resource is refused or let in.
pub struct Gate<'a> {
    app: &'a App,
    resource: &'a Resource,
    /// What the operation needs.
    needed: Scopes,
}

impl<'a> Gate<'a> {
    /// A gate before an operation that needs `scope`; empty for any live session.
    fn before(app: &'a App, scope: &str) -> Option<Self> {
        let identifier = app.settings.issuer.url("/demo").parse().ok()?;
        let resource = app.resource(&identifier)?;
        Some(Self { app, resource, needed: Scopes::stored(scope).unwrap_or_default() })
    }

    /// Lets an agent in, before its method is even looked at: whatever comes without a good
    /// token learns from the challenge how to get one.
    async fn admit(&self, request: &HttpRequest) -> Result<AgentSession, HttpResponse> {
        let token = match request::bearer(request) {
            Bearer::Absent => return Err(self.refuse(&Refusal::NoToken)),
            Bearer::Unusable => return Err(self.refuse(&Refusal::InvalidToken)),
            Bearer::Token(token) => token,
        };
        let (resource, now) = (&self.resource.identifier, self.app.clock.now());
        match principal::agent(self.app, resource, token, now).await {
            Ok(Some(session)) if session.may(&self.needed) => Ok(session),
            Ok(Some(_)) => Err(self.refuse(&Refusal::InsufficientScope(self.needed.clone()))),
            Ok(None) => Err(self.refuse(&Refusal::InvalidToken)),
            Err(error) => Err(answer::oauth_error(&OAuthError::from(error))),
        }
    }

    /// The refusal with its challenge (RFC 6750 §3, RFC 9728 §5.1).
    pub fn refuse(&self, refusal: &Refusal) -> HttpResponse {
        let scopes = if self.needed.is_empty() {
            self.resource.default_scopes()
        } else {
            self.needed.clone()
        };
        let challenge = refusal.challenge(&self.resource.identifier.metadata_url(), &scopes);
        let body = ErrorBody {
            error: refusal.code(),
            error_description: "see WWW-Authenticate for how to ask".to_owned(),
            message: Some("see WWW-Authenticate for how to ask".to_owned()),
            ..ErrorBody::default()
        };
        let mut refused = answer::json(refusal.status(), &body);
        if let Ok(challenge) = HeaderValue::from_str(&challenge) {
            refused.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
        }
        refused
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
pub async fn who_am_i(request: HttpRequest, app: Data<App>) -> HttpResponse {
    let Some(gate) = Gate::before(&app, "") else { return super::not_found_json() };
    let session = match gate.admit(&request).await {
        Ok(session) => session,
        Err(refused) => return refused,
    };
    if !is_read(request.method()) {
        return method_not_allowed("GET, HEAD, OPTIONS");
    }
    let credential = &session.token().credential;
    let who = WhoAmI {
        account: credential.account.as_ref().map(AccountId::as_str),
        agent: credential.agent.as_deref(),
        session: credential.session.as_str(),
        scopes: credential.scopes.to_vec(),
        expires_at: credential.expires_at.iso(),
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
    let writes = request.method() == Method::POST;
    let scope = if writes { "demo:write" } else { "demo:read" };
    let Some(gate) = Gate::before(&app, scope) else { return super::not_found_json() };
    if let Err(refused) = gate.admit(&request).await {
        return refused;
    }
    if is_read(request.method()) {
        return answer::json(200, &notes.all());
    }
    if !writes {
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
) -> HttpResponse {
    let Some(gate) = Gate::before(&app, "demo:read") else { return super::not_found_json() };
    let session = match gate.admit(&request).await {
        Ok(session) => session,
        Err(refused) => return refused,
    };
    if request.method() != Method::POST {
        // No stream is offered (MCP, "Streamable HTTP").
        return method_not_allowed("POST, OPTIONS");
    }
    let body = match request::body(&app, &request, payload).await {
        Ok(body) => body,
        Err(error) => return body_error(error),
    };
    let answer = mcp::answer(&body, &notes, |scope| {
        let needed = Scopes::stored(scope).unwrap_or_default();
        session.may(&needed)
    });
    match answer {
        mcp::Answer::Reply(reply) => answer::json(200, &reply),
        mcp::Answer::Unreadable(reply) => answer::json(400, &reply),
        mcp::Answer::Accepted => HttpResponse::Accepted().finish(),
        mcp::Answer::NeedsScopes(scopes) => {
            let needed = Scopes::stored(scopes).unwrap_or_default();
            gate.refuse(&Refusal::InsufficientScope(needed))
        }
    }
}

fn is_read(method: &Method) -> bool {
    method == Method::GET || method == Method::HEAD
}
