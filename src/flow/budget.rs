//! What a person lets an agent use (docs/your-api.md, "Budgets"): a call is one answer about a live
//! token that an API or its proxy goes by. It is taken by a guarded write, last, so that what is
//! refused anyway takes nothing.

use std::borrow::Cow;

use serde_json::{Map, Value};

use crate::app::App;
use crate::domain::session::Session;
use crate::flow::introspect::LiveToken;
use crate::protocol::error::OAuthError;
use crate::protocol::introspection::INACTIVE;
use crate::store::StoreError;

/// The introspection answer about a token, once its call is taken (docs/your-api.md, "Budgets"):
/// with `calls_left` where calls are counted, and the one about a dead token where none is left.
///
/// # Errors
///
/// The database is away: the caller must refuse, not guess.
pub async fn answer<'a>(
    app: &App,
    live: Option<&'a LiveToken>,
) -> Result<Cow<'a, str>, OAuthError> {
    let Some(live) = live else { return Ok(Cow::Borrowed(INACTIVE)) };
    let Some(budget) = &live.credential.budget else { return Ok(Cow::Borrowed(&live.answer)) };
    let Some(left) = app.store.debit(budget).await? else { return Ok(Cow::Borrowed(INACTIVE)) };
    let unwritten = |error: serde_json::Error| OAuthError::ServerError(error.into());
    let mut answer: Map<String, Value> = serde_json::from_str(&live.answer).map_err(unwritten)?;
    answer.insert("calls_left".to_owned(), left.into());
    Ok(Cow::Owned(serde_json::to_string(&answer).map_err(unwritten)?))
}

/// Takes a call; `false` where there was none left (docs/your-api.md, "Budgets").
///
/// # Errors
///
/// As [`answer`].
pub async fn take(app: &App, live: &LiveToken) -> Result<bool, OAuthError> {
    match &live.credential.budget {
        None => Ok(true),
        Some(budget) => Ok(app.store.debit(budget).await?.is_some()),
    }
}

/// Whether there is anything to renew a token for (docs/your-api.md, "Budgets").
///
/// # Errors
///
/// As [`answer`].
pub(in crate::flow) async fn is_left(app: &App, session: &Session) -> Result<bool, StoreError> {
    let Some(budget) = &session.budget else { return Ok(true) };
    let left = app.store.calls_left(&[&budget.of]).await?;
    Ok(left.first().is_some_and(|(_, calls)| calls.left > 0))
}
