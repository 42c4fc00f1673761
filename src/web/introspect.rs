//! Introspection: what a resource server is told about a token, or about many.

use actix_web::http::header::{self, HeaderValue};
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use zeroize::Zeroizing;

use super::answer::{
    SIGNED_INTROSPECTION, body_error, oauth_error, raw_json, signed_introspection,
};
use super::request::{self, BodyError};
use crate::app::App;
use crate::flow::budget;
use crate::flow::introspect;
use crate::flow::principal::{ResourceServer, resource_server};
use crate::protocol::basic::{self, BasicCredentials};
use crate::protocol::error::OAuthError;
use crate::protocol::form::Form;
use crate::protocol::introspection::{BatchRequest, MOST_IN_A_BATCH};
use crate::protocol::json;

/// `POST /introspect` ([RFC 7662 §2.1]).
///
/// [RFC 7662 §2.1]: https://www.rfc-editor.org/rfc/rfc7662#section-2.1
pub async fn introspect(request: HttpRequest, payload: Payload, app: Data<App>) -> HttpResponse {
    let answer = introspected(&app, &request, payload).await;
    app.metrics.request("/introspect", answer.status().as_u16());
    answer
}

async fn introspected(app: &App, request: &HttpRequest, payload: Payload) -> HttpResponse {
    let form = match request::form(app, request, payload, &[]).await {
        Ok(form) => form,
        Err(error) => return body_error(error),
    };
    let Some(caller) = caller(app, request, &form) else {
        return not_authenticated(request);
    };
    let Some(token) = form.get("token") else {
        return oauth_error(&OAuthError::InvalidRequest("token is missing"));
    };
    let now = app.clock.now();
    let live = match introspect::introspect(app, caller.resource(), token, now).await {
        Ok(live) => live,
        Err(error) => return oauth_error(&error.into()),
    };
    let answer = match budget::answer(app, live.as_deref()).await {
        Ok(answer) => answer,
        Err(error) => return oauth_error(&error),
    };
    if wants_signed(request) {
        return match introspect::sign(app, &caller, &answer, now) {
            Ok(jwt) => signed_introspection(jwt),
            Err(error) => oauth_error(&error),
        };
    }
    raw_json(200, answer.into_owned())
}

/// `POST /introspect/batch`: many tokens at once, answered in their order with what
/// `POST /introspect` answers about each (operator.md, "Names on the wire").
pub async fn batch(request: HttpRequest, payload: Payload, app: Data<App>) -> HttpResponse {
    let answer = match batch_answered(&app, &request, payload).await {
        Ok(answer) | Err(answer) => answer,
    };
    app.metrics.request("/introspect/batch", answer.status().as_u16());
    answer
}

async fn batch_answered(
    app: &App,
    request: &HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, HttpResponse> {
    let body = request::json(app, request, payload).await.map_err(body_error)?;
    let batch = json::parse::<BatchRequest>(&body).map_err(|_| body_error(BodyError::Malformed))?;
    let caller = caller(app, request, &Form::default());
    let caller = caller.ok_or_else(|| not_authenticated(request))?;
    let refused = |why| oauth_error(&OAuthError::InvalidRequest(why));
    match batch.tokens.len() {
        0 => return Err(refused("no token is named")),
        count if count > MOST_IN_A_BATCH => return Err(refused("more than 100 tokens are named")),
        _ => {}
    }
    let now = app.clock.now();
    let mut answers = String::from("[");
    for (index, token) in batch.tokens.iter().enumerate() {
        let live = introspect::introspect(app, caller.resource(), token, now).await;
        let live = live.map_err(|error| oauth_error(&error.into()))?;
        answers.push_str(if index > 0 { "," } else { "" });
        let answer = budget::answer(app, live.as_deref()).await;
        answers.push_str(&answer.map_err(|error| oauth_error(&error))?);
    }
    answers.push(']');
    Ok(raw_json(200, answers))
}

/// Whether the caller asks for a signed answer ([RFC 9701 §4]).
///
/// [RFC 9701 §4]: https://www.rfc-editor.org/rfc/rfc9701#section-4
fn wants_signed(request: &HttpRequest) -> bool {
    let Some(accepts) = request.headers().get(header::ACCEPT) else { return false };
    let Ok(accepts) = accepts.to_str() else { return false };
    let media_type = |range: &str| range.split(';').next().unwrap_or_default().trim().to_owned();
    accepts.split(',').any(|range| media_type(range).eq_ignore_ascii_case(SIGNED_INTROSPECTION))
}

/// The resource server behind a request: Basic, or the two parameters in the body. Both at
/// once must agree (RFC 6749 §2.3).
fn caller<'a>(app: &'a App, request: &HttpRequest, form: &Form) -> Option<ResourceServer<'a>> {
    let header = request::presented(request, form).ok()?.authorization;
    let credentials = match header {
        Some(header) => basic::parse(header)?,
        None => BasicCredentials {
            client_id: form.get("client_id")?.to_owned(),
            secret: Zeroizing::new(form.get("client_secret")?.to_owned()),
        },
    };
    let named = form.get("client_id");
    if header.is_some() && named.is_some_and(|named| named != credentials.client_id) {
        return None;
    }
    resource_server(app, &credentials)
}

/// RFC 6749 §5.2: the scheme is named when the caller used it.
fn not_authenticated(request: &HttpRequest) -> HttpResponse {
    let mut answer = oauth_error(&OAuthError::InvalidClient);
    if request.headers().contains_key(header::AUTHORIZATION) {
        answer.headers_mut().insert(
            header::WWW_AUTHENTICATE,
            HeaderValue::from_static(r#"Basic realm="introspection", charset="UTF-8""#),
        );
    }
    answer
}
