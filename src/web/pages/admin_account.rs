use askama::Template;

use super::admin_accounts::AccountLine;
use super::{Frame, Moment};
use crate::protocol::timestamp::Timestamp;
use crate::web::texts::{AdminTexts, Run, Words};

/// `/admin/accounts/{id}`: one account, and what can be done to it.
#[derive(Template)]
#[template(path = "pages/admin_account.html")]
pub struct AdminAccountPage<'a> {
    pub frame: &'a Frame<'a>,
    pub csrf: &'a str,
    pub account: AccountLine<'a>,
    pub closed_at: Option<Timestamp>,
    pub plan: Option<&'a str>,
    pub sessions: i64,
    pub keys: i64,
    pub projects: i64,
    pub organizations: i64,
    pub browsers: i64,
    /// Whether it is the administrator's own.
    pub is_self: bool,
    pub notice: Option<Notice>,
}

/// What became of what was done a moment ago.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Notice {
    Done,
    Oneself,
    Moved,
}

/// A button, by the value it sends.
struct Choice<'a> {
    act: &'static str,
    words: &'a Words,
}

impl AdminAccountPage<'_> {
    const fn words(&self) -> &AdminTexts {
        &self.frame.texts.admin
    }

    fn done_words(&self) -> Option<&'static str> {
        self.notice.filter(|notice| *notice == Notice::Done).map(|_| self.words().done)
    }

    const fn problem_words(&self) -> Option<&'static str> {
        match self.notice {
            Some(Notice::Oneself) => Some(self.words().oneself),
            Some(Notice::Moved) => Some(self.words().moved),
            _ => None,
        }
    }

    fn closed(&self) -> Option<Moment> {
        self.closed_at.map(|at| self.frame.moment(at))
    }

    /// What needs no second thought, as things are.
    fn choices(&self) -> Vec<Choice<'_>> {
        let words = self.words();
        if self.account.is_closed {
            return vec![Choice { act: "reopen", words: &words.reopen }];
        }
        let mut choices = vec![
            Choice { act: "end_sessions", words: &words.end_sessions },
            Choice { act: "sign_out", words: &words.sign_out },
        ];
        match self.account.is_administrator {
            _ if self.is_self => {}
            true => choices.push(Choice { act: "dismiss", words: &words.dismiss }),
            false => choices.push(Choice { act: "appoint", words: &words.appoint }),
        }
        choices
    }

    fn close_sure(&self) -> Vec<Run<'_>> {
        self.words().close_sure.fill(self.account.email, "")
    }
}
