//! Why somebody was not let in, and how that is said.

use std::error::Error;

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderValue};
use actix_web::{HttpResponse, ResponseError};

use crate::protocol::error::{ErrorBody, OAuthError};

/// A refusal, ready to be answered; a handler may return it as its error.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Refused {
    /// No token, a bad one, or one that lacks scopes: 401 or 403 with a challenge that says how
    /// to ask ([RFC 6750 §3], [RFC 9728 §5.1]).
    ///
    /// [RFC 6750 §3]: https://www.rfc-editor.org/rfc/rfc6750#section-3
    /// [RFC 9728 §5.1]: https://www.rfc-editor.org/rfc/rfc9728#section-5.1
    #[error("{error}")]
    Challenged {
        /// 401 or 403.
        status: u16,
        /// The `error` member of the body ([RFC 6750 §3.1]).
        ///
        /// [RFC 6750 §3.1]: https://www.rfc-editor.org/rfc/rfc6750#section-3.1
        error: &'static str,
        /// The value of `WWW-Authenticate`.
        challenge: String,
        /// What the next proof must carry ([RFC 9449 §9]).
        ///
        /// [RFC 9449 §9]: https://www.rfc-editor.org/rfc/rfc9449#section-9
        nonce: Option<String>,
    },
    /// Nobody could say what the token is worth, so nobody is let in ([RFC 7662 §2.2]).
    ///
    /// [RFC 7662 §2.2]: https://www.rfc-editor.org/rfc/rfc7662#section-2.2
    #[error("it could not be found out whether the token is good")]
    Failed(#[source] OAuthError),
    /// A mistake of the API's own: a handler takes a session where no requirement guards the
    /// route, or asks for a scope that is not described.
    #[error("no requirement guards this route, or a scope was asked for that is not described")]
    Misguarded,
}

/// What a refused agent reads; the challenge says the rest.
const SEE_HEADER: &str = "see WWW-Authenticate for how to ask";

impl ResponseError for Refused {
    fn status_code(&self) -> StatusCode {
        let status = match self {
            Self::Challenged { status, .. } => *status,
            Self::Failed(error) => error.status(),
            Self::Misguarded => 500,
        };
        StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    fn error_response(&self) -> HttpResponse {
        match self {
            Self::Challenged { error, challenge, nonce, .. } => {
                let body = ErrorBody {
                    error,
                    error_description: SEE_HEADER.to_owned(),
                    message: Some(SEE_HEADER.to_owned()),
                    ..ErrorBody::default()
                };
                let mut answer = self.answer(&body);
                if let Ok(challenge) = HeaderValue::from_str(challenge) {
                    answer.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
                }
                let nonce = nonce.as_deref().and_then(|nonce| HeaderValue::from_str(nonce).ok());
                if let Some(nonce) = nonce {
                    let name = header::HeaderName::from_static("dpop-nonce");
                    answer.headers_mut().insert(name, nonce);
                }
                answer
            }
            Self::Failed(error) => {
                let mut answer = self.answer(&ErrorBody::of_oauth(error));
                if answer.status() == StatusCode::SERVICE_UNAVAILABLE {
                    answer.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
                }
                answer
            }
            Self::Misguarded => self.answer(&ErrorBody {
                error: "server_error",
                error_description: "the server could not complete the request".to_owned(),
                ..ErrorBody::default()
            }),
        }
    }
}

impl Refused {
    fn answer(&self, body: &ErrorBody) -> HttpResponse {
        HttpResponse::build(self.status_code())
            .insert_header((header::CONTENT_TYPE, "application/json"))
            .insert_header((header::CACHE_CONTROL, "no-store"))
            .insert_header((header::PRAGMA, "no-cache"))
            .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
            .body(serde_json::to_string(body).unwrap_or_default())
    }

    /// Tells the operator what the agent is not told.
    pub(super) fn log(&self) {
        match self {
            Self::Challenged { .. } => tracing::debug!(reason = %self, "a request was refused"),
            Self::Failed(error) => {
                tracing::error!(status = error.status(), cause = causes(error), "a request failed");
            }
            Self::Misguarded => tracing::error!(status = 500, cause = %self, "a request failed"),
        }
    }
}

/// An error and what caused it, outermost first.
fn causes(error: &(dyn Error + 'static)) -> String {
    let chain = std::iter::successors(Some(error), |error| (*error).source());
    let mut texts: Vec<String> = chain.map(ToString::to_string).collect();
    // A failure that several waited for wraps itself.
    texts.dedup();
    texts.join(": ")
}
