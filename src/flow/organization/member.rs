//! What becomes of those who belong, and of the organization itself (docs/credentials.md,
//! "Organizations").

use super::{OrganizationError, change};
use crate::app::App;
use crate::domain::id::AccountId;
use crate::domain::organization::Role;
use crate::domain::origin::Occasion;
use crate::flow::principal::Human;

/// Gives somebody another role (docs/credentials.md, "Organizations").
///
/// # Errors
///
/// Not found, not for this role, nobody would own it, or the database is away.
pub async fn give_role(
    app: &App,
    human: &Human,
    (slug, account): (&str, &str),
    role: Role,
    occasion: &Occasion,
) -> Result<(), OrganizationError> {
    let (account, by) = (AccountId(account.to_owned()), &human.account().id);
    let now = occasion.at;
    change(app, human, slug, now, |roster| roster.give_role(&account, role, by, occasion)).await
}

/// Sends somebody away, or goes (docs/credentials.md, "Organizations"). The organization keeps the
/// keys that they made.
///
/// # Errors
///
/// As [`give_role`].
pub async fn part(
    app: &App,
    human: &Human,
    (slug, account): (&str, &str),
    occasion: &Occasion,
) -> Result<(), OrganizationError> {
    let (account, by) = (AccountId(account.to_owned()), &human.account().id);
    change(app, human, slug, occasion.at, |roster| roster.part(&account, by, occasion)).await
}

/// Dissolves an organization: the next use of any of its keys is refused, on every node
/// (docs/credentials.md, "Organizations").
///
/// # Errors
///
/// Not found, not for this role, or the database is away: then its keys may still be good.
pub async fn dissolve(
    app: &App,
    human: &Human,
    slug: &str,
    occasion: &Occasion,
) -> Result<(), OrganizationError> {
    let by = &human.account().id;
    change(app, human, slug, occasion.at, |roster| roster.dissolve(by, occasion)).await
}
