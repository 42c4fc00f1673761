//! The token request of the code grant ([RFC 6749 §4.1.3]).
//!
//! [RFC 6749 §4.1.3]: https://www.rfc-editor.org/rfc/rfc6749#section-4.1.3

use std::borrow::Cow;

use chrono::DateTime;
use oxide_auth::code_grant::accesstoken::{
    AccessToken, Authorization, Error as MachineError, Input, Output, Request,
};
use oxide_auth::primitives::grant::{Extensions, Grant};
use url::Url;

use super::{identity, proof};
use crate::app::App;
use crate::domain::approval::{Approval, Approved};
use crate::domain::ask::Redirection;
use crate::domain::change::Change;
use crate::domain::client::Client;
use crate::domain::mail::Letter;
use crate::domain::origin::Occasion;
use crate::domain::redemption::Redemption;
use crate::domain::session::{Session, Standing};
use crate::flow::client::authentication::{AuthenticatedClient, Presented, authenticate};
use crate::flow::delivery::{self, Binding, Granted, Pair};
use crate::flow::grants::{narrowed, pinned};
use crate::flow::mail;
use crate::flow::retry;
use crate::metrics::Funnel;
use crate::protocol::error::OAuthError;
use crate::protocol::form::Form;
use crate::protocol::secret::{Secret, SecretKind};
use crate::protocol::thumbprint::Thumbprint;
use crate::protocol::token_response::TokenResponse;

/// Redeems an authorization code, once, for the client, redirection and verifier it is
/// bound to.
///
/// # Errors
///
/// `invalid_client`; `invalid_grant` for a code that is unknown, spent, expired or bound to
/// something else. A second use by its own client ends the session of the first.
pub async fn redeem(
    app: &App,
    presented: &Presented<'_>,
    occasion: &Occasion,
) -> Result<TokenResponse, OAuthError> {
    if presented.form.get("code").is_none() {
        return Err(OAuthError::InvalidRequest("code is missing"));
    }
    let caller = authenticate(app, presented, occasion).await?;
    retry::repeated(async || redeem_once(app, presented, &caller, occasion).await).await
}

/// The request as oxide-auth reads it: the client has proved itself already.
struct Body<'a> {
    form: &'a Form,
    client: &'a Client,
}

/// Stands for a redirection that the request leaves out, as OAuth 2.1 §4.1.3 allows; the
/// machine insists on one.
const LEFT_OUT: &str = "urn:countersign:redirect-uri-left-out";

impl Request for Body<'_> {
    fn valid(&self) -> bool {
        true
    }

    fn code(&self) -> Option<Cow<'_, str>> {
        self.form.get("code").map(Cow::Borrowed)
    }

    fn authorization(&self) -> Authorization<'_> {
        Authorization::Username(Cow::Borrowed(self.client.id.as_str()))
    }

    fn client_id(&self) -> Option<Cow<'_, str>> {
        None
    }

    fn redirect_uri(&self) -> Option<Cow<'_, str>> {
        Some(Cow::Borrowed(self.form.get("redirect_uri").unwrap_or(LEFT_OUT)))
    }

    fn grant_type(&self) -> Option<Cow<'_, str>> {
        self.form.get("grant_type").map(Cow::Borrowed)
    }

    fn extension(&self, key: &str) -> Option<Cow<'_, str>> {
        self.form.get(key).map(Cow::Borrowed)
    }
}

async fn redeem_once(
    app: &App,
    presented: &Presented<'_>,
    caller: &AuthenticatedClient,
    occasion: &Occasion,
) -> Result<TokenResponse, OAuthError> {
    let form = presented.form;
    let body = Body { form, client: caller.client() };
    let mut machine = AccessToken::new(&body);
    let mut input = Input::None;
    let mut recovered = None;
    let mut proven = false;
    loop {
        input = match machine.advance(input) {
            Output::Authenticate { .. } => Input::Authenticated,
            Output::Recover { code } => {
                let code = code.to_owned();
                let found = by_code(app, &code).await?.ok_or(OAuthError::InvalidGrant)?;
                let grant = grant(&found.0, form)?;
                recovered = Some(found);
                Input::Recovered(Some(Box::new(grant)))
            }
            Output::Extend { extensions } => {
                proven = proof::holds(extensions, form);
                Input::Extended { access_extensions: Extensions::new() }
            }
            Output::Issue { .. } => break,
            Output::Ok(_) => return Err(OAuthError::ServerError("a token of no session".into())),
            Output::Err(error) => return Err(refused(&error)),
        };
    }
    let (approval, session) = recovered.ok_or(OAuthError::InvalidGrant)?;
    let proven = proven && in_hand(&approval, presented.key());
    let binding = Binding::of(presented.proof.as_ref(), Some(caller.client()));
    let holder = Holder { form, binding, session };
    settle(app, approval.redeem(proven, occasion), holder, occasion).await
}

/// Whether the key that the code is bound to, if it is, came with the request ([RFC 9449
/// §10]).
///
/// [RFC 9449 §10]: https://www.rfc-editor.org/rfc/rfc9449#section-10
fn in_hand(approval: &Approval, key: Option<&Thumbprint>) -> bool {
    let bound = approval.ask.redirection.as_ref().and_then(|asked| asked.key.as_ref());
    bound.is_none_or(|bound| key == Some(bound))
}

/// Who takes the pair, of which session, and what of it.
struct Holder<'a> {
    form: &'a Form,
    binding: Binding,
    session: Option<Session>,
}

async fn by_code(app: &App, code: &str) -> Result<Option<(Approval, Option<Session>)>, OAuthError> {
    let Some(code) = Secret::parse(SecretKind::AuthorizationCode, code) else { return Ok(None) };
    Ok(app.store.approval_and_session(&code.digest()).await?)
}

/// What the machine compares the request with. Redirections are compared as text first: it
/// parses them, and five spellings of one address would be equal (RFC 9700 §4.1.3).
fn grant(approval: &Approval, form: &Form) -> Result<Grant, OAuthError> {
    let client = approval.ask.client.as_ref().ok_or(OAuthError::InvalidGrant)?;
    let Redirection { uri, challenge, .. } =
        approval.ask.redirection.as_ref().ok_or(OAuthError::InvalidGrant)?;
    let redirect_uri = match form.get("redirect_uri") {
        Some(named) if named == uri.as_str() => named,
        Some(_) => return Err(OAuthError::InvalidGrant),
        None => LEFT_OUT,
    };
    Ok(Grant {
        owner_id: String::new(),
        client_id: client.id.0.clone(),
        scope: approval.ask.scopes.to_string().parse().map_err(|_| OAuthError::InvalidGrant)?,
        redirect_uri: Url::parse(redirect_uri).map_err(|_| OAuthError::InvalidGrant)?,
        // The machine reads a clock of its own; when a code ends is decided in the domain.
        until: DateTime::<chrono::Utc>::MAX_UTC,
        extensions: proof::kept(challenge).ok_or(OAuthError::InvalidGrant)?,
    })
}

/// The machine's refusal. It says `invalid_request` for a parameter that is missing and
/// `invalid_grant` for one that is another's.
fn refused(error: &MachineError) -> OAuthError {
    match error {
        MachineError::Invalid(_) => OAuthError::InvalidGrant,
        MachineError::Unauthorized(..) => OAuthError::InvalidClient,
        MachineError::Primitive(_) => {
            OAuthError::ServerError("the access token machine lost its way".into())
        }
    }
}

/// Makes the decision true and hands over what it grants.
async fn settle(
    app: &App,
    decided: Option<Redemption>,
    holder: Holder<'_>,
    occasion: &Occasion,
) -> Result<TokenResponse, OAuthError> {
    match decided {
        Some(Redemption::Deliver { change, approved }) => {
            deliver(app, change, &approved, holder, occasion).await
        }
        Some(Redemption::WrongProof(change)) => {
            app.store.commit(change).await?;
            Err(OAuthError::InvalidGrant)
        }
        Some(Redemption::Replay { mut change, approved }) => {
            let letter = Letter::SessionReused { at: occasion.at, session: approved.session };
            let told = mail::tell(app, Some(&approved.by), letter, occasion.at).await;
            change.effects.extend(told);
            app.store.commit(change).await?;
            Err(OAuthError::InvalidGrant)
        }
        None => Err(OAuthError::InvalidGrant),
    }
}

async fn deliver(
    app: &App,
    mut change: Change<Approval>,
    approved: &Approved,
    holder: Holder<'_>,
    occasion: &Occasion,
) -> Result<TokenResponse, OAuthError> {
    let session = holder.session.ok_or(OAuthError::InvalidGrant)?;
    match (session.standing(occasion.at), approved.widening) {
        (Standing::Waiting, None) | (Standing::Live, Some(_)) => {}
        // The human disconnected it before the agent came.
        _ => return Err(OAuthError::InvalidGrant),
    }
    let session = delivery::widen(session, approved, &mut change.effects, occasion);
    pinned(holder.form, &session.details)?;
    let scopes = narrowed(holder.form, &session.resource, &session.reach(occasion.at))?;
    let context = ["code", change.next.id.as_str()];
    let granted = Granted { scopes, binding: holder.binding };
    let pair = Pair::derive(app, &session, &context, granted, occasion.at)?;
    change.effects.extend(pair.issue(&session));
    let response = pair.response(None);
    let response = identity::with_id_token(app, response, &change.next.ask, approved, &pair)?;
    app.store.commit(change).await?;
    app.metrics.funnel(Funnel::Collected);
    Ok(response)
}
