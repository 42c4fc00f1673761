use askama::Template;

use super::{Frame, Moment, ScopeWords};
use crate::protocol::destination::Destination;
use crate::protocol::timestamp::Timestamp;
use crate::web::texts::{DecisionTexts, FinishTexts, OnwardTexts, Run, SessionTexts, Words};

/// The page after a decision. Reloading it, or opening the link again, shows the same.
///
/// At a redirect door the answer to the form is this page and no redirect: browsers apply
/// `form-action` to redirects too (decision 16). It moves on by itself, at once, until the
/// agent has collected. Whoever did not start the request is not sent after it: that page
/// stays, and one that reports has no way on at all.
#[derive(Template)]
#[template(path = "pages/decision.html")]
pub struct DecisionPage<'a> {
    pub frame: &'a Frame<'a>,
    /// For the forms of the receipt.
    pub csrf: &'a str,
    /// The agent's name as the request held it; `None` where it gave none.
    pub agent: Option<&'a str>,
    /// The resource's name, in the operator's words.
    pub resource_name: &'a str,
    pub outcome: Outcome<'a>,
    /// Whether the agent is known by more than this request.
    pub known_agent: bool,
    /// Where the browser takes the answer; `None` at other doors, and once it has been
    /// collected: a reload then stays here.
    pub onward: Option<Onward<'a>>,
    /// The window that this one was opened from, if it was.
    pub opener: Option<Opener>,
}

/// What a script of ours posts to the window that opened ours, if that is of this origin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opener {
    pub origin: String,
    /// JSON.
    pub message: String,
}

/// The redirect URI with the answer in it (RFC 6749 §4.1.2, §4.1.2.1).
#[derive(Debug, Clone, Copy)]
pub struct Onward<'a> {
    pub url: &'a str,
    pub destination: &'a Destination,
}

/// What became of a request.
#[derive(Debug)]
pub enum Outcome<'a> {
    /// Approved with a typed code: the agent picks its session up by itself.
    Approved(Receipt<'a>),
    /// Approved in the hand-back direction: the person carries the code.
    Relayed {
        code: &'a str,
        code_expires_at: Timestamp,
        receipt: Receipt<'a>,
    },
    /// Approved, and the agent collects with a finish code that the person may have to carry.
    Finished {
        code: &'a str,
        code_expires_at: Timestamp,
        receipt: Receipt<'a>,
    },
    /// Approved, and the agent has its session.
    Collected(Receipt<'a>),
    Denied {
        reason: Option<DenialReason>,
        note: Option<&'a str>,
        /// For "too much": what would be fine.
        acceptable: Vec<ScopeWords<'a>>,
    },
    Reported {
        sessions_ended: Option<usize>,
    },
    /// Approved, and taken back.
    Withdrawn,
    Expired,
    /// Five wrong codes.
    Locked,
    /// The agent has asked again since.
    Superseded,
}

/// The values of `denial_reason` on the form and the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DenialReason {
    NotMe,
    TooMuch,
    NotNow,
}

/// What was agreed, from our records.
#[derive(Debug)]
pub struct Receipt<'a> {
    /// The session, where it exists already and has not ended.
    pub session: Option<SessionForm<'a>>,
    pub granted: Vec<ScopeWords<'a>>,
    pub refused: Vec<ScopeWords<'a>>,
    /// Authorization details (RFC 9396), in words.
    pub details: Vec<String>,
    pub decided_at: Timestamp,
    pub ends_at: Timestamp,
    /// Until when it can be taken back, while that is so.
    pub undo_until: Option<Timestamp>,
    /// How many calls, where they are counted.
    pub calls: Option<i64>,
    /// The resource's identifier (RFC 8707).
    pub resource: &'a str,
}

/// What the rename and disconnect forms need.
#[derive(Debug, Clone, Copy)]
pub struct SessionForm<'a> {
    pub id: &'a str,
    /// The person's own name for it.
    pub label: &'a str,
}

impl Receipt<'_> {
    fn decided(&self, frame: &Frame<'_>) -> Moment {
        frame.moment(self.decided_at)
    }

    fn ends(&self, frame: &Frame<'_>) -> Moment {
        frame.moment(self.ends_at)
    }

    fn undo(&self, frame: &Frame<'_>) -> Option<Moment> {
        self.undo_until.map(|until| frame.moment(until))
    }

    fn granted_calls(&self, frame: &Frame<'_>) -> Option<String> {
        self.calls.map(frame.texts.bounds.granted_calls)
    }
}

impl DecisionPage<'_> {
    const fn words(&self) -> &DecisionTexts {
        &self.frame.texts.decision
    }

    const fn onward_words(&self) -> &OnwardTexts {
        &self.frame.texts.doors.onward
    }

    const fn session_words(&self) -> &SessionTexts {
        &self.frame.texts.sessions
    }

    fn agent_name(&self) -> &str {
        self.agent.unwrap_or(self.frame.texts.approval.unnamed_agent)
    }

    fn headline(&self) -> Vec<Run<'_>> {
        let words = self.words();
        let sentence = match self.outcome {
            Outcome::Approved(_) | Outcome::Collected(_) | Outcome::Finished { .. } => {
                &words.approved
            }
            Outcome::Relayed { .. } => &words.relay,
            _ => return vec![Run { words: self.plain().map_or("", |w| w.title), is_name: false }],
        };
        sentence.fill(self.agent_name(), self.resource_name)
    }

    fn lead(&self) -> &'static str {
        match &self.outcome {
            Outcome::Approved(_) if self.onward.is_some() => self.onward_words().approved_words,
            Outcome::Denied { .. } if self.offers_report() && self.onward.is_some() => {
                self.onward_words().not_me_words
            }
            Outcome::Denied { .. } if self.onward.is_some() => self.onward_words().denied_words,
            Outcome::Approved(_) => self.words().approved_words,
            Outcome::Collected(_) => self.words().collected_words,
            Outcome::Relayed { .. } => self.words().relay_words,
            Outcome::Finished { .. } => self.finish_words().approved_words,
            _ => self.plain().map_or("", |words| words.sentence),
        }
    }

    /// Title and sentence of the outcomes that grant nothing.
    const fn plain(&self) -> Option<&Words> {
        match self.outcome {
            Outcome::Denied { .. } => Some(&self.words().denied),
            Outcome::Reported { .. } if self.known_agent => Some(&self.words().reported),
            Outcome::Reported { .. } => Some(&self.finish_words().reported),
            Outcome::Withdrawn => Some(&self.words().withdrawn),
            Outcome::Expired => Some(&self.words().expired),
            Outcome::Locked => Some(&self.words().locked),
            Outcome::Superseded => Some(&self.words().superseded),
            Outcome::Approved(_)
            | Outcome::Relayed { .. }
            | Outcome::Finished { .. }
            | Outcome::Collected(_) => None,
        }
    }

    /// "No, I did not" denies, and offers to report (contracts of the pages, point 9); so does
    /// "Undo", since a wrong yes may have been a deceived one.
    const fn offers_report(&self) -> bool {
        use DenialReason::NotMe;
        matches!(self.outcome, Outcome::Denied { reason: Some(NotMe), .. } | Outcome::Withdrawn)
    }

    fn way_on(&self) -> Option<&Onward<'_>> {
        let reported = matches!(self.outcome, Outcome::Reported { .. });
        self.onward.as_ref().filter(|_| !reported)
    }

    const fn moves_on_by_itself(&self) -> bool {
        !self.offers_report()
    }

    /// The words on the button that leads on.
    fn onward_label<'a>(&self, to: &Onward<'a>) -> Vec<Run<'a>> {
        let words = self.onward_words();
        let is_program = matches!(to.destination, Destination::Program { .. });
        let sentence = match (self.receipt().is_some(), is_program) {
            (true, false) => &words.continue_to,
            (true, true) => &words.open_program,
            (false, false) => &words.go_back_to,
            (false, true) => &words.back_to_program,
        };
        sentence.fill(to.destination.shown(), "")
    }

    const fn report_words(&self) -> &'static str {
        match (self.known_agent, self.onward) {
            (false, _) => self.finish_words().report,
            (true, Some(_)) => self.frame.texts.doors.redirect.report,
            (true, None) => self.words().denied_report,
        }
    }

    const fn receipt(&self) -> Option<&Receipt<'_>> {
        match &self.outcome {
            Outcome::Approved(receipt)
            | Outcome::Collected(receipt)
            | Outcome::Finished { receipt, .. }
            | Outcome::Relayed { receipt, .. } => Some(receipt),
            _ => None,
        }
    }

    fn relayed(&self) -> Option<(&str, Moment)> {
        match &self.outcome {
            Outcome::Relayed { code, code_expires_at, .. } => {
                Some((code, self.frame.moment(*code_expires_at)))
            }
            _ => None,
        }
    }

    /// The finish code, until when it is good, and a message with it to hand over.
    fn finished(&self) -> Option<(&str, Moment, String)> {
        let Outcome::Finished { code, code_expires_at, .. } = &self.outcome else { return None };
        let line = self.finish_words().message.fill(self.frame.service.name, "");
        let line: String = line.iter().map(|run| run.words).collect();
        Some((code, self.frame.moment(*code_expires_at), format!("{line}\n\n{code}")))
    }

    const fn finish_words(&self) -> &FinishTexts {
        &self.frame.texts.doors.finish
    }

    /// What was said with a denial or a report, as rows of a list.
    fn remarks(&self) -> Vec<(&'static str, String)> {
        let words = self.words();
        let Outcome::Denied { reason, note, acceptable } = &self.outcome else {
            return Vec::new();
        };
        let reason = reason.map(|reason| (words.denied_reason, self.reason(reason).to_owned()));
        let note = note.map(|note| (words.denied_note, note.to_owned()));
        let titles: Vec<_> = acceptable.iter().map(|scope| scope.title).collect();
        let fine = (!titles.is_empty()).then(|| (words.denied_acceptable, titles.join(", ")));
        reason.into_iter().chain(fine).chain(note).collect()
    }

    const fn reason(&self, reason: DenialReason) -> &'static str {
        let words = &self.frame.texts.approval;
        match reason {
            DenialReason::NotMe => words.not_me,
            DenialReason::TooMuch => self.words().denied_too_much,
            DenialReason::NotNow => words.not_now,
        }
    }

    fn ended_words(&self) -> Option<String> {
        match self.outcome {
            Outcome::Reported { sessions_ended: Some(count) } => {
                Some((self.words().reported_ended)(count))
            }
            _ => None,
        }
    }
}
