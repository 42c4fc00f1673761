//! A device polls for its human's answer ([RFC 8628 §3.4]).
//!
//! [RFC 8628 §3.4]: https://www.rfc-editor.org/rfc/rfc8628#section-3.4

use crate::app::App;
use crate::domain::approval::Approval;
use crate::domain::claim::{Collect, Collector, NotCollected};
use crate::domain::client::Client;
use crate::domain::origin::Occasion;
use crate::domain::session::Session;
use crate::flow::client::authentication::{Presented, authenticate};
use crate::flow::collection::{CollectError, Decided, settle};
use crate::flow::delivery::{Binding, Pair};
use crate::flow::dpop::Proof;
use crate::flow::retry;
use crate::protocol::error::OAuthError;
use crate::protocol::secret::{Digest, Secret, SecretKind};
use crate::protocol::token_response::TokenResponse;

/// Answers one poll. An answer that is there is delivered however fast the device polls;
/// only waiting has a pace.
///
/// # Errors
///
/// `authorization_pending`, `slow_down`, `access_denied`, `expired_token`, and
/// `invalid_grant` for a code that is unknown, spent or another client's: that one's client
/// loses nothing by it.
pub async fn redeem(
    app: &App,
    presented: &Presented<'_>,
    occasion: &Occasion,
) -> Result<TokenResponse, OAuthError> {
    let form = presented.form;
    let text =
        form.get("device_code").ok_or(OAuthError::InvalidRequest("device_code is missing"))?;
    let caller = authenticate(app, presented, occasion).await?;
    let code = Secret::parse(SecretKind::DeviceCode, text).ok_or(OAuthError::InvalidGrant)?;
    let approval = find(app, &code, caller.client()).await?;
    super::same_target(form, &approval.ask.resource)?;
    super::pinned(form, &approval.ask.details)?;
    let (id, pace) = (approval.id.clone(), approval.pace);
    let holder = (caller.client(), presented.proof.as_ref());
    let once = async || collect_once(app, &code, holder, occasion).await;
    match retry::repeated(once).await {
        Ok(pair) => Ok(pair.response(None)),
        Err(CollectError::NotCollected(NotCollected::Pending)) => {
            let (next, hasty) = pace.poll(occasion.at);
            let kept = app.store.keep_polling_pace(&id, pace, next).await;
            Err(super::waiting(kept, hasty))
        }
        Err(error) => Err(error.into()),
    }
}

async fn collect_once(
    app: &App,
    code: &Secret,
    (client, proof): (&Client, Option<&Proof>),
    occasion: &Occasion,
) -> Result<Pair, CollectError> {
    let approval = find(app, code, client).await.map_err(|error| match error {
        OAuthError::TemporarilyUnavailable(cause) => CollectError::Unavailable(cause),
        OAuthError::ServerError(cause) => CollectError::Internal(cause),
        _ => CollectError::UnknownToken,
    })?;
    // What makes a retry identical: the same code, the same key. Its client is the same already.
    let key = proof.map(|proof| proof.key().as_str()).unwrap_or_default();
    let request = Digest::of(format!("{} {key}", code.reveal()).as_bytes()).hex();
    let collect = Collect { by: Collector::Poll, request: &request, occasion };
    let decided = Decided {
        approval: approval.id.clone(),
        collection: approval.collect(&collect),
        binding: Binding::of(proof, Some(client)),
        occasion,
    };
    let (pair, ()) = settle(app, decided, async |_: &Session, _: &Pair| Ok(())).await?;
    Ok(pair)
}

/// The approval that this client collects with this code. Another client's is unknown.
async fn find(app: &App, code: &Secret, client: &Client) -> Result<Approval, OAuthError> {
    let approval = app.store.approval_by_handle(&code.digest()).await?;
    let own = |approval: &Approval| {
        approval.ask.client.as_ref().is_some_and(|asking| asking.id == client.id)
    };
    approval.filter(own).ok_or(OAuthError::InvalidGrant)
}
