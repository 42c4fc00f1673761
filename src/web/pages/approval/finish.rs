//! What the page says of an agent that finishes with a code, and of every agent: what is known.

use super::{Agent, ApprovalPage, Matching, Redirect};
use crate::web::pages::Claim;
use crate::web::texts::FinishTexts;

/// An agent that waits for a finish code, here or elsewhere.
#[derive(Debug, Clone, Copy)]
pub struct Finish<'a> {
    /// The code that some agents show.
    pub code: &'a str,
    /// Where the browser takes the finish code; otherwise the person does.
    pub redirect: Option<Redirect<'a>>,
}

impl<'a> ApprovalPage<'a> {
    pub(super) const fn finish_words(&self) -> &FinishTexts {
        &self.frame.texts.doors.finish
    }

    /// Where the answer goes through this browser.
    pub(super) const fn redirect(&self) -> Option<Redirect<'a>> {
        match self.matching {
            Matching::Redirect(redirect) => Some(redirect),
            Matching::Finish(finish) => finish.redirect,
            _ => None,
        }
    }

    /// What is known of the agent. Doors at which an agent may say more show what it did not.
    pub(super) fn claims(&self) -> Vec<(&'static str, Option<Claim<'_>>)> {
        let words = self.words();
        let Agent { name, site, kind, reason, instance, label, .. } = self.agent;
        let says_more = matches!(self.matching, Matching::Typed { .. } | Matching::Relayed { .. });
        let always = |line: (&'static str, _)| Some(line);
        let known = |(title, claim): (&'static str, Option<Claim<'a>>)| {
            (says_more || claim.is_some()).then_some((title, claim))
        };
        let said = |(title, claim): (&'static str, Option<Claim<'a>>)| {
            claim.is_some().then_some((title, claim))
        };
        [
            always((words.who_name, name)),
            said((self.door_words().site, site)),
            known((words.who_kind, kind)),
            said((self.finish_words().instance, instance)),
            said((self.finish_words().label, label)),
            known((words.who_reason, reason)),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}
