use askama::Template;

use super::api_keys::OfferLine;
use super::{Frame, Moment};
use crate::protocol::timestamp::Timestamp;
use crate::web::texts::{AccountAgentTexts, Run};

/// `/account/agents`: what this person calls the programs that keys are given to.
#[derive(Template)]
#[template(path = "pages/account_agents.html")]
pub struct AccountAgentsPage<'a> {
    pub frame: &'a Frame<'a>,
    pub csrf: &'a str,
    /// Oldest first, from our records.
    pub agents: Vec<AgentLine<'a>>,
    /// The keys that an agent may be given.
    pub offers: Vec<OfferLine<'a>>,
    /// What was entered before.
    pub name: &'a str,
    pub longest_name: usize,
    pub error: Option<AgentError>,
    /// Whether an agent was removed a moment ago.
    pub removed: bool,
}

/// One agent and what it holds.
#[derive(Debug, Clone)]
pub struct AgentLine<'a> {
    pub id: &'a str,
    /// The person's own name for it.
    pub name: &'a str,
    pub created_at: Timestamp,
    /// Those that have not ended, newest first.
    pub keys: Vec<AgentKeyLine<'a>>,
}

/// One key of an agent's; its own page says the rest.
#[derive(Debug, Clone, Copy)]
pub struct AgentKeyLine<'a> {
    pub id: &'a str,
    pub name: &'a str,
    pub environment: &'a str,
    pub beginning: &'a str,
}

/// What is wrong with what was entered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AgentError {
    NameMissing,
    TooLong,
    TooMany,
}

impl AccountAgentsPage<'_> {
    const fn words(&self) -> &AccountAgentTexts {
        &self.frame.texts.account_agents
    }

    fn notice_words(&self) -> Option<&'static str> {
        self.removed.then_some(self.frame.texts.account_agents.removed_now)
    }

    fn error_words(&self) -> Option<String> {
        let words = self.words();
        self.error.map(|error| match error {
            AgentError::NameMissing => words.name_missing.to_owned(),
            AgentError::TooLong => (words.too_long)(self.longest_name),
            AgentError::TooMany => words.too_many.to_owned(),
        })
    }

    fn sure<'a>(&'a self, agent: &'a AgentLine<'_>) -> Vec<Run<'a>> {
        self.words().remove_sure.fill(agent.name, "")
    }

    fn create_for<'a>(&'a self, offer: &'a OfferLine<'_>) -> Vec<Run<'a>> {
        offer.create_words(self.frame)
    }
}

impl AgentLine<'_> {
    fn created(&self, frame: &Frame<'_>) -> Moment {
        frame.moment(self.created_at)
    }
}
