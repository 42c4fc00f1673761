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
use crate::flow::retry;
use crate::protocol::error::OAuthError;
use crate::protocol::secret::{Digest, Secret, SecretKind};
use crate::protocol::thumbprint::Thumbprint;
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
    let holder = (caller.client(), presented);
    let once = async || Box::pin(collect_once(app, &code, holder, occasion)).await;
    Ok(retry::repeated(once).await?.response(None))
}

async fn collect_once(
    app: &App,
    code: &Secret,
    (client, presented): (&Client, &Presented<'_>),
    occasion: &Occasion,
) -> Result<Pair, CollectError> {
    let (approval, session) = find(app, code, client).await?;
    super::same_target(presented.form, &approval.ask.resource)?;
    super::pinned(presented.form, &approval.ask.details)?;
    let (id, pace) = (approval.id.clone(), approval.pace);
    // What makes a retry identical: the same code, the same key. Its client is the same already.
    let key = presented.key().map(Thumbprint::as_str).unwrap_or_default();
    let request = Digest::of(format!("{} {key}", code.reveal()).as_bytes()).hex();
    let collect = Collect { by: Collector::Poll, request: &request, occasion };
    let decided = Decided {
        approval: id.clone(),
        session,
        collection: approval.collect(&collect),
        binding: Binding::of(presented.proof.as_ref(), Some(client)),
        occasion,
    };
    match settle(app, decided, async |_: &Session, _: &Pair| Ok(())).await {
        Err(CollectError::NotCollected(NotCollected::Pending)) => {
            let (next, hasty) = pace.poll(occasion.at);
            let kept = app.store.keep_polling_pace(&id, pace, next).await;
            Err(super::waiting(kept, hasty).into())
        }
        settled => settled.map(|(pair, ())| pair),
    }
}

/// The approval that this client collects with this code. Another client's is unknown.
async fn find(
    app: &App,
    code: &Secret,
    client: &Client,
) -> Result<(Approval, Option<Session>), OAuthError> {
    let found = app.store.approval_and_session(&code.digest()).await?;
    let own = |(approval, _): &(Approval, Option<Session>)| {
        approval.ask.client.as_ref().is_some_and(|asking| asking.id == client.id)
    };
    found.filter(own).ok_or(OAuthError::InvalidGrant)
}
