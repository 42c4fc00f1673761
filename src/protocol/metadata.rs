//! Discovery documents: protected resource metadata ([RFC 9728 §2]) and authorization
//! server metadata ([RFC 8414 §2]) with the `agent_auth` block of auth.md.
//!
//! [RFC 9728 §2]: https://www.rfc-editor.org/rfc/rfc9728#section-2
//! [RFC 8414 §2]: https://www.rfc-editor.org/rfc/rfc8414#section-2

use serde::Serialize;

#[derive(Debug, Serialize)]
pub struct ProtectedResourceMetadata<'a> {
    pub resource: &'a str,
    pub resource_name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource_logo_uri: Option<&'a str>,
    pub authorization_servers: [&'a str; 1],
    pub scopes_supported: Vec<String>,
    pub bearer_methods_supported: [&'static str; 1],
    /// RFC 9728 §2.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub authorization_details_types_supported: Vec<&'a str>,
    /// RFC 9728 §2; of the resources that are known to check proofs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dpop_signing_alg_values_supported: Option<[&'static str; 5]>,
    /// The auth.md document: where an agent reads on.
    pub resource_documentation: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource_policy_uri: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource_tos_uri: Option<&'a str>,
}

#[derive(Debug, Serialize)]
pub struct AuthorizationServerMetadata<'a> {
    pub issuer: &'a str,
    pub authorization_endpoint: String,
    pub token_endpoint: String,
    /// RFC 8628 §4.
    pub device_authorization_endpoint: String,
    /// RFC 9126 §5.
    pub pushed_authorization_request_endpoint: String,
    /// RFC 9126 §5: everybody may still come without.
    pub require_pushed_authorization_requests: bool,
    pub revocation_endpoint: String,
    pub introspection_endpoint: String,
    pub jwks_uri: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub registration_endpoint: Option<String>,
    pub client_id_metadata_document_supported: bool,
    pub response_types_supported: [&'static str; 1],
    pub response_modes_supported: [&'static str; 1],
    /// RFC 9207 §3.
    pub authorization_response_iss_parameter_supported: bool,
    pub grant_types_supported: Vec<&'static str>,
    pub token_endpoint_auth_methods_supported: Vec<&'static str>,
    /// For `private_key_jwt`; RFC 8414 requires it beside that.
    pub token_endpoint_auth_signing_alg_values_supported: [&'static str; 5],
    pub revocation_endpoint_auth_methods_supported: Vec<&'static str>,
    pub revocation_endpoint_auth_signing_alg_values_supported: [&'static str; 5],
    pub introspection_endpoint_auth_methods_supported: Vec<&'static str>,
    /// RFC 9701 §7.
    pub introspection_signing_alg_values_supported: [&'static str; 1],
    /// RFC 9449 §5.1.
    pub dpop_signing_alg_values_supported: [&'static str; 5],
    pub code_challenge_methods_supported: [&'static str; 1],
    pub scopes_supported: Vec<String>,
    /// RFC 9396 §10.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub authorization_details_types_supported: Vec<&'a str>,
    pub bearer_methods_supported: [&'static str; 1],
    pub resource: &'a str,
    pub authorization_servers: [&'a str; 1],
    pub protected_resources: Vec<&'a str>,
    pub service_documentation: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub op_policy_uri: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub op_tos_uri: Option<&'a str>,
    pub agent_auth: AgentAuth,
}

/// The document of OpenID Connect Discovery 1.0 §3: the same server, and what it says of
/// sign-in. What is not there is not offered; `request_uri` is, when it is one of ours
/// (RFC 9126), and never fetched, so the member that would default to `true` says `false`.
#[derive(Debug, Serialize)]
pub struct OpenIdProviderMetadata<'a> {
    #[serde(flatten)]
    pub server: AuthorizationServerMetadata<'a>,
    pub subject_types_supported: [&'static str; 1],
    pub id_token_signing_alg_values_supported: [&'static str; 1],
    pub claims_supported: [&'static str; 7],
    pub claims_parameter_supported: bool,
    pub request_parameter_supported: bool,
    pub request_uri_parameter_supported: bool,
}

/// The `agent_auth` block (auth.md, "Discovery").
#[derive(Debug, Serialize)]
pub struct AgentAuth {
    /// URL of the auth.md document.
    pub skill: String,
    pub identity_endpoint: String,
    pub claim_endpoint: String,
    pub identity_types_supported: Vec<&'static str>,
    /// The words of an earlier auth.md, where they are spoken too.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub user_claimed: Option<UserClaimedAuth>,
}

/// What an earlier auth.md calls its endpoints (contracts of Agent Analytics, 1.14).
#[derive(Debug, Serialize)]
pub struct UserClaimedAuth {
    pub register_uri: String,
    pub claim_uri: String,
    pub revocation_uri: String,
    pub user_claimed: CredentialTypes,
}

/// What agents of one type may be given (contracts of Agent Analytics, 1.14).
#[derive(Debug, Serialize)]
pub struct CredentialTypes {
    pub credential_types_supported: [&'static str; 1],
}
