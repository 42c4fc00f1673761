//! The settings: four layers, read once at start, checked as a whole.
//!
//! `countersign.default.toml` is the manual and the lowest layer. A [`Settings`] exists only
//! if everything in it is possible; otherwise the operator gets every [`Problem`] at once.

use std::net::SocketAddr;
use std::path::PathBuf;

use ipnet::IpNet;

use crate::domain::resource::Resource;
use crate::protocol::timestamp::Seconds;

mod check;
mod database;
mod entry;
mod issuer;
mod layers;
mod problem;
mod reader;
mod resources;
mod show;
mod span;

pub use database::{DatabaseUrl, PostgresUrl};
pub use issuer::{Issuer, is_loopback_host};
pub use layers::{DEFAULTS, Flags, Sources};
pub use problem::{Origin, Problem};
pub use resources::{DEMO_CLIENT_ID, DEMO_CLIENT_SECRET};
pub use show::show;

/// Everything an operator can decide, checked.
#[derive(Debug, Clone)]
pub struct Settings {
    pub issuer: Issuer,
    pub listen: SocketAddr,
    /// Where `GET /metrics` answers; nowhere when `None`.
    pub metrics_listen: Option<SocketAddr>,
    pub database: DatabaseUrl,
    pub tls: Option<TlsFiles>,
    /// Whose `Forwarded` is believed, for the caller's address only.
    pub trusted_proxies: Vec<IpNet>,
    pub secrets_file: PathBuf,
    pub service: Service,
    /// Whether the demo API is mounted; its resource is then the last of `resources`.
    pub demo: bool,
    /// Never empty. The first is the default resource.
    pub resources: Vec<Resource>,
    pub agents: Agents,
    pub sessions: Sessions,
    pub accounts: Accounts,
    pub outbound: Outbound,
    pub limits: Limits,
}

/// A certificate chain and its key, PEM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsFiles {
    pub certificate: PathBuf,
    pub key: PathBuf,
}

/// How the service presents itself; the rest are URLs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    pub name: String,
    pub documentation: Option<String>,
    pub logo: Option<String>,
    /// May be a `mailto:` address.
    pub support: Option<String>,
    pub terms: Option<String>,
    pub privacy: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Agents {
    pub anonymous: bool,
    pub service_auth: bool,
    pub typed_codes: bool,
    pub claim_ttl: Seconds,
    pub attempt_ttl: Seconds,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sessions {
    pub access_ttl: Seconds,
    pub refresh_ttl: Seconds,
    pub max_lifetime: Seconds,
    pub idle_ttl: Seconds,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Accounts {
    pub sign_up: SignUp,
}

/// Who may create an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignUp {
    Open,
    Closed,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outbound {
    pub ca_file: Option<PathBuf>,
    /// Hosts, lower-case, that strangers' URLs may name although private.
    pub allow: Vec<String>,
}

/// How often is too often, and how much too much; named as in `[limits]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    pub anonymous_registrations_per_address_per_hour: u32,
    pub anonymous_registrations_per_hour: u32,
    pub service_auth_registrations_per_address_per_hour: u32,
    pub service_auth_registrations_per_hour: u32,
    pub claim_attempts_per_registration_per_hour: u32,
    pub sign_in_failures_per_account_per_hour: u32,
    pub sign_in_failures_per_address_per_hour: u32,
    pub sign_ups_per_address_per_hour: u32,
    pub code_guesses_per_account_per_hour: u32,
    pub code_guesses_per_address_per_hour: u32,
    pub body_bytes: u32,
    pub body_seconds: u32,
}

/// Reads and checks the settings.
///
/// # Errors
///
/// Every reason not to start.
pub fn load(sources: &Sources) -> Result<Settings, Vec<Problem>> {
    check::settings(&layers::Layers::read(sources))
}

/// Every reason not to start with these settings; none when they are sound.
#[must_use]
pub fn check(sources: &Sources) -> Vec<Problem> {
    load(sources).err().unwrap_or_default()
}
