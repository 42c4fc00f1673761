//! Asking for an agent session in the words of an earlier auth.md: the bodies of `/agent/auth*`
//! (contracts of Agent Analytics, 1.14). Times are ISO 8601.

use serde::{Deserialize, Serialize};

/// The one type of agent that these endpoints know (1.14).
pub const USER_CLAIMED: &str = "user_claimed";

/// The one kind of credential that they hand out (1.14).
pub const ACCESS_TOKEN: &str = "access_token";

/// `POST /agent/auth` (1.14). How the person signs in (`claim_method`) is not the agent's to say.
#[derive(Debug, Default, Deserialize)]
pub struct UserClaimedRequest {
    #[serde(rename = "type")]
    pub kind: Option<String>,
    pub requested_credential_type: Option<String>,
    pub requested_scopes: Option<Vec<String>>,
    pub client_name: Option<String>,
    pub client_type: Option<String>,
}

/// `POST /agent/auth/claim` and `POST /agent/auth/claim/complete` (1.14). The code is the one that
/// the person reads on the page; whoever may poll needs none.
#[derive(Debug, Default, Deserialize)]
pub struct UserClaimRequest {
    pub claim_token: Option<String>,
    #[serde(alias = "otp")]
    pub user_code: Option<String>,
}

/// `POST /agent/auth/revoke` (1.14): the session of the bearer token.
#[derive(Debug, Default, Deserialize)]
pub struct GiveBackRequest {
    pub credential_type: Option<String>,
}

/// What the agent is told when it has asked, and when it asks how that stands (1.14).
#[derive(Debug, Serialize)]
pub struct UserClaim {
    pub registration_id: String,
    pub registration_type: &'static str,
    pub status: &'static str,
    /// Where the person answers; told once, because only its digest is kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub claim_url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub claim_token: Option<String>,
    pub claim_token_expires: String,
    pub post_claim_scopes: Vec<String>,
}

/// The session, delivered once (1.14).
#[derive(Debug, Serialize)]
pub struct UserClaimed {
    pub registration_id: String,
    pub registration_type: &'static str,
    pub status: &'static str,
    pub credential_type: &'static str,
    pub credential: String,
    pub credential_expires: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refresh_token: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refresh_token_expires: Option<String>,
    pub scopes: Vec<String>,
}

/// `200` of `POST /agent/auth/revoke` (1.14).
#[derive(Debug, Serialize)]
pub struct GivenBack {
    pub status: &'static str,
}
