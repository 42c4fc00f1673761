//! More for a session that exists already: the page shows the difference.

use crate::protocol::timestamp::{Seconds, Timestamp};
use crate::web::pages::{Frame, Moment, ScopeWords};
use crate::web::texts::{StepUpTexts, Texts};

/// The session that asks for more (RFC 6750 §3.1, `insufficient_scope`).
#[derive(Debug)]
pub struct StepUp<'a> {
    /// The person's own name for it.
    pub label: &'a str,
    pub id: &'a str,
    /// What it holds already, and keeps whatever the answer.
    pub held: Vec<ScopeWords<'a>>,
    /// What that is pinned down to (RFC 9396), in words.
    pub details: Vec<String>,
    pub ends_at: Timestamp,
    /// How long the new part may last.
    pub lifetimes: Vec<ExtraLifetimeOption>,
}

/// The values of `extra_lifetime` on the form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExtraLifetime {
    /// As long as the session.
    Session,
    FifteenMinutes,
    OneHour,
    EightHours,
}

/// One of them on offer; those longer than the session are left out.
#[derive(Debug, Clone, Copy)]
pub struct ExtraLifetimeOption {
    pub lifetime: ExtraLifetime,
    /// The exact end if chosen now.
    pub ends_at: Timestamp,
    pub chosen: bool,
}

impl ExtraLifetime {
    pub const ALL: [Self; 4] =
        [Self::Session, Self::FifteenMinutes, Self::OneHour, Self::EightHours];

    #[must_use]
    pub const fn value(self) -> &'static str {
        match self {
            Self::Session => "session",
            Self::FifteenMinutes => "15m",
            Self::OneHour => "1h",
            Self::EightHours => "8h",
        }
    }

    /// Reads `extra_lifetime`.
    #[must_use]
    pub fn named(value: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|lifetime| lifetime.value() == value)
    }

    /// `None`: as long as the session.
    #[must_use]
    pub const fn span(self) -> Option<Seconds> {
        match self {
            Self::Session => None,
            Self::FifteenMinutes => Some(Seconds::MINUTE.times(15)),
            Self::OneHour => Some(Seconds::HOUR),
            Self::EightHours => Some(Seconds::HOUR.times(8)),
        }
    }

    const fn words(self, texts: &Texts) -> &'static str {
        match self {
            Self::Session => texts.doors.step_up.as_session,
            Self::FifteenMinutes => texts.doors.step_up.fifteen_minutes,
            Self::OneHour => texts.lifetimes.one_hour,
            Self::EightHours => texts.lifetimes.eight_hours,
        }
    }
}

/// One line of the choice.
pub(super) struct ExtraLine {
    pub value: &'static str,
    pub label: &'static str,
    pub end: String,
    pub end_iso: String,
    pub chosen: bool,
}

impl StepUp<'_> {
    pub(super) fn lines(&self, texts: &Texts) -> Vec<ExtraLine> {
        let line = |option: &ExtraLifetimeOption| ExtraLine {
            value: option.lifetime.value(),
            label: option.lifetime.words(texts),
            end: (texts.lifetimes.until)(&(texts.time.moment)(option.ends_at)),
            end_iso: option.ends_at.iso(),
            chosen: option.chosen,
        };
        self.lifetimes.iter().map(line).collect()
    }

    pub(super) fn ends(&self, frame: &Frame<'_>) -> Moment {
        frame.moment(self.ends_at)
    }

    pub(super) fn held_summary(&self, texts: &StepUpTexts) -> String {
        (texts.held)(self.held.len())
    }
}
