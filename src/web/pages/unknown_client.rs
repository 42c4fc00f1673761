use askama::Template;

use super::Frame;
use crate::web::texts::{Remedy, UnknownClientTexts, Words};

/// `/authorize` for a client nobody knows: never a redirect, never JSON in a person's browser
/// (RFC 6749 §4.1.2.1), and the way out, because the program cannot be told.
#[derive(Template)]
#[template(path = "pages/unknown_client.html")]
pub struct UnknownClientPage<'a> {
    pub frame: &'a Frame<'a>,
    /// As the request named it, on one line and cut to a length.
    pub client_id: &'a str,
    /// Whether that is the URL of a metadata document.
    pub is_a_document: bool,
}

impl UnknownClientPage<'_> {
    /// The status the page is sent with.
    pub const STATUS: u16 = 400;

    const fn texts(&self) -> &UnknownClientTexts {
        &self.frame.texts.unknown_client
    }

    const fn words(&self) -> &Words {
        if self.is_a_document { &self.texts().unreadable } else { &self.texts().forgotten }
    }

    /// A document is not forgotten by whoever names it: only its makers can help.
    fn remedies(&self) -> Vec<&Remedy> {
        let texts = self.texts();
        let all = texts.remedies.iter().chain([&texts.otherwise]);
        all.filter(|_| !self.is_a_document).collect()
    }
}
