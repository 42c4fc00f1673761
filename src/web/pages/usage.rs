use askama::Template;

use super::{Frame, Moment};
use crate::domain::plan::Rate;
use crate::protocol::timestamp::Timestamp;
use crate::web::texts::UsageTexts;

/// `/account/usage`: what this person has used this month, and may use.
#[derive(Template)]
#[template(path = "pages/usage.html")]
pub struct UsagePage<'a> {
    pub frame: &'a Frame<'a>,
    /// One for each profile with plans, in the order of the settings.
    pub lines: Vec<UsageLine<'a>>,
}

/// What was used of one profile's API.
#[derive(Debug, Clone, Copy)]
pub struct UsageLine<'a> {
    pub profile: &'a str,
    /// The operator's name for it.
    pub plan: &'a str,
    pub rate: Option<Rate>,
    pub requests: i64,
    /// What counted as an event, where the plan limits them.
    pub events: i64,
    pub most_events: Option<i64>,
    pub until: Timestamp,
}

impl UsagePage<'_> {
    const fn words(&self) -> &UsageTexts {
        &self.frame.texts.usage
    }
}

impl UsageLine<'_> {
    fn rate_words(&self, frame: &Frame<'_>) -> String {
        let words = &frame.texts.usage;
        let limited = |rate: Rate| (words.rate_of)(rate.most, &(frame.texts.time.span)(rate.span));
        self.rate.map_or_else(|| words.unlimited.to_owned(), limited)
    }

    fn events_words(&self, frame: &Frame<'_>) -> Option<String> {
        self.most_events.map(|most| (frame.texts.usage.events_of)(self.events, most))
    }

    fn month_end(&self, frame: &Frame<'_>) -> Moment {
        frame.moment(self.until)
    }

    fn is_used_up(&self) -> bool {
        self.most_events.is_some_and(|most| self.events >= most)
    }
}
