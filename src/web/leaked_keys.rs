//! Reports of keys that were found where they do not belong.

use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};

use super::answer::{body_error, json, oauth_error};
use super::request::{self, BodyError};
use crate::app::App;
use crate::flow::api_key;
use crate::protocol::api_key::{LeakReport, MOST_IN_A_REPORT, Received};
use crate::protocol::error::OAuthError;
use crate::protocol::json::parse;

/// `POST /leaked-keys`: each of these keys ends (docs/credentials.md, "Leaks"). The answer is the
/// same whatever they are.
pub async fn report(request: HttpRequest, payload: Payload, app: Data<App>) -> HttpResponse {
    let body = match request::json(&app, &request, payload).await {
        Ok(body) => body,
        Err(error) => return body_error(error),
    };
    let Ok(report) = parse::<LeakReport>(&body) else { return body_error(BodyError::Malformed) };
    let received = report.keys.len();
    if received == 0 || received > MOST_IN_A_REPORT {
        return oauth_error(&OAuthError::InvalidRequest("name one key at least and 100 at most"));
    }
    let occasion = request::occasion(&app, &request);
    match api_key::report(&app, &report.keys, &occasion).await {
        Ok(()) => json(200, &Received { received }),
        Err(error) => oauth_error(&error),
    }
}
