//! Clients register themselves ([RFC 7591]).
//!
//! [RFC 7591]: https://www.rfc-editor.org/rfc/rfc7591

use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};

use super::answer::{self, body_error, oauth_error};
use super::request::{self, BodyError};
use crate::app::App;
use crate::flow::client::registration::{self, RegistrationError};
use crate::protocol::client_registration::ToldMetadata;
use crate::protocol::error::ErrorBody;
use crate::protocol::json::{self, JsonError};

/// `POST /register` ([RFC 7591 §3]).
///
/// [RFC 7591 §3]: https://www.rfc-editor.org/rfc/rfc7591#section-3
pub async fn register(request: HttpRequest, payload: Payload, app: Data<App>) -> HttpResponse {
    let told = match told(&app, &request, payload).await {
        Ok(told) => told,
        Err(answer) => return answer,
    };
    let occasion = request::occasion(&app, &request);
    match registration::register(&app, told, &occasion).await {
        Ok(information) => answer::json(201, &information),
        Err(error) => refused(&error),
    }
}

async fn told(
    app: &App,
    request: &HttpRequest,
    payload: Payload,
) -> Result<ToldMetadata, HttpResponse> {
    let body = request::body(app, request, payload).await.map_err(body_error)?;
    if !request::is_of_type(request, "application/json") {
        return Err(body_error(BodyError::WrongType));
    }
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
        RegistrationError::InvalidToken => super::not_found_json(),
        RegistrationError::Other(error) => oauth_error(error),
    }
}

fn bad_request(code: &'static str, sentence: String) -> HttpResponse {
    answer::json(
        400,
        &ErrorBody { error: code, error_description: sentence, ..ErrorBody::default() },
    )
}
