use askama::Template;

use super::{Frame, Moment};
use crate::domain::account_history::Group;
use crate::domain::event::EventKind;
use crate::protocol::timestamp::Timestamp;
use crate::web::texts::HistoryTexts;

/// `/account/history`: what happened in one account, and nothing of anybody else's.
#[derive(Template)]
#[template(path = "pages/history.html")]
pub struct HistoryPage<'a> {
    pub frame: &'a Frame<'a>,
    /// Newest first, from our records.
    pub lines: Vec<AccountLine<'a>>,
    pub group: Option<Group>,
    /// The one session that is shown, where it is one.
    pub session: Option<&'a str>,
    /// Where the next page begins.
    pub older: Option<&'a str>,
    /// Whether this is not the first page.
    pub is_later_page: bool,
}

/// One recorded event.
#[derive(Debug, Clone)]
pub struct AccountLine<'a> {
    pub at: Timestamp,
    pub kind: EventKind,
    /// As the agent or client is called here: an identifier, or the operator's word.
    pub agent: Option<&'a str>,
    pub address: &'a str,
    /// Roughly where that is, as far as anybody here knows.
    pub place: Option<String>,
}

impl HistoryPage<'_> {
    const fn words(&self) -> &HistoryTexts {
        &self.frame.texts.history
    }

    /// This page with another filter, from its beginning.
    fn link(&self, group: Option<&Group>) -> String {
        self.query(group.copied(), None)
    }

    fn older_link(&self, before: &str) -> String {
        self.query(self.group, Some(before))
    }

    fn newest_link(&self) -> String {
        self.query(self.group, None)
    }

    fn query(&self, group: Option<Group>, before: Option<&str>) -> String {
        let parts =
            [("group", group.map(Group::name)), ("session", self.session), ("before", before)];
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        for (name, value) in parts {
            if let Some(value) = value {
                query.append_pair(name, value);
            }
        }
        let query = query.finish();
        let mark = if query.is_empty() { "" } else { "?" };
        format!("{}/account/history{mark}{query}", self.frame.base)
    }

    fn is_current(&self, group: Option<&Group>) -> bool {
        self.group == group.copied()
    }
}

impl AccountLine<'_> {
    fn moment(&self, frame: &Frame<'_>) -> Moment {
        frame.moment(self.at)
    }

    fn words(&self, frame: &Frame<'_>) -> &'static str {
        (frame.texts.history.kind)(self.kind)
    }
}
