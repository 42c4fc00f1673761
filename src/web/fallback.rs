//! What is said where nothing answers: there is nothing at this address, or not for this
//! method.

use actix_web::http::header;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};

use super::{answer, person};
use crate::app::App;
use crate::protocol::error::ErrorBody;

/// The method does not fit: a page for people, JSON for everybody else.
pub async fn wrong_method(
    request: &HttpRequest,
    app: &Data<App>,
    allow: &'static str,
) -> HttpResponse {
    if !wants_page(request) {
        return method_not_allowed(allow);
    }
    let mut answer = error_page(request, app, 405).await;
    answer.headers_mut().insert(header::ALLOW, header::HeaderValue::from_static(allow));
    answer
}

pub fn method_not_allowed(allow: &'static str) -> HttpResponse {
    let body = ErrorBody {
        error: "invalid_request",
        error_description: "the method is not allowed here".to_owned(),
        ..ErrorBody::default()
    };
    let mut answer = answer::json(405, &body);
    answer.headers_mut().insert(header::ALLOW, header::HeaderValue::from_static(allow));
    answer
}

pub fn not_found_json() -> HttpResponse {
    let body = ErrorBody {
        error: "not_found",
        error_description: "there is nothing at this address".to_owned(),
        ..ErrorBody::default()
    };
    answer::json(404, &body)
}

/// Nothing here: a page for people, JSON for everybody else.
pub async fn not_found(request: HttpRequest, app: Data<App>) -> HttpResponse {
    app.metrics.request("none", 404);
    if !wants_page(&request) {
        return not_found_json();
    }
    error_page(&request, &app, 404).await
}

pub fn wants_page(request: &HttpRequest) -> bool {
    let accepts = request.headers().get(header::ACCEPT);
    accepts
        .and_then(|accepts| accepts.to_str().ok())
        .is_some_and(|accepts| accepts.contains("text/html"))
}

pub async fn error_page(request: &HttpRequest, app: &Data<App>, status: u16) -> HttpResponse {
    match person::visitor(app, request).await {
        Ok(visitor) => visitor.error(app, status, None, None),
        Err(answer) => answer,
    }
}
