use askama::Template;

use super::organizations::{OrganizationLine, role_words};
use super::{Frame, Moment};
use crate::domain::organization::Role;
use crate::protocol::timestamp::Timestamp;
use crate::web::texts::{OrganizationTexts, Run, Words};

/// `/account/organizations/{slug}`: who belongs, and who is asked to.
#[derive(Template)]
#[template(path = "pages/organization.html")]
pub struct OrganizationPage<'a> {
    pub frame: &'a Frame<'a>,
    pub csrf: &'a str,
    pub organization: OrganizationLine<'a>,
    /// Whether it can have keys at all.
    pub keys: bool,
    /// The longest first, from our records.
    pub members: Vec<MemberLine<'a>>,
    pub invitations: Vec<InvitationLine<'a>>,
    /// The link that was just made, in the clear, and for whom.
    pub link: Option<(&'a str, &'a str)>,
    /// What was entered before.
    pub email: &'a str,
    pub error: Option<MemberError>,
    pub changed: bool,
}

/// Somebody who belongs.
#[derive(Debug, Clone, Copy)]
pub struct MemberLine<'a> {
    pub account: &'a str,
    pub name: &'a str,
    pub email: &'a str,
    pub role: Role,
    pub since: Timestamp,
    /// Whether this is whoever looks.
    pub is_self: bool,
}

/// Somebody who is asked.
#[derive(Debug, Clone, Copy)]
pub struct InvitationLine<'a> {
    pub id: &'a str,
    pub email: &'a str,
    pub role: Role,
    pub expires_at: Timestamp,
}

/// A role that may be given.
#[derive(Debug)]
pub struct RoleChoice {
    /// As forms send it.
    pub value: &'static str,
    pub words: &'static Words,
    /// Whether it gives the least.
    pub is_least: bool,
}

/// Why nothing was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MemberError {
    Email,
    NotAllowed,
    LastOwner,
    Gone,
    Full,
}

impl MemberLine<'_> {
    /// The address again where the account has no name.
    const fn called(&self) -> &str {
        if self.name.is_empty() { self.email } else { self.name }
    }

    const fn role(&self, frame: &Frame<'_>) -> &'static Words {
        role_words(frame, self.role)
    }

    fn has(&self, role: &RoleChoice) -> bool {
        self.role.name() == role.value
    }

    fn since(&self, frame: &Frame<'_>) -> Moment {
        frame.moment(self.since)
    }
}

impl InvitationLine<'_> {
    const fn role(&self, frame: &Frame<'_>) -> &'static Words {
        role_words(frame, self.role)
    }

    fn until(&self, frame: &Frame<'_>) -> Moment {
        frame.moment(self.expires_at)
    }
}

impl OrganizationPage<'_> {
    const fn words(&self) -> &OrganizationTexts {
        &self.frame.texts.organizations
    }

    /// The roles that this person may give.
    fn gives(&self) -> impl Iterator<Item = RoleChoice> {
        let own = self.organization.role;
        let choice = |role: Role| RoleChoice {
            value: role.name(),
            words: role_words(self.frame, role),
            is_least: role == Role::Member,
        };
        Role::ALL.into_iter().filter(move |role| *role <= own).map(choice)
    }

    fn owns(&self) -> bool {
        self.organization.role == Role::Owner
    }

    fn invites(&self) -> bool {
        self.organization.role.invites()
    }

    fn removes(&self, member: &MemberLine<'_>) -> bool {
        !member.is_self && self.organization.role.removes(member.role)
    }

    fn remove_sure<'a>(&'a self, member: &'a MemberLine<'_>) -> Vec<Run<'a>> {
        self.words().remove_sure.fill(member.called(), "")
    }

    fn dissolve_sure(&self) -> Vec<Run<'_>> {
        self.words().dissolve_sure.fill(self.organization.name, "")
    }

    fn link_words(&self) -> Vec<Run<'_>> {
        let email = self.link.map_or("", |(_, email)| email);
        let (mailed, handed) = (&self.words().link_mailed, &self.words().link_words);
        if self.frame.mail { mailed.fill(email, "") } else { handed.fill(email, "") }
    }

    fn notice_words(&self) -> Option<&'static str> {
        self.changed.then_some(self.frame.texts.organizations.changed)
    }

    const fn error_words(&self) -> Option<&'static str> {
        let words = &self.frame.texts.organizations;
        match self.error {
            None => None,
            Some(MemberError::Email) => Some(words.bad_email),
            Some(MemberError::NotAllowed) => Some(words.not_allowed),
            Some(MemberError::LastOwner) => Some(words.last_owner),
            Some(MemberError::Gone) => Some(words.gone),
            Some(MemberError::Full) => Some(words.full),
        }
    }

    /// What was wrong with the address alone.
    fn email_error(&self) -> Option<&'static str> {
        self.error_words().filter(|_| self.error == Some(MemberError::Email))
    }
}
