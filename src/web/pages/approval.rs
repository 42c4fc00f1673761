use askama::Template;

mod bounds;
mod choice;
mod finish;
mod origin;
mod redirect;
mod step_up;

pub use bounds::{Bounds, IdleEnd};
pub use choice::{Lifetime, LifetimeOption, ScopeChoice};
pub use finish::Finish;
pub use origin::{NetworkComparison, Origin};
pub use redirect::{BorrowedBrand, Redirect};
pub use step_up::{ExtraLifetime, ExtraLifetimeOption, StepUp};

use super::{Claim, Frame, Moment};
use crate::protocol::timestamp::Timestamp;
use crate::web::texts::{ApprovalTexts, DoorTexts, LifetimeTexts, Run, ScopeTexts};
use bounds::IdleLine;
use choice::{Group, LifetimeLine};

/// `/approve/{id}`: asks a signed-in human whether an agent may act for them. Every door
/// shows this page and no other.
///
/// The form posts to its own address. Its submit buttons are:
///
/// | name | value | means |
/// |---|---|---|
/// | `decision` | `deny`, `approve`, `report` | the three answers |
/// | `started` | `no` | "No, I did not": deny, with the reason `not_me` |
/// | `preset` | `read_only` | show the page again with everything beyond reading unticked |
/// | `preset` | `keep` | show the page again as it is, and decide nothing |
///
/// `preset=keep` is the first submit button of the form, invisible and outside the tab
/// order: a browser presses the first one when Enter is pressed in a field, so Enter in the
/// code box can never approve (RFC 10027).
#[derive(Template)]
#[template(path = "pages/approval.html")]
pub struct ApprovalPage<'a> {
    pub frame: &'a Frame<'a>,
    /// Bound to the browser and the account that are shown this page.
    pub csrf: &'a str,
    pub agent: Agent<'a>,
    pub origin: Origin<'a>,
    pub matching: Matching<'a>,
    /// The resource's name, in the operator's words.
    pub resource_name: &'a str,
    /// The resource's identifier (RFC 8707), from the settings.
    pub resource: &'a str,
    /// What is asked; with `step_up`, only what the session does not hold yet.
    pub scopes: Vec<ScopeChoice<'a>>,
    /// What the request pins down further (RFC 9396), as sentences of the operator's with the
    /// agent's values in them.
    pub details: Vec<String>,
    /// Whether the agent also learns which account answers (OpenID Connect).
    pub identity: bool,
    /// The session that would gain the scopes, where there is one already.
    pub step_up: Option<StepUp<'a>>,
    /// Unused with `step_up`: the session keeps its end.
    pub lifetimes: Vec<LifetimeOption>,
    /// The longest custom lifetime in days, from the operator's cap.
    pub most_days: i64,
    /// What the person typed before, kept over a rendering.
    pub custom_days: &'a str,
    /// Unused with `step_up`, likewise.
    pub bounds: Bounds<'a>,
    pub expires_at: Timestamp,
    pub notice: Option<Notice>,
    pub error: Option<ApprovalError>,
}

/// The asking agent.
#[derive(Debug, Clone, Copy)]
pub struct Agent<'a> {
    pub name: Option<Claim<'a>>,
    /// The host that its metadata document stands on, where it is known by one.
    pub site: Option<Claim<'a>>,
    /// `client_type`.
    pub kind: Option<Claim<'a>>,
    pub reason: Option<Claim<'a>>,
    /// Which installation of it asks.
    pub instance: Option<Claim<'a>>,
    /// What it wants its session to be called.
    pub label: Option<Claim<'a>>,
    /// From our own records.
    pub seen: Seen,
}

/// Whether this agent has asked this person before, by our records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen {
    First,
    /// How many requests today, this one included.
    Again {
        times_today: u32,
    },
}

/// How the human and the agent are matched.
#[derive(Debug, Clone, Copy)]
pub enum Matching<'a> {
    /// The person types the agent's code.
    Typed {
        typed: &'a str,
        /// The same page in relayed form, for an agent that shows no code.
        no_code_href: Option<&'a str>,
    },
    /// Approving shows a code to give to the agent.
    Relayed { have_code_href: Option<&'a str> },
    /// The person came with the device's code (RFC 8628 §3.3.1): it is compared again.
    Compared { code: &'a str },
    /// The answer goes to a redirect URI, in the browser that began.
    Redirect(Redirect<'a>),
    /// The agent gets a finish code; it asked by itself, from wherever it is.
    Finish(Finish<'a>),
}

/// Why the page is shown again although nothing was wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Notice {
    NothingDecided,
    ReadOnly,
}

/// What must be put right before approving.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ApprovalError {
    CodeMissing,
    WrongCode {
        tries_left: u32,
    },
    NothingTicked,
    BadLifetime,
    BadCalls,
    /// `confirm_brand` was left unticked.
    BrandUnconfirmed,
}

impl ApprovalPage<'_> {
    const fn words(&self) -> &ApprovalTexts {
        &self.frame.texts.approval
    }

    const fn scope_words(&self) -> &ScopeTexts {
        &self.frame.texts.scopes
    }

    const fn door_words(&self) -> &DoorTexts {
        &self.frame.texts.doors
    }

    const fn lifetime_words(&self) -> &LifetimeTexts {
        &self.frame.texts.lifetimes
    }

    fn agent_name(&self) -> &str {
        self.agent.name.map_or(self.words().unnamed_agent, |name| name.words)
    }

    fn asks(&self) -> Vec<Run<'_>> {
        let sentence = match self.step_up {
            Some(_) => &self.door_words().step_up.asks,
            None => &self.words().asks,
        };
        sentence.fill(self.agent_name(), self.resource_name)
    }

    fn summary(&self) -> String {
        let above = self.scopes.iter().filter(|scope| scope.is_above_reading()).count();
        (self.words().summary)(self.scopes.len(), above)
    }

    /// Where the request came from says nothing about the agent then: it came through the
    /// person's own browser.
    const fn is_redirect(&self) -> bool {
        matches!(self.matching, Matching::Redirect(_))
    }

    /// The place such a request came from is the person's own: what came from there is not
    /// all this agent's, so it is not offered to be ended.
    const fn report_words(&self) -> &'static str {
        match self.matching {
            Matching::Redirect(_) => self.door_words().redirect.report,
            Matching::Finish(_) => self.finish_words().report,
            _ => self.words().report_words,
        }
    }

    fn seen(&self) -> String {
        match self.agent.seen {
            Seen::First => self.words().first_time.to_owned(),
            Seen::Again { times_today } => (self.words().again)(times_today),
        }
    }

    const fn network(&self) -> &'static str {
        match self.origin.network_comparison {
            NetworkComparison::Same => self.words().network_same,
            NetworkComparison::Different => self.words().network_different,
            NetworkComparison::Unknown => self.words().network_unknown,
        }
    }

    fn asked_at(&self) -> Moment {
        self.frame.moment(self.origin.asked_at)
    }

    fn expires(&self) -> Moment {
        self.frame.moment(self.expires_at)
    }

    /// The tiers that are asked for, worst first.
    fn groups(&self) -> Vec<Group<'_>> {
        Group::worst_first(&self.scopes, self.scope_words())
    }

    fn lifetime_lines(&self) -> Vec<LifetimeLine> {
        let line = |option: &LifetimeOption| LifetimeLine::new(*option, self.frame.texts);
        self.lifetimes.iter().map(line).collect()
    }

    fn most_days_words(&self) -> String {
        (self.lifetime_words().most_days)(self.most_days)
    }

    fn offers_read_only(&self) -> bool {
        let may_go = |scope: &ScopeChoice<'_>| scope.is_above_reading() && !scope.required;
        self.scopes.iter().any(may_go) && !self.scopes.iter().all(may_go)
    }

    fn code_error(&self) -> Option<String> {
        match self.error? {
            ApprovalError::CodeMissing => Some(self.words().code_missing.to_owned()),
            ApprovalError::WrongCode { tries_left } => Some((self.words().code_wrong)(tries_left)),
            ApprovalError::NothingTicked
            | ApprovalError::BadLifetime
            | ApprovalError::BadCalls
            | ApprovalError::BrandUnconfirmed => None,
        }
    }

    fn scope_error(&self) -> Option<&'static str> {
        (self.error? == ApprovalError::NothingTicked).then_some(self.words().nothing_ticked)
    }

    fn lifetime_error(&self) -> Option<&'static str> {
        (self.error? == ApprovalError::BadLifetime).then_some(self.words().bad_lifetime)
    }

    /// What is wrong, and the part of the page that puts it right: said on the first screen,
    /// because a phone shows nothing further down.
    fn problem(&self) -> Option<(&'static str, String)> {
        let calls = || self.calls_error().map(|words| ("calls", words.to_owned()));
        let code = self.code_error().map(|words| ("user_code", words));
        let scope = || self.scope_error().map(|words| ("what", words.to_owned()));
        let lifetime = || self.lifetime_error().map(|words| ("until", words.to_owned()));
        let brand = || self.brand_error().map(|words| ("confirm_brand", words.to_owned()));
        code.or_else(brand).or_else(scope).or_else(lifetime).or_else(calls)
    }

    fn calls_error(&self) -> Option<&'static str> {
        (self.error? == ApprovalError::BadCalls).then_some(self.frame.texts.bounds.bad_calls)
    }

    fn bounds_are_open(&self) -> bool {
        self.bounds.are_set() || self.calls_error().is_some()
    }

    fn idle_lines(&self) -> Vec<IdleLine> {
        self.bounds.idle_lines(&self.frame.texts.bounds, &self.frame.texts.time)
    }

    fn brand_error(&self) -> Option<&'static str> {
        let words = &self.door_words().redirect;
        (self.error? == ApprovalError::BrandUnconfirmed).then_some(words.confirm_missing)
    }

    fn notice_words(&self) -> Option<&'static str> {
        self.notice.map(|notice| match notice {
            Notice::NothingDecided => self.words().nothing_decided,
            Notice::ReadOnly => self.words().now_read_only,
        })
    }
}
