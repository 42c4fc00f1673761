//! Clients register themselves ([RFC 7591]) and manage what they registered ([RFC 7592]).
//!
//! [RFC 7591]: https://www.rfc-editor.org/rfc/rfc7591
//! [RFC 7592]: https://www.rfc-editor.org/rfc/rfc7592

use actix_web::http::header::{self, HeaderValue};
use actix_web::web::{Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse};
use serde::de::DeserializeOwned;

use super::answer::{self, body_error, oauth_error};
use super::request::{self, Bearer, BodyError};
use crate::app::App;
use crate::domain::id::ClientId;
use crate::flow::client::management;
use crate::flow::client::registration::{self, RegistrationError};
use crate::protocol::client_registration::{ToldMetadata, ToldUpdate};
use crate::protocol::error::ErrorBody;
use crate::protocol::json::{self, JsonError};

/// `POST /register` ([RFC 7591 §3]).
///
/// [RFC 7591 §3]: https://www.rfc-editor.org/rfc/rfc7591#section-3
pub async fn register(request: HttpRequest, payload: Payload, app: Data<App>) -> HttpResponse {
    let told = match told::<ToldMetadata>(&app, &request, payload).await {
        Ok(told) => told,
        Err(answer) => return answer,
    };
    let occasion = request::occasion(&app, &request);
    match registration::register(&app, told, &occasion).await {
        Ok(information) => answer::json(201, &information),
        Err(error) => refused(&error),
    }
}

/// `GET /register/{client_id}` ([RFC 7592 §2.1]).
///
/// [RFC 7592 §2.1]: https://www.rfc-editor.org/rfc/rfc7592#section-2.1
pub async fn read(request: HttpRequest, id: Path<String>, app: Data<App>) -> HttpResponse {
    let id = ClientId(id.into_inner());
    match management::read(&app, &id, token(&request)).await {
        Ok(information) => answer::json(200, &information),
        Err(error) => refused(&error),
    }
}

/// `PUT /register/{client_id}` ([RFC 7592 §2.2]).
///
/// [RFC 7592 §2.2]: https://www.rfc-editor.org/rfc/rfc7592#section-2.2
pub async fn update(
    request: HttpRequest,
    id: Path<String>,
    payload: Payload,
    app: Data<App>,
) -> HttpResponse {
    let told = match told::<ToldUpdate>(&app, &request, payload).await {
        Ok(told) => told,
        Err(answer) => return answer,
    };
    let (id, occasion) = (ClientId(id.into_inner()), request::occasion(&app, &request));
    match management::update(&app, &id, token(&request), told, &occasion).await {
        Ok(information) => answer::json(200, &information),
        Err(error) => refused(&error),
    }
}

/// `DELETE /register/{client_id}` ([RFC 7592 §2.3]).
///
/// [RFC 7592 §2.3]: https://www.rfc-editor.org/rfc/rfc7592#section-2.3
pub async fn delete(request: HttpRequest, id: Path<String>, app: Data<App>) -> HttpResponse {
    let (id, occasion) = (ClientId(id.into_inner()), request::occasion(&app, &request));
    match management::delete(&app, &id, token(&request), &occasion).await {
        Ok(()) => {
            HttpResponse::NoContent().insert_header((header::CACHE_CONTROL, "no-store")).finish()
        }
        Err(error) => refused(&error),
    }
}

fn token(request: &HttpRequest) -> Option<&str> {
    match request::bearer(request) {
        Bearer::Token(token) => Some(token),
        Bearer::Absent | Bearer::Unusable => None,
    }
}

async fn told<T: DeserializeOwned>(
    app: &App,
    request: &HttpRequest,
    payload: Payload,
) -> Result<T, HttpResponse> {
    let body = request::json(app, request, payload).await.map_err(body_error)?;
    json::parse(&body).map_err(|error| match error {
        JsonError::Malformed => body_error(BodyError::Malformed),
        JsonError::Shape => {
            bad_request("invalid_client_metadata", "a member is of the wrong type".to_owned())
        }
    })
}

/// A refusal in the words of [RFC 7591 §3.2.2].
///
/// [RFC 7591 §3.2.2]: https://www.rfc-editor.org/rfc/rfc7591#section-3.2.2
fn refused(error: &RegistrationError) -> HttpResponse {
    match error {
        RegistrationError::SwitchedOff => super::not_found_json(),
        RegistrationError::Refused(reason) => bad_request(reason.code(), reason.to_string()),
        RegistrationError::Contradiction(sentence) => {
            bad_request("invalid_request", (*sentence).to_owned())
        }
        RegistrationError::InvalidToken => invalid_token(error),
        RegistrationError::Other(error) => oauth_error(error),
    }
}

/// The same for a client that does not exist and a token that is not its own ([RFC 7592 §2],
/// [RFC 6750 §3.1]).
///
/// [RFC 7592 §2]: https://www.rfc-editor.org/rfc/rfc7592#section-2
/// [RFC 6750 §3.1]: https://www.rfc-editor.org/rfc/rfc6750#section-3.1
fn invalid_token(error: &RegistrationError) -> HttpResponse {
    let body = ErrorBody {
        error: "invalid_token",
        error_description: error.to_string(),
        ..ErrorBody::default()
    };
    let mut answer = answer::json(401, &body);
    let challenge = HeaderValue::from_static(r#"Bearer error="invalid_token""#);
    answer.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
    answer
}

fn bad_request(code: &'static str, sentence: String) -> HttpResponse {
    answer::json(
        400,
        &ErrorBody { error: code, error_description: sentence, ..ErrorBody::default() },
    )
}
