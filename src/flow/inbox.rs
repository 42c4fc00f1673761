//! Questions that wait for a person, found without the link that the agent showed, and the letter
//! that says so (docs/adr/0033).

use crate::app::App;
use crate::domain::approval::{Approval, Phase};
use crate::domain::change::Effect;
use crate::domain::id::ApprovalId;
use crate::domain::limit::Count;
use crate::domain::mail::Letter;
use crate::flow::account::account_subject;
use crate::flow::error::PersonError;
use crate::flow::mail;
use crate::flow::principal::Human;
use crate::protocol::secret::{Secret, SecretKind};
use crate::protocol::timestamp::{Seconds, Timestamp};
use crate::store::StoreError;

/// A question and the page on which it is answered (docs/adr/0033).
pub struct Waiting {
    pub approval: Approval,
    pub link: Secret,
}

/// How long a question waits before there is a letter about it: whoever stands beside the agent has
/// answered by then.
const PATIENCE: Seconds = Seconds::MINUTE.times(2);

/// The link of a question to somebody in particular. It is derived, so that this server finds it
/// again for that person, and nobody does who holds no more than the database (docs/adr/0033).
#[must_use]
pub fn link(app: &App, id: &ApprovalId) -> Secret {
    app.vault.derive(SecretKind::Approval, &["approval link", id.as_str()])
}

/// The questions that wait for this person, newest first: those that name their verified address
/// (docs/adr/0033).
///
/// # Errors
///
/// The database is away.
pub async fn waiting(
    app: &App,
    human: &Human,
    now: Timestamp,
) -> Result<Vec<Waiting>, PersonError> {
    let account = human.account();
    if account.email_verified_at.is_none() {
        return Ok(Vec::new());
    }
    let found = app.store.approvals_for(&account.email, now).await?;
    let found = found.into_iter().filter(|approval| approval.phase(now) == Phase::Waiting);
    let with_link = found.map(|approval| Waiting { link: link(app, &approval.id), approval });
    Ok(with_link.filter(|waiting| waiting.link.digest() == waiting.approval.link).collect())
}

/// Writes to the people whom questions have waited for, once for each question.
///
/// It runs apart from the requests of agents, so that none of them can tell by the clock whether an
/// address has an account (docs/adr/0033).
///
/// # Errors
///
/// The database is away: those that were not written to are another time.
pub async fn remind(app: &App) -> Result<(), PersonError> {
    let now = app.clock.now();
    for approval in app.store.unnoticed_approvals(now - PATIENCE, now).await? {
        let noticed = || Effect::Notice { id: approval.id.clone(), at: now };
        let mut effects = vec![noticed()];
        effects.extend(letter(app, &approval, now).await?);
        match app.store.apply(effects).await {
            // Another node was faster.
            Ok(()) | Err(StoreError::Stale(_)) => {}
            // This mailbox got enough within the hour; the question is in the inbox all the same.
            Err(StoreError::Limited) => app.store.apply(vec![noticed()]).await?,
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

/// The letter, if the address is somebody's.
async fn letter(
    app: &App,
    approval: &Approval,
    now: Timestamp,
) -> Result<Vec<Effect>, PersonError> {
    let Some(email) = &approval.ask.expected else { return Ok(Vec::new()) };
    let account = app.store.account_by_email(email).await?;
    let reachable = account.is_some_and(|one| one.is_open() && one.email_verified_at.is_some());
    if !reachable {
        return Ok(Vec::new());
    }
    let most = app.settings.limits.letters_per_mailbox_per_hour;
    let subject = account_subject(email);
    let count = Effect::Count(Count::hourly("letter:mailbox", &subject, most.into(), now));
    let posted = mail::post(app, email, Letter::RequestWaits { until: approval.expires_at }, now)?;
    Ok([count].into_iter().chain(posted).collect())
}
