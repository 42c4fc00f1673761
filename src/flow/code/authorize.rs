//! The authorization request ([RFC 6749 §4.1.1]) becomes a question to a human.
//!
//! [RFC 6749 §4.1.1]: https://www.rfc-editor.org/rfc/rfc6749#section-4.1.1

use std::borrow::Cow;

use oxide_auth::code_grant::authorization::{Authorization, Error as MachineError, Input, Output};
use oxide_auth::code_grant::error::AuthorizationErrorType;
use oxide_auth::primitives::registrar::{BoundClient, ExactUrl, PreGrant, RegisteredUrl};

use super::negotiate::{Negotiated, negotiate};
use super::proof;
use super::query::Query;
use crate::app::App;
use crate::domain::client::{Client, ClientSource};
use crate::domain::id::ClientId;
use crate::domain::origin::Occasion;
use crate::flow::client;
use crate::flow::error::PersonError;
use crate::protocol::authorization_response::{
    AuthorizationErrorCode, AuthorizationResponse, Outcome,
};
use crate::protocol::destination::Destination;
use crate::protocol::error::OAuthError;
use crate::protocol::form::Form;
use crate::protocol::grant_type::GrantType;
use crate::protocol::redirect_uri::RedirectUri;
use crate::protocol::thumbprint::Thumbprint;

/// A request that may be put to a human.
pub struct Asked {
    pub client: Client,
    pub redirect_uri: RedirectUri,
    pub state: Option<String>,
    pub challenge: String,
    /// The key that the code is bound to, where the client names one (RFC 9449 §10).
    pub key: Option<Thumbprint>,
    pub negotiated: Negotiated,
}

/// Why nobody is asked.
#[derive(Debug)]
pub enum NotAsked {
    /// The request names no client.
    NoClient,
    /// A client this server does not know, as the request named it.
    UnknownClient(String),
    /// A redirection that is not this client's; nothing is sent there.
    ForeignRedirection { client: Box<Client>, presented: Option<String> },
    /// The client learns why, at this address.
    Told {
        code: AuthorizationErrorCode,
        description: &'static str,
        location: String,
        /// Whether the browser may be sent there before a person has looked
        /// ([RFC 9700 §4.11.2]): anybody can register a site and send people to it through us.
        ///
        /// [RFC 9700 §4.11.2]: https://www.rfc-editor.org/rfc/rfc9700#section-4.11.2
        at_once: bool,
    },
    /// A pushed request that is another client's, over, or taken up already (RFC 9126 §4).
    SpentRequest,
    /// Nothing can be said now.
    Failed(PersonError),
}

/// What the machine has been told so far.
#[derive(Default)]
struct Known {
    client: Option<Client>,
    redirect_uri: Option<RedirectUri>,
    negotiated: Option<Negotiated>,
}

/// Checks an authorization request: the client, its redirection, its proof key, its target
/// and its scope, in that order.
///
/// # Errors
///
/// Before the redirection is known to be the client's, something for a page of ours;
/// afterwards an address that tells the client (RFC 6749 §4.1.2.1).
pub async fn check(app: &App, form: &Form, occasion: &Occasion) -> Result<Asked, NotAsked> {
    let query = Query(form);
    let mut machine = Authorization::new(&query);
    let mut known = Known::default();
    let mut input = Input::None;
    loop {
        input = match machine.advance(input) {
            Output::Bind { client_id, .. } => {
                known.bind(app, &client_id, form, occasion).await?;
                let redirect_uri = exact(known.redirect_uri.as_ref())?;
                refuse_unsupported(app, &known, form)?;
                let bound_client = BoundClient {
                    client_id: Cow::Owned(client_id),
                    redirect_uri: Cow::Owned(redirect_uri),
                };
                Input::Bound { request: &query, bound_client }
            }
            Output::Extend => {
                let refused =
                    || known.refuse(app, form, AuthorizationErrorCode::InvalidRequest, PKCE);
                Input::Extended(proof::challenged(form).ok_or_else(refused)?)
            }
            Output::Negotiate { bound_client, .. } => {
                let client_id = bound_client.client_id.clone().into_owned();
                let redirect_uri = bound_client.redirect_uri.clone().into_owned();
                let negotiated = negotiate(app, form, occasion.at)
                    .map_err(|(code, words)| known.refuse(app, form, code, words))?;
                let scope = negotiated.scopes.to_string();
                let scope = scope.parse().map_err(|_| defect("a scope"))?;
                known.negotiated = Some(negotiated);
                let pre_grant = PreGrant { client_id, redirect_uri, scope };
                Input::Negotiated { pre_grant, state: form.get("state").map(str::to_owned) }
            }
            Output::Ok { state, .. } => return known.into_asked(state, form),
            Output::Err(error) => return Err(refused(app, &known, form, error)),
        };
    }
}

const PKCE: &str = "code_challenge of method S256 is required (RFC 7636)";

impl Known {
    /// The client and the redirection that its request means. A registered URI counts only
    /// character by character, but for the port of a loopback one (RFC 8252 §7.3).
    async fn bind(
        &mut self,
        app: &App,
        client_id: &str,
        form: &Form,
        occasion: &Occasion,
    ) -> Result<(), NotAsked> {
        let id = ClientId(client_id.to_owned());
        let client = client::find(app, &id, occasion).await.map_err(failed)?;
        let Some(client) = client else {
            return Err(NotAsked::UnknownClient(client_id.to_owned()));
        };
        let presented = form.get("redirect_uri");
        let Some(redirect_uri) = client.redirect(presented) else {
            let presented = presented.map(str::to_owned);
            return Err(NotAsked::ForeignRedirection { client: Box::new(client), presented });
        };
        self.client = Some(client);
        self.redirect_uri = Some(redirect_uri);
        Ok(())
    }

    /// Tells the client why not.
    fn refuse(
        &self,
        app: &App,
        form: &Form,
        code: AuthorizationErrorCode,
        description: &'static str,
    ) -> NotAsked {
        let response = AuthorizationResponse {
            issuer: app.issuer(),
            state: form.get("state"),
            outcome: Outcome::Error { code, description },
        };
        let (Some(client), Some(redirect_uri)) = (&self.client, &self.redirect_uri) else {
            return NotAsked::NoClient;
        };
        NotAsked::Told {
            code,
            description,
            location: response.location(redirect_uri),
            at_once: client.source == ClientSource::Configured
                || Destination::of(redirect_uri.as_str()).is_this_computer(),
        }
    }

    fn into_asked(self, state: Option<String>, form: &Form) -> Result<Asked, NotAsked> {
        Ok(Asked {
            client: self.client.ok_or_else(|| defect("a client"))?,
            redirect_uri: self.redirect_uri.ok_or_else(|| defect("a redirection"))?,
            state,
            challenge: form.get("code_challenge").unwrap_or_default().to_owned(),
            key: form.get("dpop_jkt").and_then(Thumbprint::parse),
            negotiated: self.negotiated.ok_or_else(|| defect("a target"))?,
        })
    }
}

/// What is asked of us that we do not do: request objects (RFC 9101), answers without a
/// human, codes bound to something that is no key.
fn refuse_unsupported(app: &App, known: &Known, form: &Form) -> Result<(), NotAsked> {
    use AuthorizationErrorCode::{
        ConsentRequired, InvalidRequest, RequestNotSupported, UnauthorizedClient,
    };
    if form.get("request").is_some() {
        let words = "request objects are not supported";
        return Err(known.refuse(app, form, RequestNotSupported, words));
    }
    if form.get("prompt").is_some_and(|prompt| prompt.split(' ').any(|word| word == "none")) {
        let words = "a human decides every request";
        return Err(known.refuse(app, form, ConsentRequired, words));
    }
    if form.get("dpop_jkt").is_some_and(|text| Thumbprint::parse(text).is_none()) {
        let words = "dpop_jkt is not a JWK thumbprint (RFC 9449)";
        return Err(known.refuse(app, form, InvalidRequest, words));
    }
    let grant = GrantType::AuthorizationCode.name();
    if !known.client.as_ref().is_some_and(|client| client.may_use(grant)) {
        let words = "the client is not registered for the authorization code grant";
        return Err(known.refuse(app, form, UnauthorizedClient, words));
    }
    Ok(())
}

/// The machine's refusal, in our words. It knows three; the rest was refused before it.
fn refused(app: &App, known: &Known, form: &Form, error: MachineError) -> NotAsked {
    let mut error = match error {
        MachineError::Ignore => return NotAsked::NoClient,
        MachineError::Redirect(error) => error,
        MachineError::PrimitiveError => return defect("the authorization machine"),
    };
    let (code, words) = match error.description().kind() {
        AuthorizationErrorType::UnsupportedResponseType => {
            (AuthorizationErrorCode::UnsupportedResponseType, "response_type must be code")
        }
        AuthorizationErrorType::InvalidScope => {
            (AuthorizationErrorCode::InvalidScope, "scope is not a list of scope tokens")
        }
        _ => (AuthorizationErrorCode::InvalidRequest, "the request is not understood"),
    };
    known.refuse(app, form, code, words)
}

fn exact(redirect_uri: Option<&RedirectUri>) -> Result<RegisteredUrl, NotAsked> {
    let text = redirect_uri.map(RedirectUri::as_str).unwrap_or_default();
    let url = ExactUrl::new(text.to_owned()).map_err(|_| defect("a redirection"))?;
    Ok(RegisteredUrl::Exact(url))
}

/// What was checked before does not hold here: ours to fix.
fn defect(what: &'static str) -> NotAsked {
    NotAsked::Failed(PersonError::Internal(format!("{what} was lost on the way").into()))
}

fn failed(error: OAuthError) -> NotAsked {
    NotAsked::Failed(match error {
        OAuthError::RateLimited(wait) => PersonError::Limited(wait),
        OAuthError::TemporarilyUnavailable(cause) => PersonError::Unavailable(cause),
        error => PersonError::Internal(error.into()),
    })
}
