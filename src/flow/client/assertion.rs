//! A client proves itself with its own key: `private_key_jwt` ([RFC 7523 §2.2]).
//!
//! [RFC 7523 §2.2]: https://www.rfc-editor.org/rfc/rfc7523#section-2.2

use super::keys;
use crate::app::App;
use crate::domain::change::Effect;
use crate::domain::client::{Authentication, Client, ClientKeys};
use crate::domain::limit::Count;
use crate::domain::origin::Occasion;
use crate::domain::replay::{Once, Use};
use crate::flow::error::too_often;
use crate::jose::{
    ClientAssertion, LEEWAY, Unacceptable, VerifiedClientAssertion, verify_client_assertion,
};
use crate::protocol::error::OAuthError;
use crate::store::StoreError;

/// The one `client_assertion_type` there is (RFC 7523 §2.2).
pub const TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// Whether this client made the assertion, for this server, just now, and for the first time
/// ([RFC 7523 §3]). Why not is for the log.
///
/// # Errors
///
/// The database is away, or too many documents were fetched for one address.
///
/// [RFC 7523 §3]: https://www.rfc-editor.org/rfc/rfc7523#section-3
pub async fn is_proven(
    app: &App,
    client: &Client,
    jwt: &str,
    occasion: &Occasion,
) -> Result<bool, OAuthError> {
    let Authentication::PrivateKeyJwt(keys) = &client.authentication else { return Ok(false) };
    match verified(app, client, keys, jwt, occasion).await? {
        Ok(assertion) => is_new(app, client, assertion, occasion).await,
        Err(problem) => {
            tracing::info!(client = client.id.as_str(), %problem, "a client assertion is refused");
            Ok(false)
        }
    }
}

const NO_KEYS: Unacceptable =
    Unacceptable { subject: "jwks_uri", problem: "leads to no JSON Web Key Set" };

type Verified = Result<VerifiedClientAssertion, Unacceptable>;

/// Keys that are fetched may have changed since: a refusal by older ones is tried again with
/// new ones.
async fn verified(
    app: &App,
    client: &Client,
    keys: &ClientKeys,
    jwt: &str,
    occasion: &Occasion,
) -> Result<Verified, OAuthError> {
    let endpoint = app.settings.issuer.url("/token");
    let audiences = [app.issuer(), endpoint.as_str()];
    let expected = ClientAssertion { client_id: client.id.as_str(), audiences };
    let judge = |keys: &str| verify_client_assertion(jwt, keys, expected, occasion.at);
    let uri = match keys {
        ClientKeys::Inline(set) => return Ok(judge(set)),
        ClientKeys::At(uri) => uri,
    };
    let Some(set) = keys::fetched(app, uri, occasion).await? else { return Ok(Err(NO_KEYS)) };
    match judge(&set) {
        Err(problem) => match keys::newer(app, uri, occasion).await? {
            Some(set) => Ok(judge(&set)),
            None => Ok(Err(problem)),
        },
        assertion => Ok(assertion),
    }
}

/// Remembers the `jti` until nobody could present it again.
async fn is_new(
    app: &App,
    client: &Client,
    assertion: VerifiedClientAssertion,
    occasion: &Occasion,
) -> Result<bool, OAuthError> {
    let most = app.settings.limits.client_assertions_per_address_per_hour;
    let from = occasion.from.network();
    let count = Count::hourly("client_assertion:address", &from, most.into(), occasion.at);
    let until = assertion.exp + LEEWAY;
    let used = Use::of(Once::ClientAssertion, client.id.as_str(), &assertion.jti, until);
    match app.store.apply(vec![Effect::Count(count), Effect::Remember(used)]).await {
        Ok(()) => Ok(true),
        Err(StoreError::Replayed) => Ok(false),
        Err(error) => Err(too_often(error, occasion.at)),
    }
}
