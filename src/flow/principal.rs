//! Who is asking. These types gate: only this file makes them, each from its proof.

use std::sync::Arc;

use crate::app::App;
use crate::domain::account::Account;
use crate::domain::api_key::{ApiKey, KeyKind};
use crate::flow::api_key;
use crate::flow::error::PersonError;
use crate::flow::introspect::{self, LiveToken};
use crate::jose::ConsoleClaims;
use crate::protocol::basic::BasicCredentials;
use crate::protocol::resource_identifier::ResourceIdentifier;
use crate::protocol::secret::{Digest, Secret, SecretKind};
use crate::protocol::timestamp::{Seconds, Timestamp};
use crate::store::StoreError;
use subtle::ConstantTimeEq as _;

/// A person, signed in in this browser.
#[derive(Debug, Clone)]
pub struct Human {
    account: Account,
    browser: Digest,
    mark: Option<Digest>,
    signed_in_at: Timestamp,
    confirms: bool,
}

impl Human {
    #[must_use]
    pub fn account(&self) -> &Account {
        &self.account
    }

    /// Whether this person signed in so recently that a risky yes may be theirs alone: with a
    /// passkey, if the account has one.
    #[must_use]
    pub fn is_fresh(&self, now: Timestamp) -> bool {
        self.confirms && now < self.signed_in_at + FRESH
    }

    /// Whether this sign-in would count where a fresh one is asked for: that of a password does not,
    /// once its account has a passkey.
    #[must_use]
    pub fn confirms(&self) -> bool {
        self.confirms
    }

    /// When this person signed in.
    #[must_use]
    pub fn signed_in_at(&self) -> Timestamp {
        self.signed_in_at
    }

    /// Digest of the mark that this browser got when an agent sent it here.
    #[must_use]
    pub fn mark(&self) -> Option<&Digest> {
        self.mark.as_ref()
    }

    /// Digest of the cookie that proves it.
    #[must_use]
    pub fn browser(&self) -> &Digest {
        &self.browser
    }
}

/// A signed-in person who administers this server. The account was read for this request, so
/// whoever is dismissed is none on the next.
#[derive(Debug, Clone, Copy)]
pub struct Administrator<'a>(&'a Human);

impl<'a> Administrator<'a> {
    #[must_use]
    pub fn account(&self) -> &'a Account {
        &self.0.account
    }

    /// As [`Human::is_fresh`].
    #[must_use]
    pub fn is_fresh(&self, now: Timestamp) -> bool {
        self.0.is_fresh(now)
    }
}

/// This person as an administrator, if that is what the account says.
#[must_use]
pub fn administrator(human: &Human) -> Option<Administrator<'_>> {
    human.account.administrator.then_some(Administrator(human))
}

/// How long a sign-in counts as fresh for scopes that spend or delete.
const FRESH: Seconds = Seconds::MINUTE.times(5);

/// A person's script, with the token that the person's browser handed out for one profile.
#[derive(Debug, Clone)]
pub struct Console {
    account: Account,
    claims: ConsoleClaims,
}

impl Console {
    #[must_use]
    pub fn account(&self) -> &Account {
        &self.account
    }

    /// What its token says.
    #[must_use]
    pub fn claims(&self) -> &ConsoleClaims {
        &self.claims
    }
}

/// A key that is used on itself.
#[derive(Debug, Clone)]
pub struct KeyItself(ApiKey);

impl KeyItself {
    #[must_use]
    pub fn key(&self) -> &ApiKey {
        &self.0
    }
}

/// An agent with a live access token for one resource.
pub struct AgentSession(Arc<LiveToken>);

impl AgentSession {
    #[must_use]
    pub fn token(&self) -> &LiveToken {
        &self.0
    }
}

/// A resource server that proved itself; it sees tokens of its own resource only.
#[derive(Debug, Clone)]
pub struct ResourceServer<'a> {
    resource: &'a ResourceIdentifier,
    client_id: &'a str,
}

impl<'a> ResourceServer<'a> {
    /// Its own name, as it proved it.
    #[must_use]
    pub fn client_id(&self) -> &'a str {
        self.client_id
    }

    #[must_use]
    pub fn resource(&self) -> &'a ResourceIdentifier {
        self.resource
    }
}

/// The person whose cookie this is, in the browser that has this mark.
///
/// # Errors
///
/// The database is away.
pub async fn human(
    app: &App,
    cookie: &str,
    mark: Option<&Secret>,
    now: Timestamp,
) -> Result<Option<Human>, PersonError> {
    let Some(secret) = Secret::parse(SecretKind::Browser, cookie) else { return Ok(None) };
    let browser = secret.digest();
    let signed_in = app.store.signed_in(&browser, now).await?;
    let mark = mark.map(Secret::digest);
    Ok(signed_in.map(|(account, session)| Human {
        account,
        browser,
        mark,
        signed_in_at: session.created_at,
        confirms: session.confirms,
    }))
}

/// The person whose script this token was handed to, while the browser that did so is signed in.
/// Nothing of it is remembered, so that signing out is true on the next request.
///
/// # Errors
///
/// The database is away.
pub async fn console(
    app: &App,
    token: &str,
    now: Timestamp,
) -> Result<Option<Console>, StoreError> {
    let claims = app.keyring.verify_console_token(token, app.issuer(), now);
    let Ok(claims) = claims else { return Ok(None) };
    let is_offered = app.settings.profiles.iter().any(|profile| {
        let named = profile.name == claims.profile && profile.resource.as_str() == claims.aud;
        named && profile.console.is_some()
    });
    let Some(browser) = claims.browser().filter(|_| is_offered) else { return Ok(None) };
    let signed_in = app.store.signed_in(&browser, now).await?;
    let account = signed_in.map(|(account, _)| account);
    let account = account.filter(|account| account.id.as_str() == claims.sub);
    Ok(account.map(|account| Console { account, claims }))
}

/// The live key that this text is, of a profile's kind.
///
/// # Errors
///
/// The database is away.
pub async fn key_itself(
    app: &App,
    (profile, kind): (&str, KeyKind),
    text: &str,
    now: Timestamp,
) -> Result<Option<KeyItself>, StoreError> {
    let Some((_, digest)) = api_key::recognized(app, text) else { return Ok(None) };
    let key = app.store.api_key_with(&digest).await?;
    let own = |key: &ApiKey| key.profile == profile && key.kind == kind && key.is_live(now);
    Ok(key.filter(own).map(KeyItself))
}

/// The agent whose access token this is, at `resource`. A key is no agent's.
///
/// # Errors
///
/// The database is away.
pub async fn agent(
    app: &App,
    resource: &ResourceIdentifier,
    token: &str,
    now: Timestamp,
) -> Result<Option<AgentSession>, StoreError> {
    let live = introspect::introspect(app, resource, token, now).await?;
    let of_session = |live: &Arc<LiveToken>| live.credential.holder.session().is_some();
    Ok(live.filter(of_session).map(AgentSession))
}

/// The resource server of these credentials. An unknown name costs the same comparison as
/// a wrong secret.
#[must_use]
pub fn resource_server<'a>(
    app: &'a App,
    credentials: &BasicCredentials,
) -> Option<ResourceServer<'a>> {
    let presented = Digest::of(credentials.secret.as_bytes());
    let mut found = None;
    for resource in &app.settings.resources {
        for client in &resource.introspection {
            if client.client_id == credentials.client_id {
                found = Some((resource, client));
            }
        }
    }
    let expected = found.map_or(Digest([0; 32]), |(_, client)| client.secret);
    let proven: bool = expected.0.ct_eq(&presented.0).into();
    found.filter(|_| proven).map(|(resource, client)| ResourceServer {
        resource: &resource.identifier,
        client_id: &client.client_id,
    })
}
