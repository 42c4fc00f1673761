//! The agents of an account (docs/credentials.md, "Agents"): made, looked at, removed. Every use
//! case takes the [`Human`] who does it.

use crate::app::App;
use crate::domain::account_agent::{AccountAgent, NamedAgent};
use crate::domain::change::{Change, UNSTORED};
use crate::domain::id::{AccountId, AgentId, KeyId};
use crate::domain::origin::Occasion;
use crate::flow::api_key::{self, KeyError, LONGEST_NAME};
use crate::flow::error::{PersonError, RETRIES};
use crate::flow::principal::Human;
use crate::protocol::text::ToldText;
use crate::store::StoreError;

/// Whether any credential here is an agent's, or acts as one (docs/credentials.md, "Agents").
#[must_use]
pub fn are_offered(app: &App) -> bool {
    let is_about_agents =
        |offer: api_key::Offer<'_>| offer.rules.may_be_given() || offer.rules.act_as.is_some();
    api_key::offers(app).any(is_about_agents)
}

/// Makes an agent (docs/credentials.md, "Agents").
///
/// # Errors
///
/// Not filled in, or the account has as many as it may.
pub async fn create(
    app: &App,
    human: &Human,
    name: &str,
    occasion: &Occasion,
) -> Result<AccountAgent, KeyError> {
    let change = named(app, (&human.account().id, None), name, occasion)?;
    match app.store.commit(change).await {
        Err(StoreError::Limited) => Err(KeyError::TooMany),
        made => Ok(made?),
    }
}

/// A new agent of an account, asked for by its person or by a user token of theirs.
pub(in crate::flow) fn named(
    app: &App,
    (account, made_by): (&AccountId, Option<&KeyId>),
    name: &str,
    occasion: &Occasion,
) -> Result<Change<AccountAgent>, KeyError> {
    if name.chars().count() > LONGEST_NAME {
        return Err(KeyError::TooLong);
    }
    let name = ToldText::clean(name, LONGEST_NAME).ok_or(KeyError::NameMissing)?;
    let id = AgentId(app.entropy.identifier(AgentId::PREFIX, occasion.at)?);
    let agent = AccountAgent {
        named: NamedAgent { id, name: name.to_string() },
        revision: UNSTORED,
        account: account.clone(),
        created_at: occasion.at,
    };
    let most = app.settings.limits.agents_per_account;
    Ok(agent.create(most.into(), made_by, occasion))
}

/// This person's agents, oldest first (docs/credentials.md, "Agents").
///
/// # Errors
///
/// The database is away.
pub async fn list(app: &App, human: &Human) -> Result<Vec<AccountAgent>, PersonError> {
    Ok(app.store.agents_of(&human.account().id).await?)
}

/// Removes an agent: the next use of any of its keys is refused, on every node. Somebody else's
/// does not exist (docs/credentials.md, "Agents").
///
/// # Errors
///
/// Not found, or the database is away: then its keys may still be good.
pub async fn remove(
    app: &App,
    human: &Human,
    id: &str,
    occasion: &Occasion,
) -> Result<(), PersonError> {
    for _attempt in 0..=RETRIES {
        let agent = of_account(app, &human.account().id, id).await?;
        match app.store.apply(agent.remove(occasion)).await {
            Err(StoreError::Stale(_)) => {}
            removed => return Ok(removed?),
        }
    }
    Err(PersonError::Unavailable("the agent keeps changing".into()))
}

/// One of an account's agents. Another's does not exist (docs/credentials.md, "Agents").
///
/// # Errors
///
/// Not found, or the database is away.
pub(in crate::flow) async fn of_account(
    app: &App,
    account: &AccountId,
    id: &str,
) -> Result<AccountAgent, PersonError> {
    // PostgreSQL refuses a NUL in any text.
    if !api_key::is_word(id) {
        return Err(PersonError::NotFound);
    }
    let agent = app.store.agent_of_account(&AgentId(id.to_owned())).await?;
    agent.filter(|agent| agent.account == *account).ok_or(PersonError::NotFound)
}
