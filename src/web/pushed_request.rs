//! The pushed authorization request endpoint, `/par`.

use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};

use super::answer::{body_error, client_error, json};
use super::request;
use crate::app::App;
use crate::flow::code;
use crate::protocol::error::OAuthError;
use crate::protocol::form::Form;
use crate::protocol::pushed_request::PushedAuthorizationResponse;

/// `POST /par` ([RFC 9126 §2]).
///
/// [RFC 9126 §2]: https://www.rfc-editor.org/rfc/rfc9126#section-2
pub async fn push(request: HttpRequest, payload: Payload, app: Data<App>) -> HttpResponse {
    let form = match request::form(&app, &request, payload, &["resource"]).await {
        Ok(form) => form,
        Err(error) => return body_error(error),
    };
    match pushed(&app, &request, &form).await {
        Ok(response) => json(201, &response),
        Err(error) => client_error(&request, &error),
    }
}

async fn pushed(
    app: &App,
    request: &HttpRequest,
    form: &Form,
) -> Result<PushedAuthorizationResponse, OAuthError> {
    let mut presented = request::presented(request, form)?;
    presented.proof = request::proof(app, request)?;
    code::push(app, &presented, &request::occasion(app, request)).await
}
