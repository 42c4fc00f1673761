use askama::Template;

use super::Frame;
use crate::web::texts::MailedTexts;

/// `/account/address`, and behind a link of ours the question whether it is the reader's.
#[derive(Template)]
#[template(path = "pages/address.html")]
pub struct AddressPage<'a> {
    pub frame: &'a Frame<'a>,
    pub csrf: &'a str,
    /// From our records.
    pub email: &'a str,
    pub state: AddressState<'a>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AddressState<'a> {
    Unverified,
    /// The link is good, and nothing has happened yet.
    Asked {
        link: &'a str,
    },
    Verified,
}

impl AddressPage<'_> {
    const fn words(&self) -> &MailedTexts {
        &self.frame.texts.mailed
    }

    const fn lead(&self) -> &'static str {
        match self.state {
            AddressState::Unverified => self.words().unverified,
            AddressState::Asked { .. } => self.words().asked,
            AddressState::Verified => self.words().verified,
        }
    }

    /// Where the form goes and what its button says; none when there is nothing to do.
    fn action(&self) -> Option<(String, &'static str)> {
        match self.state {
            AddressState::Unverified => {
                Some((String::from("/account/address"), self.words().send_link))
            }
            AddressState::Asked { link } => {
                Some((format!("/account/address/{link}"), self.words().confirm))
            }
            AddressState::Verified => None,
        }
    }
}
