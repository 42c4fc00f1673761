use crate::protocol::timestamp::Seconds;
use crate::web::texts::{BoundsTexts, TimeTexts};

/// What else the person may hold the agent to, beside the end.
#[derive(Debug, Clone)]
pub struct Bounds<'a> {
    /// What was typed before, where calls are counted at all.
    pub calls: Option<&'a str>,
    /// How long a session may lie unused here anyway.
    pub usual_idle: Seconds,
    pub idle: IdleEnd,
    /// None longer than is usual here.
    pub idle_ends: Vec<IdleEnd>,
}

/// The values of `idle` on the form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IdleEnd {
    Usual,
    OneHour,
    OneDay,
    SevenDays,
}

impl IdleEnd {
    pub const ALL: [Self; 4] = [Self::Usual, Self::OneHour, Self::OneDay, Self::SevenDays];

    #[must_use]
    pub const fn value(self) -> &'static str {
        match self {
            Self::Usual => "usual",
            Self::OneHour => "1h",
            Self::OneDay => "1d",
            Self::SevenDays => "7d",
        }
    }

    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|end| end.value() == name)
    }

    /// `None`: as is usual here.
    #[must_use]
    pub const fn span(self) -> Option<Seconds> {
        match self {
            Self::Usual => None,
            Self::OneHour => Some(Seconds::HOUR),
            Self::OneDay => Some(Seconds::DAY),
            Self::SevenDays => Some(Seconds(7 * Seconds::DAY.0)),
        }
    }
}

/// One line of the choice when an unused session ends.
pub(super) struct IdleLine {
    pub value: &'static str,
    pub label: String,
    pub chosen: bool,
}

impl Bounds<'_> {
    /// Whether anything was entered, so that it is seen again.
    pub(super) fn are_set(&self) -> bool {
        self.calls.is_some_and(|calls| !calls.is_empty()) || self.idle != IdleEnd::Usual
    }

    pub(super) fn idle_lines(&self, words: &BoundsTexts, time: &TimeTexts) -> Vec<IdleLine> {
        let line = |end: &IdleEnd| IdleLine {
            value: end.value(),
            label: (words.idle_after)(&(time.span)(end.span().unwrap_or(self.usual_idle))),
            chosen: *end == self.idle,
        };
        self.idle_ends.iter().map(line).collect()
    }
}
