//! Which of its owner's agents a request comes from (docs/credentials.md, "Agents"): the one whose
//! key it carries, whatever it says; and of a user token the one that it names.

use crate::app::App;
use crate::domain::account_agent::NamedAgent;
use crate::domain::credential::Credential;
use crate::domain::id::AccountId;
use crate::flow::account_agent;
use crate::flow::api_key;
use crate::flow::error::PersonError;
use crate::flow::forward_auth::{NotLetIn, Waiting};
use crate::flow::introspect::LiveToken;
use crate::protocol::error::OAuthError;
use crate::store::StoreError;

/// What a request says of itself in one of the headers for it (docs/credentials.md, "Agents").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SaidAgent<'a> {
    pub header: &'a str,
    pub agent: &'a [u8],
}

/// The agent that a request comes from, if it comes from one (docs/credentials.md, "Agents").
///
/// # Errors
///
/// It says that it is another, or does not say which where there are several.
pub async fn acting(
    app: &App,
    live: &LiveToken,
    waiting: &Waiting<'_>,
) -> Result<Option<NamedAgent>, NotLetIn> {
    let holder = &live.credential.holder;
    let (agent, Some((profile, kind))) = (holder.agent(), holder.key_kind()) else {
        return Ok(None);
    };
    let rules = api_key::offer_of(app, profile, kind).map(|offer| offer.rules);
    if let Some(header) = rules.and_then(|rules| rules.act_as.as_deref()) {
        return acts_as(app, live, said(waiting, header)?, header).await;
    }
    if let (Some(own), Some(header)) = (agent, rules.and_then(|rules| rules.bind_agent.as_ref())) {
        let of_header = |said: &&SaidAgent<'_>| said.header.eq_ignore_ascii_case(header);
        let mut said = waiting.said_agents.iter().filter(of_header);
        if !said.all(|said| own.is_said_by(said.agent)) {
            return Err(NotLetIn::AnotherAgent);
        }
    }
    Ok(agent.cloned())
}

/// The one thing that is said in this header, however often.
fn said<'a>(waiting: &Waiting<'a>, header: &str) -> Result<Option<&'a [u8]>, NotLetIn> {
    let of_header = |said: &&SaidAgent<'_>| said.header.eq_ignore_ascii_case(header);
    let mut said = waiting.said_agents.iter().filter(of_header).map(|said| said.agent);
    let first = said.next();
    if said.all(|other| Some(other) == first) { Ok(first) } else { Err(NotLetIn::AnotherAgent) }
}

/// The agent that a user token acts as: the only one, or the one that is named.
async fn acts_as(
    app: &App,
    live: &LiveToken,
    said: Option<&[u8]>,
    header: &str,
) -> Result<Option<NamedAgent>, NotLetIn> {
    // One that was removed meanwhile is denied as its keys are.
    let there = |agent: &&NamedAgent| !app.live.has_ended(agent.id.as_str());
    let mut remembered = live.agents.iter().filter(there);
    let Some(said) = said else {
        let only = remembered.next();
        return match remembered.next() {
            None => Ok(only.cloned()),
            Some(_) => Err(NotLetIn::AgentUnsaid { header: header.to_owned() }),
        };
    };
    if let Some(agent) = remembered.find(|agent| agent.id.as_str().as_bytes() == said) {
        return Ok(Some(agent.clone()));
    }
    // It may have been made a moment ago.
    let owner = live.credential.account.as_ref().ok_or(NotLetIn::AnotherAgent)?;
    made_since(app, owner, said).await.map(Some)
}

async fn made_since(app: &App, owner: &AccountId, said: &[u8]) -> Result<NamedAgent, NotLetIn> {
    let id = std::str::from_utf8(said).map_err(|_| NotLetIn::AnotherAgent)?;
    match account_agent::of_account(app, owner, id).await {
        Ok(agent) => Ok(agent.named),
        Err(PersonError::Unavailable(cause)) => {
            Err(NotLetIn::Failed(OAuthError::TemporarilyUnavailable(cause)))
        }
        Err(PersonError::Internal(cause)) => Err(NotLetIn::Failed(OAuthError::ServerError(cause))),
        Err(_) => Err(NotLetIn::AnotherAgent),
    }
}

/// The agents that a credential may act as, to be remembered beside it (docs/credentials.md,
/// "Agents").
///
/// # Errors
///
/// The database is away.
pub(in crate::flow) async fn choice(
    app: &App,
    credential: &Credential,
) -> Result<Vec<NamedAgent>, StoreError> {
    let (Some((profile, kind)), Some(owner)) = (credential.holder.key_kind(), &credential.account)
    else {
        return Ok(Vec::new());
    };
    let offer = api_key::offer_of(app, profile, kind);
    if offer.is_none_or(|offer| offer.rules.act_as.is_none()) {
        return Ok(Vec::new());
    }
    let agents = app.store.agents_of(owner).await?;
    Ok(agents.into_iter().map(|agent| agent.named).collect())
}
