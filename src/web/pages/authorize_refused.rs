use askama::Template;

use super::Frame;
use super::decision::Onward;
use crate::web::texts::{AuthorizeTexts, Run, Words};

/// `/authorize` when there is no redirect URI to be trusted with an error (RFC 6749
/// §4.1.2.1), and the approval page of a redirect door where it must not be shown: the
/// browser stays here.
#[derive(Template)]
#[template(path = "pages/authorize_refused.html")]
pub struct AuthorizeRefusedPage<'a> {
    pub frame: &'a Frame<'a>,
    pub refusal: Refusal<'a>,
}

#[derive(Debug, Clone)]
pub enum Refusal<'a> {
    /// The redirect URI is not one of the client's (OAuth 2.1 §4.1.1, RFC 9700 §4.1.3).
    RedirectNotRegistered {
        /// The client's name, as far as it has one.
        client: Option<&'a str>,
        /// As it was asked for, on one line and cut to a length; `None` when it was left out.
        asked: Option<&'a str>,
        /// Hosts or schemes of those that are registered, never the addresses themselves.
        registered: Vec<&'a str>,
    },
    /// Another browser began the request: only that one may be asked (oauth.md section 2).
    AnotherBrowser,
    /// Nobody answered in time, or a `request_uri` is spent (RFC 9126 §4).
    Expired,
    /// A parameter is missing, repeated or malformed (RFC 6749 §4.1.2.1); what is wrong, for
    /// whoever wrote the program.
    Malformed { description: &'a str },
    /// It cannot be granted, whoever answers (RFC 6749 §4.1.2.1): the site that asked is told
    /// only if the person goes there (RFC 9700 §4.11.2).
    Unfit { description: &'a str, onward: Onward<'a> },
}

impl Refusal<'_> {
    /// The status the page is sent with.
    #[must_use]
    pub const fn status(&self) -> u16 {
        match self {
            Self::RedirectNotRegistered { .. } | Self::Malformed { .. } | Self::Unfit { .. } => 400,
            Self::AnotherBrowser => 403,
            Self::Expired => 410,
        }
    }
}

impl AuthorizeRefusedPage<'_> {
    const fn texts(&self) -> &AuthorizeTexts {
        &self.frame.texts.doors.authorize
    }

    const fn words(&self) -> &Words {
        match self.refusal {
            Refusal::RedirectNotRegistered { .. } => &self.texts().not_registered,
            Refusal::AnotherBrowser => &self.texts().another_browser,
            Refusal::Expired => &self.texts().expired,
            Refusal::Malformed { .. } => &self.texts().malformed,
            Refusal::Unfit { .. } => &self.texts().unfit,
        }
    }

    /// The way back to whoever asked, and what it is called.
    fn way_back(&self) -> Option<(&str, Vec<Run<'_>>)> {
        let Refusal::Unfit { onward, .. } = &self.refusal else { return None };
        let words = &self.frame.texts.doors.onward.go_back_to;
        Some((onward.url, words.fill(onward.destination.shown(), "")))
    }

    /// What a developer or a help desk needs, as rows of a list.
    fn facts(&self) -> Vec<(&'static str, Vec<&str>)> {
        let texts = self.texts();
        match &self.refusal {
            Refusal::RedirectNotRegistered { client, asked, registered } => {
                let none = vec![texts.none];
                let known = if registered.is_empty() { none } else { registered.clone() };
                let client = client.map(|name| (texts.client, vec![name]));
                let asked = (texts.asked, vec![asked.unwrap_or(texts.left_out)]);
                client.into_iter().chain([asked, (texts.registered, known)]).collect()
            }
            Refusal::Malformed { description } | Refusal::Unfit { description, .. } => {
                vec![(texts.description, vec![description])]
            }
            Refusal::AnotherBrowser | Refusal::Expired => Vec::new(),
        }
    }
}
