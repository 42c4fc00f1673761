//! `[limits]`.

use super::reader::Reader;

/// How often is too often, and how much too much; named as in `[limits]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    pub anonymous_registrations_per_address_per_hour: u32,
    pub anonymous_registrations_per_hour: u32,
    pub service_auth_registrations_per_address_per_hour: u32,
    pub service_auth_registrations_per_hour: u32,
    pub client_registrations_per_address_per_hour: u32,
    pub client_registrations_per_hour: u32,
    pub client_documents_per_address_per_hour: u32,
    pub claim_attempts_per_registration_per_hour: u32,
    pub sign_in_failures_per_account_per_hour: u32,
    pub sign_in_failures_per_address_per_hour: u32,
    pub sign_ups_per_address_per_hour: u32,
    pub letters_asked_for_per_address_per_hour: u32,
    pub letters_per_mailbox_per_hour: u32,
    pub api_keys_per_account_per_hour: u32,
    pub session_tokens_per_key_per_hour: u32,
    pub projects_per_account: u32,
    pub agents_per_account: u32,
    pub organizations_per_account: u32,
    pub members_per_organization: u32,
    pub invitations_per_organization_per_hour: u32,
    pub projects_per_account_per_hour: u32,
    pub leak_reports_per_address_per_hour: u32,
    pub authorization_requests_per_address_per_hour: u32,
    pub refreshes_per_session_per_hour: u32,
    pub exchanges_per_session_per_hour: u32,
    pub assertion_exchanges_per_registration_per_hour: u32,
    pub proofs_per_unclaimed_session_per_hour: u32,
    pub machine_tokens_per_client_per_hour: u32,
    pub client_authentication_failures_per_address_per_hour: u32,
    pub client_assertions_per_address_per_hour: u32,
    pub code_guesses_per_account_per_hour: u32,
    pub code_guesses_per_address_per_hour: u32,
    pub body_bytes: u32,
    pub body_seconds: u32,
}

#[expect(clippy::too_many_lines, reason = "one line per setting")]
pub(super) fn read(reader: &mut Reader<'_>) -> Limits {
    let mut limit = |name: &str| reader.count(&format!("limits.{name}"));
    Limits {
        anonymous_registrations_per_address_per_hour: limit(
            "anonymous_registrations_per_address_per_hour",
        ),
        anonymous_registrations_per_hour: limit("anonymous_registrations_per_hour"),
        service_auth_registrations_per_address_per_hour: limit(
            "service_auth_registrations_per_address_per_hour",
        ),
        service_auth_registrations_per_hour: limit("service_auth_registrations_per_hour"),
        client_registrations_per_address_per_hour: limit(
            "client_registrations_per_address_per_hour",
        ),
        client_registrations_per_hour: limit("client_registrations_per_hour"),
        client_documents_per_address_per_hour: limit("client_documents_per_address_per_hour"),
        claim_attempts_per_registration_per_hour: limit("claim_attempts_per_registration_per_hour"),
        sign_in_failures_per_account_per_hour: limit("sign_in_failures_per_account_per_hour"),
        sign_in_failures_per_address_per_hour: limit("sign_in_failures_per_address_per_hour"),
        sign_ups_per_address_per_hour: limit("sign_ups_per_address_per_hour"),
        letters_asked_for_per_address_per_hour: limit("letters_asked_for_per_address_per_hour"),
        letters_per_mailbox_per_hour: limit("letters_per_mailbox_per_hour"),
        api_keys_per_account_per_hour: limit("api_keys_per_account_per_hour"),
        session_tokens_per_key_per_hour: limit("session_tokens_per_key_per_hour"),
        projects_per_account: limit("projects_per_account"),
        agents_per_account: limit("agents_per_account"),
        organizations_per_account: limit("organizations_per_account"),
        members_per_organization: limit("members_per_organization"),
        invitations_per_organization_per_hour: limit("invitations_per_organization_per_hour"),
        projects_per_account_per_hour: limit("projects_per_account_per_hour"),
        leak_reports_per_address_per_hour: limit("leak_reports_per_address_per_hour"),
        authorization_requests_per_address_per_hour: limit(
            "authorization_requests_per_address_per_hour",
        ),
        refreshes_per_session_per_hour: limit("refreshes_per_session_per_hour"),
        exchanges_per_session_per_hour: limit("exchanges_per_session_per_hour"),
        assertion_exchanges_per_registration_per_hour: limit(
            "assertion_exchanges_per_registration_per_hour",
        ),
        proofs_per_unclaimed_session_per_hour: limit("proofs_per_unclaimed_session_per_hour"),
        machine_tokens_per_client_per_hour: limit("machine_tokens_per_client_per_hour"),
        client_authentication_failures_per_address_per_hour: limit(
            "client_authentication_failures_per_address_per_hour",
        ),
        client_assertions_per_address_per_hour: limit("client_assertions_per_address_per_hour"),
        code_guesses_per_account_per_hour: limit("code_guesses_per_account_per_hour"),
        code_guesses_per_address_per_hour: limit("code_guesses_per_address_per_hour"),
        body_bytes: limit("body_bytes"),
        body_seconds: limit("body_seconds"),
    }
}
