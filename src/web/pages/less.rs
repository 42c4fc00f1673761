//! The form on which a person takes back a part of what a session holds.

use super::Frame;
use super::approval::LifetimeOption;

/// What of a session can be taken back.
#[derive(Debug, Clone)]
pub struct LessForm<'a> {
    pub scopes: Vec<KeptScope<'a>>,
    /// Ends that come before the one that was agreed.
    pub ends: Vec<LifetimeOption>,
    /// As entered; `None` where calls are not counted.
    pub calls: Option<&'a str>,
    /// Its tokens say by themselves what they are worth (RFC 9068).
    pub signed: bool,
    pub error: Option<LessError>,
}

/// One scope that the session has.
#[derive(Debug, Clone, Copy)]
pub struct KeptScope<'a> {
    pub name: &'a str,
    pub title: &'a str,
    /// Locked: the API always needs it.
    pub required: bool,
    pub kept: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LessError {
    /// Nothing would be left.
    Nothing,
    BadCalls,
}

pub(super) struct EndLine {
    pub value: &'static str,
    pub label: String,
    pub chosen: bool,
}

impl LessForm<'_> {
    pub(super) fn end_lines(&self, frame: &Frame<'_>) -> Vec<EndLine> {
        let within = frame.texts.sessions.less.within;
        let line = |end: &LifetimeOption| EndLine {
            value: end.lifetime.value(),
            label: within(end.lifetime.words(frame.texts), &(frame.texts.time.moment)(end.ends_at)),
            chosen: end.chosen,
        };
        self.ends.iter().map(line).collect()
    }

    pub(super) const fn nothing(&self, frame: &Frame<'_>) -> Option<&'static str> {
        match self.error {
            Some(LessError::Nothing) => Some(frame.texts.sessions.less.nothing),
            Some(LessError::BadCalls) | None => None,
        }
    }

    pub(super) const fn bad_calls(&self, frame: &Frame<'_>) -> Option<&'static str> {
        match self.error {
            Some(LessError::BadCalls) => Some(frame.texts.sessions.less.bad_calls),
            Some(LessError::Nothing) | None => None,
        }
    }
}
