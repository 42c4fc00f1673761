use askama::Template;

use super::{Claim, Frame, Moment};
use crate::protocol::timestamp::Timestamp;
use crate::web::texts::InboxTexts;

/// `/account/inbox`: what waits for this person's answer.
#[derive(Template)]
#[template(path = "pages/inbox.html")]
pub struct InboxPage<'a> {
    pub frame: &'a Frame<'a>,
    /// Newest first.
    pub questions: Vec<Question<'a>>,
    /// Agents find a person by a verified address alone.
    pub verified: bool,
}

/// One question that waits.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    /// The last part of the address of its page.
    pub link: &'a str,
    pub agent: Option<Claim<'a>>,
    pub resource_name: &'a str,
    pub asked_at: Timestamp,
    pub ends_at: Timestamp,
    /// The address the question came from.
    pub address: &'a str,
}

impl InboxPage<'_> {
    const fn words(&self) -> &InboxTexts {
        &self.frame.texts.inbox
    }
}

impl Question<'_> {
    fn agent_name(&self, frame: &Frame<'_>) -> &str {
        self.agent.map_or(frame.texts.approval.unnamed_agent, |agent| agent.words)
    }

    fn asked(&self, frame: &Frame<'_>) -> Moment {
        frame.moment(self.asked_at)
    }

    fn ends(&self, frame: &Frame<'_>) -> Moment {
        frame.moment(self.ends_at)
    }
}
