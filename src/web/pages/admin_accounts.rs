use askama::Template;

use super::{Field, FieldError, Frame, Moment};
use crate::protocol::timestamp::Timestamp;
use crate::web::texts::{AdminTexts, Run};

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
    pub csrf: &'a str,
    /// What was entered before of somebody to be added, or who has been.
    pub name: &'a str,
    pub email: &'a str,
    pub error: Option<FieldError>,
    /// Said once, after the press that did it.
    pub added: Option<Handed<'a>>,
}

/// How somebody who was added gets the link.
#[derive(Debug, Clone, Copy)]
pub enum Handed<'a> {
    ByLetter,
    /// From the administrator, who has it here.
    Here(&'a str),
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

    fn fields(&self) -> [Field<'_>; 2] {
        let email = if self.added.is_some() { "" } else { self.email };
        let texts = self.frame.texts;
        // Somebody else's, so nothing of one's own is filled in.
        [
            Field { label: texts.admin.name, ..Field::name(texts, self.name) },
            Field::email(texts, email).or(texts, self.error),
        ]
        .map(|field| Field { autocomplete: "off", ..field })
    }

    fn link_words(&self) -> Vec<Run<'_>> {
        let texts = &self.frame.texts.organizations;
        let is_here = matches!(self.added, Some(Handed::Here(_)));
        if is_here {
            texts.link_words.fill(self.email, "")
        } else {
            texts.link_mailed.fill(self.email, "")
        }
    }

    fn older_link(&self, after: &str) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.append_pair("search", self.search).append_pair("after", after);
        format!("{}/admin/accounts?{}", self.frame.base, query.finish())
    }
}
