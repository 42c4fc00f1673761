//! What an API says about itself before it is protected, and whom it asks.

use std::path::PathBuf;
use std::time::Duration;

use super::introspect::Introspect;
use super::over_http::OverHttp;
use super::proof::Proofs;
use super::protected_resource::ProtectedResource;
use super::remembered::Remembered;
use crate::clock::Clock;
use crate::entropy::NoEntropy;
use crate::outbound;
use crate::protocol::issuer::{Issuer, NotAnIssuer};
use crate::protocol::resource_identifier::{NotAResource, ResourceIdentifier};
use crate::protocol::scope::{NotAScope, Scopes};

/// How long an answer is believed, if nothing else is said.
const REMEMBER: Duration = Duration::from_secs(5);
/// The longest: what a person has ended is over within a minute.
const REMEMBER_AT_MOST: Duration = Duration::from_mins(1);
/// How long a question may take, if nothing else is said.
const PATIENCE: Duration = Duration::from_secs(2);

/// An API before it is protected. Made by [`ProtectedResource::describe`], finished by
/// [`introspected_as`](Self::introspected_as) or [`introspected_by`](Self::introspected_by).
#[must_use = "a description protects nothing"]
pub struct Description {
    identifier: String,
    authorization_server: String,
    name: Option<String>,
    scopes: String,
    default_scopes: String,
    remember: Duration,
    patience: Duration,
    ca_file: Option<PathBuf>,
    below: Option<String>,
    clock: Clock,
}

/// A description, checked.
pub(super) struct Checked {
    pub identifier: ResourceIdentifier,
    pub authorization_server: Issuer,
    pub name: String,
    pub scopes: Scopes,
    pub default_scopes: Scopes,
}

/// Why an API cannot be protected as it was described.
#[derive(Debug, thiserror::Error)]
pub enum SetUpError {
    /// Not an identifier of RFC 8707 §2.
    #[error("the resource: {0}")]
    Resource(NotAResource),
    /// Not an issuer of RFC 8414 §2.
    #[error("the authorization server: {0}")]
    AuthorizationServer(NotAnIssuer),
    /// Not a scope of RFC 6749 §3.3.
    #[error("the scopes: {0}")]
    Scopes(NotAScope),
    /// Whoever asks for these would ask for something that is not offered.
    #[error("default scopes that are not among the scopes: {0}")]
    UnknownDefault(Scopes),
    /// RFC 7662 §2.1 requires the asking server to prove itself.
    #[error("client_id or secret is empty")]
    Credentials,
    /// Revocation would come too late.
    #[error("answers may be remembered for a minute at most")]
    TooLong,
    /// The HTTP client or its trust anchors.
    #[error(transparent)]
    Trust(outbound::SetUpError),
    /// For the nonces of proofs (RFC 9449 §9).
    #[error(transparent)]
    NoEntropy(#[from] NoEntropy),
}

impl Description {
    pub(super) fn new(identifier: &str, authorization_server: &str) -> Self {
        Self {
            identifier: identifier.to_owned(),
            authorization_server: authorization_server.to_owned(),
            name: None,
            scopes: String::new(),
            default_scopes: String::new(),
            remember: REMEMBER,
            patience: PATIENCE,
            ca_file: None,
            below: None,
            clock: Clock::System,
        }
    }

    /// What people call it: `resource_name` of [RFC 9728 §2]. The host, if nothing is said.
    ///
    /// [RFC 9728 §2]: https://www.rfc-editor.org/rfc/rfc9728#section-2
    pub fn name(mut self, name: &str) -> Self {
        self.name = Some(name.to_owned());
        self
    }

    /// Every scope that a requirement may name, separated by spaces, the same as at Countersign;
    /// without [`default_scopes`](Self::default_scopes) also `scopes_supported` of [RFC 9728 §2].
    ///
    /// [RFC 9728 §2]: https://www.rfc-editor.org/rfc/rfc9728#section-2
    pub fn scopes(mut self, scopes: &str) -> Self {
        scopes.clone_into(&mut self.scopes);
        self
    }

    /// What an agent is told to ask for where any live session will do ([RFC 6750 §3]), and all
    /// that `scopes_supported` says ([RFC 9728 §2]), because agents ask for the whole of that.
    /// Without it such an agent is told nothing, and may ask for everything.
    ///
    /// [RFC 6750 §3]: https://www.rfc-editor.org/rfc/rfc6750#section-3
    /// [RFC 9728 §2]: https://www.rfc-editor.org/rfc/rfc9728#section-2
    pub fn default_scopes(mut self, scopes: &str) -> Self {
        scopes.clone_into(&mut self.default_scopes);
        self
    }

    /// How long an answer about a live token is believed: five seconds if nothing is said, a
    /// minute at most, zero to ask every time ([RFC 7662 §4]). An agent goes on for so long
    /// after its person has disconnected it.
    ///
    /// [RFC 7662 §4]: https://www.rfc-editor.org/rfc/rfc7662#section-4
    pub fn remember(mut self, span: Duration) -> Self {
        self.remember = span;
        self
    }

    /// How long a question may take before the agent hears 503: two seconds if nothing is said.
    pub fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// PEM certificates to trust beside the public authorities, for a Countersign whose
    /// certificate comes from a private one.
    pub fn ca_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.ca_file = Some(path.into());
        self
    }

    /// Where the paths of the API begin for whoever calls it: its origin, if nothing is said. To
    /// be said where a proxy takes a part of the path off, because a proof of possession names
    /// the whole address (`htu`, [RFC 9449 §4.2]).
    ///
    /// [RFC 9449 §4.2]: https://www.rfc-editor.org/rfc/rfc9449#section-4.2
    pub fn reached_below(mut self, address: &str) -> Self {
        self.below = Some(address.trim_end_matches('/').to_owned());
        self
    }

    /// Reads this clock, where the server of the tokens does.
    pub(crate) fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// Protects it: every token is asked about over HTTP, as the client with these credentials
    /// ([RFC 7662 §2.1]).
    ///
    /// # Errors
    ///
    /// See [`SetUpError`].
    ///
    /// [RFC 7662 §2.1]: https://www.rfc-editor.org/rfc/rfc7662#section-2.1
    pub fn introspected_as(
        self,
        client_id: &str,
        secret: &str,
    ) -> Result<ProtectedResource, SetUpError> {
        if self.remember > REMEMBER_AT_MOST {
            return Err(SetUpError::TooLong);
        }
        let checked = self.checked()?;
        let server = &checked.authorization_server;
        let ca_file = self.ca_file.as_deref();
        let over_http = OverHttp::new(server, (client_id, secret), self.patience, ca_file)?;
        let remembered = Remembered::new(over_http, self.remember, self.clock.clone());
        self.protected(checked, Box::new(remembered))
    }

    /// Protects it: `source` is asked about every token, every time.
    ///
    /// # Errors
    ///
    /// See [`SetUpError`].
    pub fn introspected_by(
        self,
        source: impl Introspect + 'static,
    ) -> Result<ProtectedResource, SetUpError> {
        let checked = self.checked()?;
        self.protected(checked, Box::new(source))
    }

    fn protected(
        self,
        checked: Checked,
        source: Box<dyn Introspect>,
    ) -> Result<ProtectedResource, SetUpError> {
        let base = self.below.unwrap_or_else(|| checked.identifier.origin());
        let proofs = Proofs::new(base, self.clock)?;
        Ok(ProtectedResource::new(checked, source, proofs))
    }

    fn checked(&self) -> Result<Checked, SetUpError> {
        let identifier: ResourceIdentifier =
            self.identifier.parse().map_err(SetUpError::Resource)?;
        let authorization_server =
            self.authorization_server.parse().map_err(SetUpError::AuthorizationServer)?;
        let scopes = Scopes::stored(&self.scopes).map_err(SetUpError::Scopes)?;
        let default_scopes = Scopes::stored(&self.default_scopes).map_err(SetUpError::Scopes)?;
        if !scopes.covers(&default_scopes) {
            return Err(SetUpError::UnknownDefault(default_scopes.without(&scopes)));
        }
        let origin = identifier.origin();
        let host = origin.split_once("://").map_or(origin.as_str(), |(_, host)| host);
        let name = self.name.clone().unwrap_or_else(|| host.to_owned());
        Ok(Checked { identifier, authorization_server, name, scopes, default_scopes })
    }
}
