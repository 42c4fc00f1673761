//! Named queries about organizations, who belongs to them, and who is asked to.

use sea_orm::{
    ColumnTrait as _, DbBackend, EntityTrait as _, IntoActiveModel as _, QueryFilter as _,
    QueryOrder as _,
};

use super::row::{
    account, insert, organization, organization_invitation, organization_member, step,
};
use super::{Store, StoreError};
use crate::domain::account::Account;
use crate::domain::api_key::KeyEnd;
use crate::domain::id::{AccountId, InvitationId, OrganizationId};
use crate::domain::organization::{Invitation, Member, Organization, Role, Roster};
use crate::protocol::secret::Digest;
use crate::protocol::timestamp::Timestamp;
use crate::store::write::{Expect, Step};

impl Store {
    /// # Errors
    ///
    /// The database is away or the row does not read.
    pub async fn organization(
        &self,
        id: &OrganizationId,
    ) -> Result<Option<Organization>, StoreError> {
        let row = self.one(organization::Entity::find_by_id(id.as_str())).await?;
        Ok(row.map(Organization::from))
    }

    /// # Errors
    ///
    /// As [`organization`](Self::organization).
    pub async fn organization_called(
        &self,
        slug: &str,
    ) -> Result<Option<Organization>, StoreError> {
        let named = organization::Entity::find().filter(organization::Column::Slug.eq(slug));
        Ok(self.one(named).await?.map(Organization::from))
    }

    /// What this person is in an organization, if anything.
    ///
    /// # Errors
    ///
    /// As [`organization`](Self::organization).
    pub async fn role_in(
        &self,
        organization: &OrganizationId,
        account: &AccountId,
    ) -> Result<Option<Role>, StoreError> {
        let key = (organization.0.clone(), account.0.clone());
        let row = self.one(organization_member::Entity::find_by_id(key)).await?;
        Ok(row.map(Member::try_from).transpose()?.map(|member| member.role))
    }

    /// Everybody who belongs, the longest first; a ceiling holds how many there can be. The
    /// organization comes first, so that whoever joins or parts meanwhile makes the change stale.
    ///
    /// # Errors
    ///
    /// As [`organization`](Self::organization).
    pub async fn roster(&self, organization: Organization) -> Result<Roster, StoreError> {
        let rows = organization_member::Entity::find()
            .filter(organization_member::Column::OrganizationId.eq(organization.id.as_str()))
            .order_by_asc(organization_member::Column::JoinedAt)
            .order_by_asc(organization_member::Column::AccountId)
            .all(self.reader())
            .await?;
        let members = rows.into_iter().map(Member::try_from).collect::<Result<_, _>>()?;
        Ok(Roster { organization, members })
    }

    /// The accounts of everybody on a roster, in no order.
    ///
    /// # Errors
    ///
    /// As [`organization`](Self::organization).
    pub async fn accounts_on(&self, roster: &Roster) -> Result<Vec<Account>, StoreError> {
        let ids = roster.members.iter().map(|member| member.account.as_str());
        let rows = account::Entity::find()
            .filter(account::Column::Id.is_in(ids))
            .all(self.reader())
            .await?;
        rows.into_iter().map(Account::try_from).collect()
    }

    /// The organizations that a person belongs to, by name, and as what.
    ///
    /// # Errors
    ///
    /// As [`organization`](Self::organization).
    pub async fn organizations_of(
        &self,
        account: &AccountId,
    ) -> Result<Vec<(Organization, Role)>, StoreError> {
        let members = organization_member::Entity::find()
            .filter(organization_member::Column::AccountId.eq(account.as_str()))
            .all(self.reader())
            .await?;
        let ids = members.iter().map(|member| member.organization_id.as_str());
        let rows = organization::Entity::find()
            .filter(organization::Column::Id.is_in(ids))
            .order_by_asc(organization::Column::Slug)
            .all(self.reader())
            .await?;
        let with_role = |row: organization::Model| {
            let own = members.iter().find(|member| member.organization_id == row.id)?;
            let role = Role::named(&own.role);
            let role = role.ok_or(StoreError::Corrupt("organization_member"));
            Some(role.map(|role| (Organization::from(row), role)))
        };
        rows.into_iter().filter_map(with_role).collect()
    }

    /// The invitations of an organization that nobody has taken up, the newest first.
    ///
    /// # Errors
    ///
    /// As [`organization`](Self::organization).
    pub async fn invitations_of(
        &self,
        organization: &OrganizationId,
        now: Timestamp,
    ) -> Result<Vec<Invitation>, StoreError> {
        let rows = organization_invitation::Entity::find()
            .filter(organization_invitation::Column::OrganizationId.eq(organization.as_str()))
            .filter(organization_invitation::Column::ExpiresAt.gt(now.0))
            .order_by_desc(organization_invitation::Column::Id)
            .all(self.reader())
            .await?;
        rows.into_iter().map(Invitation::try_from).collect()
    }

    /// The invitation behind a link, unless it is over.
    ///
    /// # Errors
    ///
    /// As [`organization`](Self::organization).
    pub async fn invitation(
        &self,
        digest: &Digest,
        now: Timestamp,
    ) -> Result<Option<Invitation>, StoreError> {
        let by_digest = organization_invitation::Entity::find_by_id(digest.0.to_vec());
        let row = self.one(by_digest).await?;
        row.filter(|row| now.0 < row.expires_at).map(Invitation::try_from).transpose()
    }
}

pub(super) fn join(id: &OrganizationId, member: &Member, backend: DbBackend) -> Step {
    let row = organization_member::Model {
        organization_id: id.0.clone(),
        account_id: member.account.0.clone(),
        role: member.role.name().to_owned(),
        joined_at: member.since.0,
    };
    insert(row.into_active_model(), backend)
}

/// Finds the organization that was just founded, unless its founder owns more than `most` with it.
/// Of two that are founded at once, the other waits at the founder's counter, which comes before.
pub(super) fn hold(with: &OrganizationId, of: &AccountId, most: i64, backend: DbBackend) -> Step {
    let sql = "UPDATE organization SET revision = revision WHERE id = $1 AND \
               (SELECT COUNT(*) FROM organization_member \
               WHERE account_id = $2 AND role = 'owner') <= $3";
    let values = [with.as_str().into(), of.as_str().into(), most.into()];
    step(backend, sql, values, Expect::One("organization_member"))
}

pub(super) fn invite(invitation: &Invitation, backend: DbBackend) -> Step {
    insert(organization_invitation::Model::from(invitation).into_active_model(), backend)
}

pub(super) fn withdraw(id: &InvitationId, backend: DbBackend) -> Step {
    let sql = "DELETE FROM organization_invitation WHERE id = $1";
    step(backend, sql, [id.as_str().into()], Expect::Any)
}

pub(super) fn take_up(digest: &Digest, at: Timestamp, backend: DbBackend) -> Step {
    let sql = "DELETE FROM organization_invitation WHERE digest = $1 AND expires_at > $2";
    let values = [digest.0.to_vec().into(), at.0.into()];
    step(backend, sql, values, Expect::One("organization_invitation"))
}

pub(super) fn give_role(
    id: &OrganizationId,
    account: &AccountId,
    role: Role,
    backend: DbBackend,
) -> Step {
    let sql = "UPDATE organization_member SET role = $3 \
               WHERE organization_id = $1 AND account_id = $2";
    let values = [id.as_str().into(), account.as_str().into(), role.name().into()];
    step(backend, sql, values, Expect::One("organization_member"))
}

/// What somebody asked others goes with them.
pub(super) fn part(
    steps: &mut Vec<Step>,
    id: &OrganizationId,
    account: &AccountId,
    backend: DbBackend,
) {
    let values = || [id.as_str().into(), account.as_str().into()];
    let gone = "DELETE FROM organization_member WHERE organization_id = $1 AND account_id = $2";
    steps.push(step(backend, gone, values(), Expect::One("organization_member")));
    let asked = "DELETE FROM organization_invitation \
                 WHERE organization_id = $1 AND invited_by = $2";
    steps.push(step(backend, asked, values(), Expect::Any));
}

/// Whoever makes a key of the organization's at this moment waits for what changes it, or was
/// first: then what changes it sees the key.
pub(super) fn give(
    steps: &mut Vec<Step>,
    id: &OrganizationId,
    by: Option<&AccountId>,
    backend: DbBackend,
) {
    let held = "UPDATE organization SET revision = revision WHERE id = $1";
    steps.push(step(backend, held, [id.as_str().into()], Expect::One("organization")));
    if let Some(by) = by {
        let may = "UPDATE organization_member SET role = role WHERE organization_id = $1 \
                   AND account_id = $2 AND role IN ('administrator', 'owner')";
        let values = [id.as_str().into(), by.as_str().into()];
        steps.push(step(backend, may, values, Expect::One("organization_member")));
    }
}

/// The row was locked by the change that this is an effect of. The ids of its keys come back for
/// the deny set.
pub(super) fn dissolve(
    steps: &mut Vec<Step>,
    id: &OrganizationId,
    at: Timestamp,
    backend: DbBackend,
) {
    let keys = "UPDATE api_key SET ended_at = $1, ended_cause = $2, revision = revision + 1 \
                WHERE organization_id = $3 AND ended_at IS NULL RETURNING id";
    let values = [at.0.into(), KeyEnd::OrganizationDissolved.name().into(), id.as_str().into()];
    steps.push(step(backend, keys, values, Expect::Ends));
    for table in ["organization_invitation", "organization_member"] {
        let sql = format!("DELETE FROM {table} WHERE organization_id = $1");
        steps.push(step(backend, &sql, [id.as_str().into()], Expect::Any));
    }
    let gone = "DELETE FROM organization WHERE id = $1";
    steps.push(step(backend, gone, [id.as_str().into()], Expect::One("organization")));
}
