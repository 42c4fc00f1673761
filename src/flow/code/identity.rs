//! Who answered, told to the client that asked (OpenID Connect Core 1.0 §2): the account's
//! opaque identifier and when that person signed in, and nothing more about them.

use crate::app::App;
use crate::domain::approval::Approved;
use crate::domain::ask::Ask;
use crate::flow::delivery::Pair;
use crate::jose::{IdTokenClaims, JoseError};
use crate::protocol::scope::OPENID;
use crate::protocol::timestamp::Seconds;
use crate::protocol::token_response::TokenResponse;

/// How long an ID token is good for: it is looked at once, when it arrives.
const LIFETIME: Seconds = Seconds::MINUTE.times(5);

/// The answer with an ID token, where the question asked for one (OpenID Connect Core 1.0
/// §3.1.3.3). `openid` is then among the scopes of the answer, and of no token.
///
/// # Errors
///
/// The cryptography failed.
pub fn with_id_token(
    app: &App,
    response: TokenResponse,
    ask: &Ask,
    approved: &Approved,
    pair: &Pair,
) -> Result<TokenResponse, JoseError> {
    let (Some(identity), Some(client)) = (ask.identity(), ask.client.as_ref()) else {
        return Ok(response);
    };
    let id_token = app.keyring.sign_id_token(&IdTokenClaims {
        iss: app.issuer(),
        sub: approved.by.as_str(),
        aud: client.id.as_str(),
        iat: pair.issued_at.0,
        exp: (pair.issued_at + LIFETIME).0,
        auth_time: approved.signed_in_at.map(|time| time.0),
        nonce: identity.nonce.as_deref(),
    })?;
    let known = pair.scopes.contains(OPENID);
    let scope = if known { response.scope } else { format!("{OPENID} {}", response.scope) };
    Ok(TokenResponse { scope, id_token: Some(id_token), ..response })
}
