//! Agents that a provider vouches for: ID-JAG at the identity endpoint (auth.md,
//! "Register" with an identity assertion).

use crate::app::App;
use crate::jose::unverified_issuer;
use crate::protocol::agent::{IdentityRequest, RegistrationResponse};
use crate::protocol::agent_error::{AgentError, AgentErrorCode};

/// The one assertion type there is.
const ID_JAG: &str = "urn:ietf:params:oauth:token-type:id-jag";

/// Registers an agent with its provider's assertion. This is where providers plug in:
/// the issuer is looked up before anything else happens.
///
/// # Errors
///
/// `invalid_request` for what is no assertion, `issuer_not_enabled` for every issuer while
/// the trust list is empty. Nothing is spent by a refusal.
pub fn register(app: &App, request: &IdentityRequest) -> Result<RegistrationResponse, AgentError> {
    if request.assertion_type.as_deref().is_some_and(|kind| kind != ID_JAG) {
        return Err(AgentErrorCode::InvalidRequest.into());
    }
    let assertion = request.assertion.as_deref().ok_or(AgentErrorCode::InvalidRequest)?;
    // What names no issuer names none that is trusted.
    let issuer = unverified_issuer(assertion).unwrap_or_default();
    match *app.trusted.provider(&issuer).ok_or(AgentErrorCode::IssuerNotEnabled)? {}
}
