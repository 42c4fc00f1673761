use askama::Template;

use super::api_keys::OwnerLine;
use super::{Frame, ScopeWords};
use crate::domain::account_agent::NamedAgent;
use crate::domain::api_key::{KeyKind, Mode};
use crate::protocol::timestamp::Seconds;
use crate::web::texts::{NewKeyTexts, Run};

/// `/account/keys/new/{profile}`: what a new key is to be.
#[derive(Template)]
#[template(path = "pages/api_key_new.html")]
pub struct ApiKeyNewPage<'a> {
    pub frame: &'a Frame<'a>,
    pub csrf: &'a str,
    /// What this page is found by.
    pub offer: &'a str,
    pub profile: &'a str,
    pub kind: KeyKind,
    pub resource_name: &'a str,
    /// What was entered before.
    pub name: &'a str,
    pub environment: &'a str,
    /// The most characters of either.
    pub longest_name: usize,
    pub scopes: Vec<KeyScope<'a>>,
    /// What it is limited to, where it may be.
    pub limited_to: Option<&'a str>,
    /// The organizations whose it may be.
    pub organizations: Vec<OwnerLine<'a>>,
    /// The slug of the one that is chosen; empty for the person.
    pub organization: &'a str,
    /// Whom it may be given to, where it may be at all.
    pub agents: Option<Agents<'a>>,
    /// Which of the two is chosen, where there are two.
    pub mode: Option<Mode>,
    pub lives: Vec<Life>,
    pub error: Option<NewKeyError>,
}

#[derive(Debug, Clone, Copy)]
pub struct KeyScope<'a> {
    pub scope: ScopeWords<'a>,
    pub ticked: bool,
}

/// The agents of this person.
#[derive(Debug, Clone)]
pub struct Agents<'a> {
    pub of_person: Vec<&'a NamedAgent>,
    /// The identifier of the one that is chosen.
    pub chosen: Option<&'a str>,
    /// Whether it may be given to nobody.
    pub or_none: bool,
}

/// How long the key may live.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Life {
    /// What the form sends.
    pub value: String,
    /// None: until it is revoked.
    pub span: Option<Seconds>,
    pub chosen: bool,
}

/// What is wrong with what was entered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NewKeyError {
    NameMissing,
    TooLong,
    NothingTicked,
    AgentMissing,
    NotALimit,
}

impl Agents<'_> {
    fn is_chosen(&self, agent: &NamedAgent) -> bool {
        self.chosen == Some(agent.id.as_str())
    }

    fn is_nobody(&self) -> bool {
        !self.of_person.iter().any(|agent| self.is_chosen(agent))
    }

    /// There is none to choose from, and one must be.
    fn are_missing(&self) -> bool {
        self.of_person.is_empty() && !self.or_none
    }
}

impl ApiKeyNewPage<'_> {
    const fn words(&self) -> &NewKeyTexts {
        &self.frame.texts.api_keys.new
    }

    fn title(&self) -> Vec<Run<'_>> {
        let words = match self.kind {
            KeyKind::Secret => &self.words().title,
            KeyKind::UserToken => &self.words().token_title,
            KeyKind::AgentKey => &self.words().agent_key_title,
        };
        words.fill(self.profile, "")
    }

    /// Whether it is to be the person's own.
    fn is_own(&self) -> bool {
        !self.organizations.iter().any(|owner| self.is_owner(owner))
    }

    fn is_owner(&self, owner: &OwnerLine<'_>) -> bool {
        owner.slug == self.organization
    }

    fn is_live(&self) -> bool {
        self.mode == Some(Mode::Live)
    }

    fn life_words(&self, life: &Life) -> String {
        let until_revoked = || self.words().until_revoked.to_owned();
        life.span.map_or_else(until_revoked, self.frame.texts.time.span)
    }

    fn error_words(&self) -> Option<String> {
        let words = self.words();
        self.error.map(|error| match error {
            NewKeyError::NameMissing => words.name_missing.to_owned(),
            NewKeyError::TooLong => (words.too_long)(self.longest_name),
            NewKeyError::NothingTicked => words.nothing_ticked.to_owned(),
            NewKeyError::AgentMissing => words.agent_missing.to_owned(),
            NewKeyError::NotALimit => words.not_a_limit.to_owned(),
        })
    }

    /// Where the page says it, beside saying it first.
    fn error_at(&self, place: &str) -> Option<String> {
        self.error_words().filter(|_| self.place_of_error() == place)
    }

    const fn place_of_error(&self) -> &'static str {
        match self.error {
            Some(NewKeyError::NothingTicked) => "scopes",
            Some(NewKeyError::AgentMissing) => "agent",
            Some(NewKeyError::NotALimit) => "limited_to",
            _ => "name",
        }
    }
}
