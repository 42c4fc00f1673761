//! Samples of the pages of organizations.

use super::samples::{CSRF, NOW, Pages, Sample, show};
use crate::domain::organization::Role;
use crate::protocol::timestamp::Seconds;
use crate::web::pages::Frame;
use crate::web::pages::join::{JoinError, JoinPage, NoInvitationPage};
use crate::web::pages::organization::{InvitationLine, MemberError, MemberLine, OrganizationPage};
use crate::web::pages::organizations::{
    Done, NewOrganizationError, OrganizationLine, OrganizationsPage,
};

const LINK: &str =
    "https://auth.example.com/account/join/otl_0123456789ABCDEFGHIJKLMNOPQRSTUVW2kCbKz";

pub fn pages(sample: &Sample, frame: &Frame<'_>) -> Pages {
    let mut pages = lists(sample, frame);
    pages.extend(organizations(sample, frame));
    pages.extend(invitations(sample, frame));
    pages
}

fn line(sample: &Sample, role: Role) -> OrganizationLine<'_> {
    OrganizationLine { slug: "example-labs", name: &sample.label, role }
}

fn lists(sample: &Sample, frame: &Frame<'_>) -> Pages {
    let page = |organizations, error, done| OrganizationsPage {
        frame,
        csrf: CSRF,
        organizations,
        name: &sample.label,
        slug: "example-labs",
        longest_name: 80,
        error,
        done,
    };
    let both = || {
        let other = OrganizationLine { slug: "acme", name: "Acme", role: Role::Member };
        vec![line(sample, Role::Owner), other]
    };
    let wrong = |name, error| show(name, &page(both(), Some(error), None));
    vec![
        show("organizations", &page(both(), None, Some(Done::Left))),
        show("organizations-empty", &page(Vec::new(), None, Some(Done::Dissolved))),
        wrong("organizations-no-name", NewOrganizationError::NameMissing),
        wrong("organizations-long-name", NewOrganizationError::TooLong),
        wrong("organizations-bad-slug", NewOrganizationError::Slug),
        wrong("organizations-taken", NewOrganizationError::Taken),
        wrong("organizations-too-many", NewOrganizationError::TooMany),
    ]
}

fn organizations(sample: &Sample, frame: &Frame<'_>) -> Pages {
    let member = |account, name, role| MemberLine {
        account,
        name,
        email: "ada@example.com",
        role,
        since: NOW - Seconds::DAY.times(12),
        is_self: account == "acc_01",
    };
    let invitation = InvitationLine {
        id: "inv_01",
        email: "ben@example.com",
        role: Role::Administrator,
        expires_at: NOW + Seconds::DAY.times(6),
    };
    let page = |role, link, error| OrganizationPage {
        frame,
        csrf: CSRF,
        organization: line(sample, role),
        keys: true,
        members: vec![
            member("acc_01", sample.person.as_str(), role),
            member("acc_02", "", Role::Administrator),
            member("acc_03", sample.label.as_str(), Role::Member),
        ],
        invitations: if role.invites() { vec![invitation] } else { Vec::new() },
        link,
        email: "ben@",
        error,
        changed: error.is_none(),
    };
    let wrong = |name, error| show(name, &page(Role::Owner, None, Some(error)));
    vec![
        show("organization", &page(Role::Owner, None, None)),
        show(
            "organization-invited",
            &page(Role::Administrator, Some((LINK, "ben@example.com")), None),
        ),
        show("organization-member", &page(Role::Member, None, None)),
        wrong("organization-bad-email", MemberError::Email),
        wrong("organization-not-allowed", MemberError::NotAllowed),
        wrong("organization-last-owner", MemberError::LastOwner),
        wrong("organization-gone", MemberError::Gone),
        wrong("organization-full", MemberError::Full),
    ]
}

fn invitations(sample: &Sample, frame: &Frame<'_>) -> Pages {
    let page = |error| JoinPage {
        frame,
        csrf: CSRF,
        link: "otl_0123456789ABCDEFGHIJKLMNOPQRSTUVW2kCbKz",
        organization: line(sample, Role::Administrator),
        invited_by: "ada@example.com",
        error,
    };
    vec![
        show("join", &page(None)),
        show("join-already", &page(Some(JoinError::Already))),
        show("join-full", &page(Some(JoinError::Full))),
        show("no-invitation", &NoInvitationPage { frame }),
    ]
}
