//! `organization_invitation`: digests of links, and who is asked over them.

use sea_orm::entity::prelude::*;

use crate::domain::id::{AccountId, InvitationId, OrganizationId};
use crate::domain::organization::{Invitation, Role};
use crate::protocol::secret::Digest;
use crate::protocol::timestamp::Timestamp;
use crate::store::StoreError;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "organization_invitation")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub digest: Vec<u8>,
    pub id: String,
    pub organization_id: String,
    pub email: String,
    pub role: String,
    pub invited_by: String,
    pub created_at: i64,
    pub expires_at: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

const CORRUPT: StoreError = StoreError::Corrupt("organization_invitation");

impl TryFrom<Model> for Invitation {
    type Error = StoreError;

    fn try_from(row: Model) -> Result<Self, StoreError> {
        Ok(Self {
            id: InvitationId(row.id),
            digest: Digest::stored(&row.digest).ok_or(CORRUPT)?,
            organization: OrganizationId(row.organization_id),
            email: row.email.parse().map_err(|_| CORRUPT)?,
            role: Role::named(&row.role).ok_or(CORRUPT)?,
            invited_by: AccountId(row.invited_by),
            created_at: Timestamp(row.created_at),
            expires_at: Timestamp(row.expires_at),
        })
    }
}

impl From<&Invitation> for Model {
    fn from(invitation: &Invitation) -> Self {
        Self {
            digest: invitation.digest.0.to_vec(),
            id: invitation.id.0.clone(),
            organization_id: invitation.organization.0.clone(),
            email: invitation.email.as_str().to_owned(),
            role: invitation.role.name().to_owned(),
            invited_by: invitation.invited_by.0.clone(),
            created_at: invitation.created_at.0,
            expires_at: invitation.expires_at.0,
        }
    }
}
