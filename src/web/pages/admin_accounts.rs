use askama::Template;

use super::{Frame, Moment};
use crate::protocol::timestamp::Timestamp;
use crate::web::texts::AdminTexts;

/// `/admin/accounts`: whose address has something in it.
#[derive(Template)]
#[template(path = "pages/admin_accounts.html")]
pub struct AdminAccountsPage<'a> {
    pub frame: &'a Frame<'a>,
    /// Newest first, from our records.
    pub accounts: Vec<AccountLine<'a>>,
    /// What was looked for.
    pub search: &'a str,
    /// Where the next page begins.
    pub older: Option<&'a str>,
}

/// One account.
#[derive(Debug, Clone, Copy)]
pub struct AccountLine<'a> {
    pub id: &'a str,
    pub name: &'a str,
    pub email: &'a str,
    pub is_verified: bool,
    pub is_administrator: bool,
    pub is_closed: bool,
    pub created_at: Timestamp,
}

impl AccountLine<'_> {
    pub(super) fn since(&self, frame: &Frame<'_>) -> Moment {
        frame.moment(self.created_at)
    }
}

impl AdminAccountsPage<'_> {
    const fn words(&self) -> &AdminTexts {
        &self.frame.texts.admin
    }

    fn older_link(&self, after: &str) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.append_pair("search", self.search).append_pair("after", after);
        format!("{}/admin/accounts?{}", self.frame.base, query.finish())
    }
}
