use askama::Template;

use super::Frame;
use super::organizations::OrganizationLine;
use crate::web::texts::{OrganizationTexts, Run};

/// `/account/join/{link}`: whether to belong to an organization.
#[derive(Template)]
#[template(path = "pages/join.html")]
pub struct JoinPage<'a> {
    pub frame: &'a Frame<'a>,
    pub csrf: &'a str,
    pub link: &'a str,
    /// As what somebody would belong.
    pub organization: OrganizationLine<'a>,
    /// Who asks, from our records.
    pub invited_by: &'a str,
    pub error: Option<JoinError>,
}

/// Why nobody joined.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JoinError {
    Already,
    Full,
}

/// The same where there is nothing to answer.
#[derive(Template)]
#[template(path = "pages/no_invitation.html")]
pub struct NoInvitationPage<'a> {
    pub frame: &'a Frame<'a>,
}

impl JoinPage<'_> {
    const fn words(&self) -> &OrganizationTexts {
        &self.frame.texts.organizations
    }

    fn title(&self) -> Vec<Run<'_>> {
        self.words().join_title.fill(self.organization.name, "")
    }

    fn lead(&self) -> Vec<Run<'_>> {
        self.words().join_lead.fill(self.invited_by, "")
    }

    const fn error_words(&self) -> Option<&'static str> {
        let words = &self.frame.texts.organizations;
        match self.error {
            None => None,
            Some(JoinError::Already) => Some(words.already),
            Some(JoinError::Full) => Some(words.full),
        }
    }
}
