//! The token, revocation and introspection endpoints.

use actix_web::http::header::{self, HeaderValue};
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};

use super::answer::{
    SIGNED_INTROSPECTION, body_error, client_error, json, oauth_error, raw_json,
    signed_introspection,
};
use super::request;
use crate::app::App;
use crate::flow::principal::{ResourceServer, resource_server};
use crate::flow::{grants, introspect, revoke};
use crate::protocol::basic::{self, BasicCredentials};
use crate::protocol::error::OAuthError;
use crate::protocol::form::Form;
use crate::protocol::introspection::INACTIVE;
use crate::protocol::token_response::TokenResponse;
use zeroize::Zeroizing;

/// `POST /token` ([RFC 6749 §3.2]).
///
/// [RFC 6749 §3.2]: https://www.rfc-editor.org/rfc/rfc6749#section-3.2
pub async fn token(request: HttpRequest, payload: Payload, app: Data<App>) -> HttpResponse {
    let form = match request::form(&app, &request, payload, &["resource", "audience"]).await {
        Ok(form) => form,
        Err(error) => return body_error(error),
    };
    match issued(&app, &request, &form).await {
        Ok(response) => json(200, &response),
        Err(error) => client_error(&request, &error),
    }
}

async fn issued(
    app: &App,
    request: &HttpRequest,
    form: &Form,
) -> Result<TokenResponse, OAuthError> {
    let mut presented = request::presented(request, form)?;
    presented.proof = request::proof(app, request)?;
    grants::token(app, &presented, &request::occasion(app, request)).await
}

/// `POST /revoke` ([RFC 7009 §2]): 200 without a body whether or not the token existed.
///
/// [RFC 7009 §2]: https://www.rfc-editor.org/rfc/rfc7009#section-2
pub async fn revoke(request: HttpRequest, payload: Payload, app: Data<App>) -> HttpResponse {
    let form = match request::form(&app, &request, payload, &[]).await {
        Ok(form) => form,
        Err(error) => return body_error(error),
    };
    let Some(token) = form.get("token") else {
        return oauth_error(&OAuthError::InvalidRequest("token is missing"));
    };
    let presented = match request::presented(&request, &form) {
        Ok(presented) => presented,
        Err(error) => return client_error(&request, &error),
    };
    let occasion = request::occasion(&app, &request);
    match revoke::revoke(&app, token, &presented, &occasion).await {
        Ok(()) => HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "no-store")).finish(),
        Err(error) => client_error(&request, &error),
    }
}

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
    let answer = live.as_ref().map_or(INACTIVE, |live| live.answer.as_str());
    if wants_signed(request) {
        return match introspect::sign(app, &caller, answer, now) {
            Ok(jwt) => signed_introspection(jwt),
            Err(error) => oauth_error(&error),
        };
    }
    raw_json(200, answer.to_owned())
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
