//! Client authentication ([RFC 6749 §2.3]): `none`, `client_secret_basic`,
//! `client_secret_post` and `private_key_jwt`.
//!
//! A client that has a secret may send it either way, whatever it registered: clients in
//! wide use post it after registering for Basic (RFC 7591 §2 lets the server decide).
//!
//! [RFC 6749 §2.3]: https://www.rfc-editor.org/rfc/rfc6749#section-2.3

use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use super::assertion;
use crate::app::App;
use crate::domain::change::Effect;
use crate::domain::client::{Authentication, Client};
use crate::domain::id::ClientId;
use crate::domain::limit::Count;
use crate::domain::origin::Occasion;
use crate::flow::dpop::Proof;
use crate::flow::error::{too_often, until_next_hour};
use crate::jose::unverified_issuer;
use crate::protocol::basic;
use crate::protocol::error::OAuthError;
use crate::protocol::form::Form;
use crate::protocol::secret::Digest;
use crate::protocol::thumbprint::Thumbprint;

/// A client that proved itself as well as it can: a public one named an id that exists.
/// Only [`authenticate`] makes it.
#[derive(Debug, Clone)]
pub struct AuthenticatedClient(Client);

impl AuthenticatedClient {
    #[must_use]
    pub fn client(&self) -> &Client {
        &self.0
    }

    #[must_use]
    pub fn into_client(self) -> Client {
        self.0
    }
}

/// What a request brings to prove who sends it ([RFC 6749 §2.3.1]).
///
/// [RFC 6749 §2.3.1]: https://www.rfc-editor.org/rfc/rfc6749#section-2.3.1
pub struct Presented<'a> {
    /// The one `Authorization` header.
    pub authorization: Option<&'a str>,
    pub form: &'a Form,
    /// The proof of possession beside it ([RFC 9449 §4]).
    ///
    /// [RFC 9449 §4]: https://www.rfc-editor.org/rfc/rfc9449#section-4
    pub proof: Option<Proof>,
}

impl Presented<'_> {
    /// The key whose possession the request proves ([RFC 9449 §5]).
    ///
    /// [RFC 9449 §5]: https://www.rfc-editor.org/rfc/rfc9449#section-5
    #[must_use]
    pub fn key(&self) -> Option<&Thumbprint> {
        self.proof.as_ref().map(Proof::key)
    }
}

/// Finds out which client asks.
///
/// Unknown clients and wrong secrets cost one look-up, one digest and one comparison alike,
/// and are told the same.
///
/// # Errors
///
/// `invalid_client` when nobody is named or the proof fails, `invalid_request` for two
/// proofs at once ([RFC 6749 §2.3]); where too many failed from one address before, not even
/// a right one counts (§2.3.1: "brute force").
///
/// [RFC 6749 §2.3]: https://www.rfc-editor.org/rfc/rfc6749#section-2.3
pub async fn authenticate(
    app: &App,
    presented: &Presented<'_>,
    occasion: &Occasion,
) -> Result<AuthenticatedClient, OAuthError> {
    let claim = Claim::read(presented)?;
    let failures = claim.evidence.is_some().then(|| failures(app, occasion));
    if let Some(count) = &failures
        && app.store.counted(count).await? >= count.most
    {
        return Err(OAuthError::RateLimited(until_next_hour(occasion.at)));
    }
    let client = super::find(app, &claim.id, occasion).await?;
    let proven = match (&claim.evidence, &client) {
        (Evidence::Secret(secret), client) => {
            is_proven(client.as_ref(), secret.as_ref(), &Digest::of)
        }
        (Evidence::Assertion(jwt), Some(client)) => {
            assertion::is_proven(app, client, jwt, occasion).await?
        }
        (Evidence::Assertion(_), None) => false,
    };
    if let Some(client) = client.filter(|_| proven) {
        return Ok(AuthenticatedClient(client));
    }
    if let Some(count) = failures {
        let counted = app.store.apply(vec![Effect::Count(count)]).await;
        counted.map_err(|error| too_often(error, occasion.at))?;
    }
    Err(OAuthError::InvalidClient)
}

/// Failed proofs from one address.
fn failures(app: &App, occasion: &Occasion) -> Count {
    let most = app.settings.limits.client_authentication_failures_per_address_per_hour;
    Count::hourly("client:address", &occasion.from.network(), most.into(), occasion.at)
}

/// Who the request says it is, and how it means to show that.
struct Claim<'a> {
    id: ClientId,
    evidence: Evidence<'a>,
}

enum Evidence<'a> {
    /// A secret, or nothing at all.
    Secret(Option<Zeroizing<String>>),
    /// [RFC 7523 §2.2].
    ///
    /// [RFC 7523 §2.2]: https://www.rfc-editor.org/rfc/rfc7523#section-2.2
    Assertion(&'a str),
}

impl Evidence<'_> {
    /// Whether there is anything that could be wrong.
    const fn is_some(&self) -> bool {
        !matches!(self, Self::Secret(None))
    }
}

const TWO_WAYS: OAuthError = OAuthError::InvalidRequest("the client authenticates in two ways");

impl<'a> Claim<'a> {
    fn read(presented: &Presented<'a>) -> Result<Self, OAuthError> {
        let form = presented.form;
        let posted = form.get("client_secret").map(|secret| Zeroizing::new(secret.to_owned()));
        let named = form.get("client_id");
        let assertion = form.get("client_assertion");
        let ways = [presented.authorization.is_some(), posted.is_some(), assertion.is_some()];
        if ways.into_iter().filter(|way| *way).count() > 1 {
            return Err(TWO_WAYS);
        }
        if let Some(header) = presented.authorization {
            return Self::of_basic(header, named);
        }
        if let Some(assertion) = assertion {
            return Self::of_assertion(assertion, form);
        }
        let id = named.ok_or(OAuthError::InvalidClient)?;
        Ok(Self { id: ClientId(id.to_owned()), evidence: Evidence::Secret(posted) })
    }

    fn of_basic(header: &str, named: Option<&str>) -> Result<Self, OAuthError> {
        let basic = basic::parse(header).ok_or(OAuthError::InvalidClient)?;
        if named.is_some_and(|named| named != basic.client_id) {
            return Err(OAuthError::InvalidClient);
        }
        // RFC 6749 §2.3.1: an empty secret may as well be left out.
        let secret = Some(basic.secret).filter(|secret| !secret.is_empty());
        Ok(Self { id: ClientId(basic.client_id), evidence: Evidence::Secret(secret) })
    }

    /// Without a `client_id` the assertion says whose it is ([RFC 7521 §4.2]); whether that
    /// is so is verified against that client's keys.
    ///
    /// [RFC 7521 §4.2]: https://www.rfc-editor.org/rfc/rfc7521#section-4.2
    fn of_assertion(assertion: &'a str, form: &Form) -> Result<Self, OAuthError> {
        if form.get("client_assertion_type") != Some(assertion::TYPE) {
            return Err(OAuthError::InvalidClient);
        }
        let named = form.get("client_id").map(ToOwned::to_owned);
        let id = named.or_else(|| unverified_issuer(assertion)).ok_or(OAuthError::InvalidClient)?;
        Ok(Self { id: ClientId(id), evidence: Evidence::Assertion(assertion) })
    }
}

/// Whether the secret is the client's: one digest and one comparison in every case.
fn is_proven(
    client: Option<&Client>,
    secret: Option<&Zeroizing<String>>,
    digest: &dyn Fn(&[u8]) -> Digest,
) -> bool {
    let authentication = client.map(|client| &client.authentication);
    let expected = match authentication {
        Some(Authentication::Secret(expected)) => *expected,
        _ => Digest([0; 32]),
    };
    let shown = digest(secret.map_or(&[], |secret| secret.as_bytes()));
    let same: bool = expected.0.ct_eq(&shown.0).into();
    match authentication {
        Some(Authentication::Secret(_)) => same,
        Some(Authentication::None) => secret.is_none(),
        Some(Authentication::PrivateKeyJwt(_)) | None => false,
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;
    use crate::domain::client::ClientSource;
    use crate::protocol::scope::Scopes;

    fn client(authentication: Authentication) -> Client {
        Client {
            id: ClientId("client1".to_owned()),
            source: ClientSource::Registered,
            name: None,
            redirect_uris: Vec::new(),
            authentication,
            grant_types: Vec::new(),
            ceiling: Scopes::new(),
        }
    }

    /// Whether the secret proves the client, and how many digests that took.
    fn proven(client: Option<&Client>, secret: Option<&str>) -> (bool, usize) {
        let secret = secret.map(|text| Zeroizing::new(text.to_owned()));
        let count = Cell::new(0);
        let counted = |bytes: &[u8]| {
            count.set(count.get() + 1);
            Digest::of(bytes)
        };
        (is_proven(client, secret.as_ref(), &counted), count.get())
    }

    /// Case 149: nobody learns from the work done whether a client exists.
    #[test]
    fn an_unknown_client_costs_the_digests_of_a_wrong_secret() {
        let known = client(Authentication::Secret(Digest::of(b"right")));
        let public = client(Authentication::None);
        assert_eq!(proven(Some(&known), Some("right")), (true, 1));
        assert_eq!(proven(Some(&known), Some("wrong")), (false, 1));
        assert_eq!(proven(Some(&known), None), (false, 1));
        assert_eq!(proven(None, Some("right")), (false, 1));
        assert_eq!(proven(None, None), (false, 1));
        assert_eq!(proven(Some(&public), None), (true, 1));
        assert_eq!(proven(Some(&public), Some("any")), (false, 1));
    }
}
