//! What goes back to a client through the browser ([RFC 6749 §4.1.2], [RFC 9207 §2]).
//!
//! [RFC 6749 §4.1.2]: https://www.rfc-editor.org/rfc/rfc6749#section-4.1.2
//! [RFC 9207 §2]: https://www.rfc-editor.org/rfc/rfc9207#section-2

use super::error::Denial;
use super::redirect_uri::RedirectUri;

/// The answer to an authorization request. It says who answers, whatever it says else
/// (RFC 9207 §2), so that no client mistakes one server's answer for another's.
#[derive(Debug, Clone)]
pub struct AuthorizationResponse<'a> {
    pub issuer: &'a str,
    /// The client's own word, handed back unread.
    pub state: Option<&'a str>,
    pub outcome: Outcome<'a>,
}

#[derive(Debug, Clone)]
pub enum Outcome<'a> {
    Code(&'a str),
    Error {
        code: AuthorizationErrorCode,
        description: &'a str,
    },
    /// `access_denied`, with what the human wants the agent to know of why, as at the token
    /// endpoint; clients that do not know the parameters ignore them (RFC 6749 §4.1.2).
    Denied(&'a Denial),
}

/// Error codes of the authorization response, each named as its specification names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuthorizationErrorCode {
    /// RFC 6749 §4.1.2.1.
    InvalidRequest,
    /// RFC 6749 §4.1.2.1.
    UnauthorizedClient,
    /// RFC 6749 §4.1.2.1: the human said no.
    AccessDenied,
    /// RFC 6749 §4.1.2.1.
    UnsupportedResponseType,
    /// RFC 6749 §4.1.2.1.
    InvalidScope,
    /// RFC 8707 §2.
    InvalidTarget,
    /// OpenID Connect Core 1.0 §3.1.2.6: nobody is asked silently here.
    ConsentRequired,
    /// OpenID Connect Core 1.0 §3.1.2.6.
    RequestNotSupported,
    /// RFC 9396 §5.
    InvalidAuthorizationDetails,
    /// RFC 6749 §4.1.2.1.
    TemporarilyUnavailable,
}

impl AuthorizationErrorCode {
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::InvalidRequest => "invalid_request",
            Self::UnauthorizedClient => "unauthorized_client",
            Self::AccessDenied => "access_denied",
            Self::UnsupportedResponseType => "unsupported_response_type",
            Self::InvalidScope => "invalid_scope",
            Self::InvalidTarget => "invalid_target",
            Self::ConsentRequired => "consent_required",
            Self::RequestNotSupported => "request_not_supported",
            Self::InvalidAuthorizationDetails => "invalid_authorization_details",
            Self::TemporarilyUnavailable => "temporarily_unavailable",
        }
    }
}

impl AuthorizationResponse<'_> {
    /// Where the browser goes: the redirection URI as the client spelled it, with the answer
    /// added to the query it may have.
    #[must_use]
    pub fn location(&self, redirect_uri: &RedirectUri) -> String {
        let mut pairs = match &self.outcome {
            Outcome::Code(code) => vec![("code", *code)],
            Outcome::Error { code, description } => {
                vec![("error", code.name()), ("error_description", description)]
            }
            Outcome::Denied(denial) => refusal(denial),
        };
        pairs.extend(self.state.map(|state| ("state", state)));
        pairs.push(("iss", self.issuer));
        redirect_uri.with(&pairs)
    }
}

fn refusal(denial: &Denial) -> Vec<(&str, &str)> {
    let code = AuthorizationErrorCode::AccessDenied.name();
    let mut pairs = vec![("error", code), ("error_description", "the human denied the request")];
    pairs.push(("denial_reason", denial.reason));
    let note = denial.note.as_deref().map(|note| ("denial_note", note));
    let acceptable = denial.acceptable_scope.as_deref().map(|scope| ("acceptable_scope", scope));
    pairs.extend(acceptable.into_iter().chain(note));
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;

    fn location(redirect_uri: &str, state: Option<&str>, outcome: Outcome<'_>) -> String {
        let issuer = "https://auth.example.com";
        AuthorizationResponse { issuer, state, outcome }
            .location(&redirect_uri.parse().expect("a redirect URI"))
    }

    /// RFC 6749 §3.1.2: the query the client registered is kept.
    #[test]
    fn the_answer_is_added_to_the_query_that_is_there() {
        assert_eq!(
            location("https://client.example/cb?a=1", Some("x y"), Outcome::Code("aac_1")),
            "https://client.example/cb?a=1&code=aac_1&state=x+y&iss=https%3A%2F%2Fauth.example.com"
        );
    }

    /// RFC 9207 §2: errors name the issuer too.
    #[test]
    fn an_error_says_who_answers_and_leaves_out_a_state_nobody_sent() {
        let code = AuthorizationErrorCode::AccessDenied;
        let outcome = Outcome::Error { code, description: "no" };
        assert_eq!(
            location("cursor://anysphere.cursor-retrieval/oauth", None, outcome),
            "cursor://anysphere.cursor-retrieval/oauth?error=access_denied&error_description=no\
             &iss=https%3A%2F%2Fauth.example.com"
        );
    }
}
