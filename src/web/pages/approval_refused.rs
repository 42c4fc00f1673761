use askama::Template;

use super::Frame;
use crate::web::texts::ApprovalTexts;

/// `/approve/{id}` for anyone but the expected account: says nothing about the request, so
/// that no address or agent leaks to whoever is signed in. The request stays alive.
#[derive(Template)]
#[template(path = "pages/approval_refused.html")]
pub struct ApprovalRefusedPage<'a> {
    pub frame: &'a Frame<'a>,
    /// For the sign-out form.
    pub csrf: &'a str,
    /// This approval's path, kept over signing out and in.
    pub return_to: &'a str,
}

impl ApprovalRefusedPage<'_> {
    const fn words(&self) -> &ApprovalTexts {
        &self.frame.texts.approval
    }
}
