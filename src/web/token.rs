//! The token and revocation endpoints.

use actix_web::http::header;
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};

use super::answer::{body_error, client_error, json, oauth_error};
use super::request;
use crate::app::App;
use crate::flow::{grants, revoke};
use crate::protocol::error::OAuthError;
use crate::protocol::form::Form;
use crate::protocol::token_response::TokenResponse;

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
