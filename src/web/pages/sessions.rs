use askama::Template;

use super::{Claim, Frame, Moment, ScopeWords};
use crate::domain::budget::CallsLeft;
use crate::protocol::timestamp::Timestamp;
use crate::web::texts::SessionTexts;

/// `/account/sessions`: the agents that may act for this person. Disconnecting is one press.
#[derive(Template)]
#[template(path = "pages/sessions.html")]
pub struct SessionsPage<'a> {
    pub frame: &'a Frame<'a>,
    pub csrf: &'a str,
    /// Live sessions by agent, newest first, all from our records.
    pub groups: Vec<Group<'a>>,
    /// What was looked for.
    pub search: &'a str,
    /// Ended lately for reuse of a refresh token: the owner is told (RFC 9700 §4.14.2).
    pub reused: Vec<Reused<'a>>,
    /// Said once, after the press that did it.
    pub notice: Option<SessionNotice>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SessionNotice {
    Renamed,
    Disconnected,
    AllEnded,
    Lowered,
    Paused,
    Resumed,
}

/// The sessions of one agent.
#[derive(Debug, Clone)]
pub struct Group<'a> {
    /// Which agent, as the form says it.
    pub key: String,
    pub sessions: Vec<SessionLine<'a>>,
}

/// One session as list and detail page show it.
#[derive(Debug, Clone)]
pub struct SessionLine<'a> {
    pub id: &'a str,
    /// The person's own name for it.
    pub label: &'a str,
    /// The agent's or client's name when it asked, and who vouches for it.
    pub agent: Option<Claim<'a>>,
    /// Whose access this is a part of, for a sub-agent's session (RFC 8693 §4.1).
    pub parent: Option<Parent<'a>>,
    pub scopes: Vec<ScopeWords<'a>>,
    /// What it may do for a while only.
    pub extras: Vec<Extra<'a>>,
    /// Authorization details (RFC 9396), in words.
    pub details: Vec<String>,
    pub resource_name: &'a str,
    pub created_at: Timestamp,
    pub last_used_at: Option<Timestamp>,
    /// The address of that use, where a proxy told.
    pub last_used_from: Option<&'a str>,
    pub is_paused: bool,
    pub ends_at: Timestamp,
    /// Where calls are counted.
    pub calls: Option<CallsLeft>,
    /// Set once the session is over, whoever ended it.
    pub ended_at: Option<Timestamp>,
    /// The address the request came from.
    pub address: &'a str,
}

/// The session that handed a part of its access on.
#[derive(Debug, Clone, Copy)]
pub struct Parent<'a> {
    pub id: &'a str,
    /// The person's own name for it.
    pub label: &'a str,
}

/// A scope that ends before its session.
#[derive(Debug, Clone, Copy)]
pub struct Extra<'a> {
    pub scope: ScopeWords<'a>,
    pub ends_at: Timestamp,
}

/// A session that was ended because a spent refresh token of it came back.
#[derive(Debug, Clone, Copy)]
pub struct Reused<'a> {
    pub id: &'a str,
    pub label: &'a str,
    pub at: Timestamp,
}

/// The times of a session, ready to show.
pub(super) struct SessionTimes {
    pub created: Moment,
    pub last_used: Option<Moment>,
    pub ends: Moment,
    pub ended: Option<Moment>,
}

impl SessionLine<'_> {
    pub(super) fn agent_name(&self, frame: &Frame<'_>) -> &str {
        self.agent.map_or(frame.texts.approval.unnamed_agent, |agent| agent.words)
    }

    pub(super) fn calls_left(&self, frame: &Frame<'_>) -> Option<String> {
        let words = &frame.texts.bounds;
        self.calls.map(|calls| match calls.left {
            0 => words.none_left.to_owned(),
            left => (words.left_of)(left, calls.calls),
        })
    }

    pub(super) fn times(&self, frame: &Frame<'_>) -> SessionTimes {
        SessionTimes {
            created: frame.moment(self.created_at),
            last_used: self.last_used_at.map(|at| frame.moment(at)),
            ends: frame.moment(self.ends_at),
            ended: self.ended_at.map(|at| frame.moment(at)),
        }
    }
}

impl Group<'_> {
    /// The name under which several sessions of one agent stand.
    fn agent(&self, frame: &Frame<'_>) -> Option<String> {
        let several = self.sessions.len() > 1;
        let first = self.sessions.first().filter(|_| several)?;
        Some(first.agent_name(frame).to_owned())
    }
}

impl Extra<'_> {
    pub(super) fn ends(&self, frame: &Frame<'_>) -> Moment {
        frame.moment(self.ends_at)
    }
}

impl Reused<'_> {
    fn moment(&self, frame: &Frame<'_>) -> Moment {
        frame.moment(self.at)
    }
}

impl SessionNotice {
    pub(super) const fn words(self, texts: &SessionTexts) -> &'static str {
        match self {
            Self::Renamed => texts.renamed,
            Self::Disconnected => texts.disconnected,
            Self::AllEnded => texts.all_ended,
            Self::Lowered => texts.less.lowered,
            Self::Paused => texts.less.paused,
            Self::Resumed => texts.less.resumed,
        }
    }
}

impl SessionsPage<'_> {
    const fn words(&self) -> &SessionTexts {
        &self.frame.texts.sessions
    }

    /// Whether ending them all at once is more than ending the one there is.
    fn has_several(&self) -> bool {
        self.groups.iter().map(|group| group.sessions.len()).sum::<usize>() > 1
    }

    fn notice_words(&self) -> Option<&'static str> {
        self.notice.map(|notice| notice.words(self.words()))
    }
}
