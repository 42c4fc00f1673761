//! A person's own history: pages of it, and all of it to take along (issue 5, "History").

use serde::Serialize;

use crate::app::App;
use crate::domain::account_history::{Recorded, Wanted};
use crate::domain::cause::Cause;
use crate::domain::event::EventKind;
use crate::domain::id::AccountId;
use crate::flow::principal::Human;
use crate::protocol::timestamp::Timestamp;
use crate::store::StoreError;

/// Entries on one page, and in one stretch of an export.
pub const PAGE: usize = 50;
const STRETCH: u64 = 500;

/// A page of somebody's own history, newest first, and whether there is more. Whatever is
/// wanted, only entries of this account are in it (issue 5, "History").
///
/// # Errors
///
/// The database is away.
pub async fn page(
    app: &App,
    human: &Human,
    wanted: &Wanted,
) -> Result<(Vec<Recorded>, bool), StoreError> {
    let account = &human.account().id;
    let mut found = app.store.history_of(account, wanted, PAGE as u64 + 1).await?;
    let more = found.len() > PAGE;
    found.truncate(PAGE);
    Ok((found, more))
}

/// One stretch of an export: everything before an entry, up to a number, newest first
/// (issue 5, "History").
///
/// # Errors
///
/// The database is away.
pub async fn stretch(
    app: &App,
    account: &AccountId,
    before: Option<String>,
) -> Result<Vec<Recorded>, StoreError> {
    let wanted = Wanted { before, ..Wanted::default() };
    app.store.history_of(account, &wanted, STRETCH).await
}

/// An entry as it is exported: names of rows, and never a secret (issue 5, "History").
#[derive(Debug, Serialize)]
pub struct Line {
    pub id: String,
    pub time: String,
    pub kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub registration: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approval: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<String>,
    pub address: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

impl From<Recorded> for Line {
    fn from(Recorded { id, event }: Recorded) -> Self {
        Self {
            id,
            time: Timestamp::iso(event.at),
            kind: EventKind::name(event.kind),
            account: event.account.map(|id| id.0),
            agent: event.agent,
            session: event.session.map(|id| id.0),
            registration: event.registration.map(|id| id.0),
            approval: event.approval.map(|id| id.0),
            key: event.key.map(|id| id.0),
            resource: event.resource.map(|resource| resource.to_string()),
            cause: event.cause.as_ref().map(Cause::written),
            address: event.address,
            detail: event.detail,
        }
    }
}
