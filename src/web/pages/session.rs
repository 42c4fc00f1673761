use askama::Template;

use super::less::LessForm;
use super::sessions::{SessionLine, SessionNotice};
use super::{Frame, Moment};
use crate::protocol::timestamp::Timestamp;
use crate::web::texts::SessionTexts;

/// `/account/sessions/{id}`: one session and everything that happened to it.
#[derive(Template)]
#[template(path = "pages/session.html")]
pub struct SessionPage<'a> {
    pub frame: &'a Frame<'a>,
    pub csrf: &'a str,
    pub session: SessionLine<'a>,
    /// Newest first, from our records.
    pub history: Vec<HistoryLine<'a>>,
    pub notice: Option<SessionNotice>,
    /// What can be taken back, while there is something.
    pub less: Option<LessForm<'a>>,
    /// Whether it may be let rest, or go on.
    pub may_pause: bool,
}

/// One recorded event.
#[derive(Debug, Clone, Copy)]
pub struct HistoryLine<'a> {
    pub at: Timestamp,
    pub event: Event,
    pub address: Option<&'a str>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    Asked,
    Approved,
    Collected,
    Renewed,
    /// A spent refresh token came back (RFC 9700 §4.14.2), or a spent code (RFC 6749 §4.1.2).
    Reused,
    Renamed,
    /// The person added scopes to the session.
    Widened,
    /// A scope that was granted for a while came to its end.
    ExtraEnded,
    /// The agent handed a part of its access to another (RFC 8693).
    HandedOn,
    /// The person took a part of it back.
    Lowered,
    Paused,
    Resumed,
    Disconnected,
    EndedByAgent,
    EndedByReport,
    /// The person took the yes back.
    Withdrawn,
    /// The session that this one is a part of ended.
    EndedWithParent,
    EndedByOperator,
    /// Too many wrong codes before it was picked up.
    Locked,
    /// Its client was deleted (RFC 7592 §2.3).
    ClientRemoved,
    Expired,
}

impl SessionPage<'_> {
    const fn words(&self) -> &SessionTexts {
        &self.frame.texts.sessions
    }

    /// A spent refresh token came back: whoever held the copy is shut out, and the owner is
    /// told (RFC 9700 §4.14.2).
    fn was_reused(&self) -> bool {
        self.history.iter().any(|line| line.event == Event::Reused)
    }

    fn notice_words(&self) -> Option<&'static str> {
        self.notice.map(|notice| notice.words(self.words()))
    }
}

impl HistoryLine<'_> {
    fn moment(&self, frame: &Frame<'_>) -> Moment {
        frame.moment(self.at)
    }

    const fn words(&self, frame: &Frame<'_>) -> &'static str {
        let words = &frame.texts.events;
        match self.event {
            Event::Asked => words.asked,
            Event::Approved => words.approved,
            Event::Collected => words.collected,
            Event::Renewed => words.renewed,
            Event::Reused => words.reused,
            Event::Renamed => words.renamed,
            Event::Widened => words.widened,
            Event::ExtraEnded => words.extra_ended,
            Event::HandedOn => words.handed_on,
            Event::Lowered => words.lowered,
            Event::Paused => words.paused,
            Event::Resumed => words.resumed,
            Event::EndedWithParent => words.ended_with_parent,
            Event::EndedByOperator => words.ended_by_operator,
            Event::Locked => words.locked,
            Event::ClientRemoved => words.client_removed,
            Event::Disconnected => words.disconnected,
            Event::EndedByAgent => words.ended_by_agent,
            Event::EndedByReport => words.ended_by_report,
            Event::Withdrawn => words.withdrawn,
            Event::Expired => words.expired,
        }
    }
}
