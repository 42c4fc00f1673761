//! Every string a person reads, as one typed value per language.
//!
//! A missing translation does not compile. Sentences with values in them are functions, so
//! that a language may order and inflect as it needs; sentences whose names are set in their
//! own type are a [`Sentence`].

mod account_agents;
mod admin;
mod api_keys;
mod bounds;
mod browsers;
mod clients;
mod doors;
pub mod english;
mod history;
mod inbox;
mod mailed;
mod mails;
mod organizations;
mod passkeys;
mod people;
mod projects;
mod sessions;
mod tokens;
mod usage;

use crate::domain::resource::Risk;
use crate::protocol::timestamp::{Seconds, Timestamp};

pub use account_agents::AccountAgentTexts;
pub use admin::AdminTexts;
pub use api_keys::{ApiKeyTexts, NewKeyTexts, ShownKeyTexts};
pub use bounds::BoundsTexts;
pub use browsers::BrowserTexts;
pub use clients::{Remedy, UnknownClientTexts};
pub use doors::{
    AuthorizeTexts, DeviceTexts, DoorTexts, FinishTexts, OnwardTexts, RedirectTexts, StepUpTexts,
    UpgradeTexts,
};
pub use history::HistoryTexts;
pub use inbox::InboxTexts;
pub use mailed::MailedTexts;
pub use mails::{LetterWords, MailTexts};
pub use organizations::{OrganizationTexts, RoleTexts};
pub use passkeys::PasskeyTexts;
pub use people::{AccountTexts, ApprovalTexts, LifetimeTexts, ScopeTexts};
pub use projects::ProjectTexts;
pub use sessions::{DecisionTexts, EventTexts, LessTexts, SessionTexts};
pub use tokens::TokenTexts;
pub use usage::UsageTexts;

/// One language.
#[derive(Debug)]
pub struct Texts {
    /// BCP 47, for `<html lang>`.
    pub language: &'static str,
    /// `ltr` or `rtl`.
    pub direction: &'static str,
    pub frame: FrameTexts,
    pub home: HomeTexts,
    pub accounts: AccountTexts,
    pub approval: ApprovalTexts,
    pub scopes: ScopeTexts,
    pub lifetimes: LifetimeTexts,
    pub bounds: BoundsTexts,
    pub inbox: InboxTexts,
    pub browsers: BrowserTexts,
    pub passkeys: PasskeyTexts,
    pub doors: DoorTexts,
    pub unknown_client: UnknownClientTexts,
    pub decision: DecisionTexts,
    pub sessions: SessionTexts,
    pub events: EventTexts,
    pub account_agents: AccountAgentTexts,
    pub api_keys: ApiKeyTexts,
    pub organizations: OrganizationTexts,
    pub projects: ProjectTexts,
    pub tokens: TokenTexts,
    pub usage: UsageTexts,
    pub history: HistoryTexts,
    pub admin: AdminTexts,
    pub mailed: MailedTexts,
    pub mails: MailTexts,
    pub errors: ErrorTexts,
    pub time: TimeTexts,
}

/// A sentence in which names are set apart from our own words, so that nothing a stranger
/// calls himself reads as part of what we say.
#[derive(Debug)]
pub struct Sentence(pub &'static [Piece]);

/// A stretch of a [`Sentence`]; each field of that type says which names it takes.
#[derive(Debug)]
pub enum Piece {
    Words(&'static str),
    First,
    Second,
}

/// A stretch of a filled sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Run<'a> {
    pub words: &'a str,
    /// Set apart, and isolated from the direction of the text around it.
    pub is_name: bool,
}

impl Sentence {
    #[must_use]
    pub fn fill<'a>(&self, first: &'a str, second: &'a str) -> Vec<Run<'a>> {
        let run = |piece: &Piece| match piece {
            Piece::Words(words) => Run { words, is_name: false },
            Piece::First => Run { words: first, is_name: true },
            Piece::Second => Run { words: second, is_name: true },
        };
        self.0.iter().map(run).collect()
    }
}

/// What surrounds every page.
#[derive(Debug)]
pub struct FrameTexts {
    pub skip: &'static str,
    pub sign_out: &'static str,
    pub sessions: &'static str,
    pub inbox: &'static str,
    pub history: &'static str,
    pub admin: &'static str,
    pub keys: &'static str,
    pub agents: &'static str,
    pub organizations: &'static str,
    pub projects: &'static str,
    pub usage: &'static str,
    pub verify: &'static str,
    pub browsers: &'static str,
    pub passkeys: &'static str,
    pub more: &'static str,
    /// First: this page's host.
    pub address: Sentence,
    pub never_password: &'static str,
    pub documentation: &'static str,
    pub support: &'static str,
    pub terms: &'static str,
    pub privacy: &'static str,
    /// For the script; `{}` stands for the time.
    pub local_time: &'static str,
    pub copy: &'static str,
    pub copied: &'static str,
    /// `{}` stands for minutes and seconds.
    pub left: &'static str,
    pub soon: &'static str,
    pub over: &'static str,
}

/// The start page.
#[derive(Debug)]
pub struct HomeTexts {
    /// First: the service's name.
    pub title: Sentence,
    pub lead: &'static str,
    pub people: &'static str,
    pub people_words: &'static str,
    pub my_sessions: &'static str,
    pub agents: &'static str,
    pub agents_words: &'static str,
    pub instructions: &'static str,
    pub metadata: &'static str,
    pub first_request: &'static str,
}

/// Title and sentence of an error or an outcome.
#[derive(Debug)]
pub struct Words {
    pub title: &'static str,
    pub sentence: &'static str,
}

/// One entry for each status a person can be shown.
#[derive(Debug)]
pub struct ErrorTexts {
    pub bad_request: Words,
    pub forbidden: Words,
    pub not_found: Words,
    pub method: Words,
    pub gone: Words,
    pub too_large: Words,
    pub too_many: Words,
    pub unavailable: Words,
    pub server: Words,
    pub home: &'static str,
    pub back: &'static str,
    pub status: fn(u16) -> String,
    pub retry_after: fn(&TimeTexts, Seconds) -> String,
}

impl ErrorTexts {
    /// The words for a status; an unknown one reads as its class's plainest.
    #[must_use]
    pub fn of(&self, status: u16) -> &Words {
        match status {
            403 => &self.forbidden,
            404 => &self.not_found,
            405 => &self.method,
            410 => &self.gone,
            413 | 414 | 431 => &self.too_large,
            429 => &self.too_many,
            503 => &self.unavailable,
            400..=499 => &self.bad_request,
            _ => &self.server,
        }
    }
}

/// Times and spans in words.
#[derive(Debug)]
pub struct TimeTexts {
    /// A moment with its zone, exact to the minute.
    pub moment: fn(Timestamp) -> String,
    /// A moment as seen from now: in the past or to come. (at, now)
    pub distance: fn(Timestamp, Timestamp) -> String,
    pub span: fn(Seconds) -> String,
}

impl ScopeTexts {
    #[must_use]
    pub fn group(&self, risk: Risk) -> (&'static str, &'static str) {
        match risk {
            Risk::Delete => self.delete,
            Risk::Spend => self.spend,
            Risk::Change => self.change,
            Risk::Read => self.read,
        }
    }
}
