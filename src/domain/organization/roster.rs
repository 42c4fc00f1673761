//! Who belongs to an organization, and what each of them may do about that.

use super::{Invitation, Member, Organization, Role};
use crate::domain::change::{Change, Effect};
use crate::domain::event::{Event, EventKind};
use crate::domain::id::{AccountId, InvitationId};
use crate::domain::origin::Occasion;

/// An organization with everybody who belongs, read at one revision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Roster {
    pub organization: Organization,
    pub members: Vec<Member>,
}

/// Why something is not done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    #[error("the role does not reach so far")]
    NotAllowed,
    #[error("nobody would be left who owns it")]
    LastOwner,
    #[error("this person belongs already")]
    Already,
    #[error("nobody of that kind belongs")]
    NotThere,
    #[error("as many belong as may")]
    Full,
}

impl Roster {
    #[must_use]
    pub fn role(&self, account: &AccountId) -> Option<Role> {
        self.members.iter().find(|member| member.account == *account).map(|member| member.role)
    }

    /// Asks somebody to belong, with no more to say than whoever asks.
    ///
    /// # Errors
    ///
    /// See [`Refused`].
    pub fn invite(
        self,
        invitation: Invitation,
        occasion: &Occasion,
    ) -> Result<Change<Organization>, Refused> {
        let by = invitation.invited_by.clone();
        let role = self.role(&by).filter(|role| role.invites() && invitation.role <= *role);
        role.ok_or(Refused::NotAllowed)?;
        let said = invitation.id.as_str().to_owned();
        let effects = vec![Effect::Invite(Box::new(invitation))];
        Ok(self.changed((EventKind::MemberInvited, &by, &said), effects, occasion))
    }

    /// Takes an invitation back.
    ///
    /// # Errors
    ///
    /// See [`Refused`].
    pub fn withdraw(
        self,
        id: &InvitationId,
        by: &AccountId,
        occasion: &Occasion,
    ) -> Result<Change<Organization>, Refused> {
        self.role(by).filter(|role| role.invites()).ok_or(Refused::NotAllowed)?;
        let effects = vec![Effect::WithdrawInvitation(id.clone())];
        Ok(self.changed((EventKind::InvitationWithdrawn, by, id.as_str()), effects, occasion))
    }

    /// Somebody belongs from now on. The invitation is taken up, once.
    ///
    /// # Errors
    ///
    /// See [`Refused`].
    pub fn join(
        self,
        invitation: &Invitation,
        account: &AccountId,
        most: usize,
        occasion: &Occasion,
    ) -> Result<Change<Organization>, Refused> {
        if self.role(account).is_some() {
            return Err(Refused::Already);
        }
        if self.members.len() >= most {
            return Err(Refused::Full);
        }
        // Whoever asked must still be somebody who may.
        let by = self.role(&invitation.invited_by);
        by.filter(|role| role.invites() && invitation.role <= *role).ok_or(Refused::NotAllowed)?;
        let member = Member { account: account.clone(), role: invitation.role, since: occasion.at };
        let effects = vec![
            Effect::TakeUpInvitation { digest: invitation.digest, at: occasion.at },
            Effect::Join { organization: self.organization.id.clone(), member },
        ];
        let said = invitation.id.as_str();
        Ok(self.changed((EventKind::MemberJoined, account, said), effects, occasion))
    }

    /// Gives somebody another role.
    ///
    /// # Errors
    ///
    /// See [`Refused`].
    pub fn give_role(
        self,
        account: &AccountId,
        role: Role,
        by: &AccountId,
        occasion: &Occasion,
    ) -> Result<Change<Organization>, Refused> {
        self.role(by).filter(|by| *by == Role::Owner).ok_or(Refused::NotAllowed)?;
        let before = self.role(account).ok_or(Refused::NotThere)?;
        if role != Role::Owner {
            self.goes_on_without(account, before)?;
        }
        let organization = self.organization.id.clone();
        let effects = vec![Effect::GiveRole { organization, account: account.clone(), role }];
        let said = format!("{account} {}", role.name());
        Ok(self.changed((EventKind::MemberRoleGiven, by, &said), effects, occasion))
    }

    /// Somebody belongs no longer: sent away, or by their own choice.
    ///
    /// # Errors
    ///
    /// See [`Refused`].
    pub fn part(
        self,
        account: &AccountId,
        by: &AccountId,
        occasion: &Occasion,
    ) -> Result<Change<Organization>, Refused> {
        let own = self.role(by).ok_or(Refused::NotAllowed)?;
        let role = self.role(account).ok_or(Refused::NotThere)?;
        if account != by && !own.removes(role) {
            return Err(Refused::NotAllowed);
        }
        self.goes_on_without(account, role)?;
        let organization = self.organization.id.clone();
        let effects = vec![Effect::Part { organization, account: account.clone() }];
        Ok(self.changed((EventKind::MemberParted, by, account.as_str()), effects, occasion))
    }

    /// It is no more, and its keys end.
    ///
    /// # Errors
    ///
    /// See [`Refused`].
    pub fn dissolve(
        self,
        by: &AccountId,
        occasion: &Occasion,
    ) -> Result<Change<Organization>, Refused> {
        self.role(by).filter(|role| *role == Role::Owner).ok_or(Refused::NotAllowed)?;
        let effects = vec![Effect::Dissolve { id: self.organization.id.clone(), at: occasion.at }];
        Ok(self.changed((EventKind::OrganizationDissolved, by, ""), effects, occasion))
    }

    fn goes_on_without(&self, account: &AccountId, role: Role) -> Result<(), Refused> {
        let mut others = self.members.iter().filter(|member| member.account != *account);
        let goes_on = role != Role::Owner || others.any(|member| member.role == Role::Owner);
        if goes_on { Ok(()) } else { Err(Refused::LastOwner) }
    }

    fn changed(
        self,
        (kind, by, said): (EventKind, &AccountId, &str),
        mut effects: Vec<Effect>,
        occasion: &Occasion,
    ) -> Change<Organization> {
        let next = self.organization;
        let said = format!("{} {said}", next.id);
        effects.push(Effect::Record(Event::new(kind, occasion).by(by).saying(said.trim_end())));
        Change { seen: next.revision, next, effects }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::id::OrganizationId;
    use crate::domain::organization::INVITATION;
    use crate::domain::origin::Origin;
    use crate::protocol::secret::Digest;
    use crate::protocol::timestamp::Timestamp;

    const NOW: Timestamp = Timestamp(1_800_000_000);

    fn occasion() -> Occasion {
        let from = Origin { address: "203.0.113.24".to_owned(), user_agent: None };
        Occasion { at: NOW, from }
    }

    fn account(name: &str) -> AccountId {
        AccountId(format!("acc_{name}"))
    }

    /// An owner, an administrator, a member.
    fn roster() -> Roster {
        let member = |name, role| Member { account: account(name), role, since: NOW };
        Roster {
            organization: Organization {
                id: OrganizationId("org_1".to_owned()),
                revision: 3,
                slug: "acme".to_owned(),
                name: "Acme".to_owned(),
                plan: None,
                created_at: NOW,
            },
            members: vec![
                member("owner", Role::Owner),
                member("admin", Role::Administrator),
                member("member", Role::Member),
            ],
        }
    }

    fn invitation(by: &str, role: Role) -> Invitation {
        Invitation {
            id: InvitationId("inv_1".to_owned()),
            digest: Digest([7; 32]),
            organization: OrganizationId("org_1".to_owned()),
            email: "ben@example.com".parse().expect("an address"),
            role,
            invited_by: account(by),
            created_at: NOW,
            expires_at: NOW + INVITATION,
        }
    }

    /// AV16: nobody gives more than their own, and a stranger gives nothing.
    #[test]
    fn nobody_invites_above_their_own_role() {
        for (by, role, may) in [
            ("owner", Role::Owner, true),
            ("owner", Role::Member, true),
            ("admin", Role::Administrator, true),
            ("admin", Role::Owner, false),
            ("member", Role::Member, false),
            ("stranger", Role::Member, false),
        ] {
            let invited = roster().invite(invitation(by, role), &occasion());
            let refused = (!may).then_some(Refused::NotAllowed);
            assert_eq!(invited.err(), refused, "{by} {role:?}");
        }
    }

    /// AV16: an invitation is worth what whoever sent it may still give.
    #[test]
    fn an_invitation_of_somebody_who_may_no_longer_invite_is_worth_nothing() {
        let joins =
            |by, role| roster().join(&invitation(by, role), &account("ben"), 9, &occasion()).err();
        assert_eq!(joins("admin", Role::Administrator), None);
        assert_eq!(joins("admin", Role::Owner), Some(Refused::NotAllowed));
        assert_eq!(joins("member", Role::Member), Some(Refused::NotAllowed));
        assert_eq!(joins("gone", Role::Member), Some(Refused::NotAllowed));
        let full =
            roster().join(&invitation("owner", Role::Member), &account("ben"), 3, &occasion());
        assert_eq!(full.err(), Some(Refused::Full));
        let again =
            roster().join(&invitation("owner", Role::Owner), &account("member"), 9, &occasion());
        assert_eq!(again.err(), Some(Refused::Already));
    }

    /// AV16: who may send whom away, and that somebody always owns it.
    #[test]
    fn nobody_is_sent_away_by_who_stands_no_higher_and_an_owner_stays() {
        let parts = |who, by| roster().part(&account(who), &account(by), &occasion()).err();
        for (who, by, refused) in [
            ("member", "admin", None),
            ("member", "member", None),
            ("admin", "owner", None),
            ("admin", "admin", None),
            ("owner", "admin", Some(Refused::NotAllowed)),
            ("admin", "member", Some(Refused::NotAllowed)),
            ("owner", "owner", Some(Refused::LastOwner)),
            ("stranger", "owner", Some(Refused::NotThere)),
            ("member", "stranger", Some(Refused::NotAllowed)),
        ] {
            assert_eq!(parts(who, by), refused, "{who} by {by}");
        }
        let gives = |who, role, by| {
            roster().give_role(&account(who), role, &account(by), &occasion()).err()
        };
        assert_eq!(gives("member", Role::Owner, "owner"), None);
        assert_eq!(gives("member", Role::Administrator, "admin"), Some(Refused::NotAllowed));
        assert_eq!(gives("owner", Role::Member, "owner"), Some(Refused::LastOwner));
        assert_eq!(
            roster().dissolve(&account("admin"), &occasion()).err(),
            Some(Refused::NotAllowed)
        );
    }
}
