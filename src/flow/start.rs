//! Starting: open the database, recognise the master secret, unseal the signing keys.

use std::sync::Arc;

use crate::app::App;
use crate::clock::Clock;
use crate::config::{DatabaseUrl, MailRelay, MailWay, Places, PlacesError, Settings};
use crate::domain::trust::TrustList;
use crate::entropy::{Entropy, NoEntropy};
use crate::flow::client::document::Documents;
use crate::flow::client::keys::KeySets;
use crate::flow::history;
use crate::flow::introspect::LiveTokens;
use crate::flow::passkey;
use crate::flow::password::Hasher;
use crate::flow::plan::Allowances;
use crate::flow::usage::Usage;
use crate::flow::webhook;
use crate::jose::{JoseError, Keyring, SigningKey};
use crate::metrics::Metrics;
use crate::outbound::{Fetcher, Messenger, Postman, Relay, Security, SetUpError};
use crate::protocol::timestamp::Timestamp;
use crate::store::{self, Database, Location, OpenError, Store, StoreError};
use crate::vault::{MasterSecret, Vault, VaultError};

/// Why the server does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error(transparent)]
    Database(#[from] OpenError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Vault(#[from] VaultError),
    #[error(transparent)]
    Key(#[from] JoseError),
    #[error(transparent)]
    NoEntropy(#[from] NoEntropy),
    #[error(transparent)]
    Outbound(#[from] SetUpError),
    #[error("places_file: {0}")]
    Places(#[from] PlacesError),
    /// A database with content and no master secret: starting would orphan every key in it.
    #[error(
        "the database has content, but its master secret {0} is missing; restore the file, \
         or name the right one in secrets_file"
    )]
    MissingMaster(String),
    #[error(
        "the master secret {0} is not the one this database was made with; name the right \
         file in secrets_file"
    )]
    WrongMaster(String),
}

impl StartError {
    /// Whether the settings are to blame: what they name is there and is not what they say.
    /// Nothing has been changed then.
    #[must_use]
    pub const fn is_misconfiguration(&self) -> bool {
        matches!(
            self,
            Self::MissingMaster(_)
                | Self::WrongMaster(_)
                | Self::Vault(VaultError::Malformed)
                | Self::Places(_)
                | Self::Outbound(
                    SetUpError::Unreadable(..)
                        | SetUpError::Empty(_)
                        | SetUpError::NotAnAnchor(..)
                        | SetUpError::Sender
                )
        )
    }
}

/// Where the rows are, from the settings.
fn location(settings: &Settings) -> Location {
    match &settings.database {
        DatabaseUrl::Sqlite(path) => Location::Sqlite(path.clone()),
        DatabaseUrl::Postgres(url) => Location::Postgres(url.reveal().to_owned()),
    }
}

/// Brings the database up to date.
///
/// # Errors
///
/// The database cannot be used; nothing of a migration is kept then.
pub async fn migrate(settings: &Settings) -> Result<(), OpenError> {
    store::migrate(&location(settings)).await
}

/// Builds everything one node is made of.
///
/// # Errors
///
/// See [`StartError`]; nothing listens then.
pub async fn start(settings: Settings, clock: Clock, entropy: Entropy) -> Result<App, StartError> {
    let (fetch, messenger, postman) = ways_out(&settings)?;
    let places = settings.places_file.as_deref().map(Places::open).transpose()?;
    let location = location(&settings);
    recognise(&settings, &location).await?;
    store::migrate(&location).await?;
    let metrics = Arc::new(Metrics::new());
    let database = open(&location, &metrics).await?;
    let live = LiveTokens::new(database.denied());
    let store = Store::new(database, entropy.clone());
    let vault = open_vault(&settings, &store, &entropy).await?;
    let seals =
        history::begin(&store, &vault, &entropy.identifier("history", clock.now())?).await?;
    let store = store.sealing(seals.clone());
    webhook::begin(&store, &settings.webhooks).await?;
    let keyring = keyring(&store, &vault, &entropy, clock.now()).await?;
    Ok(App {
        relying_party: passkey::relying_party(&settings),
        hasher: Hasher::default(),
        usage: Usage::default(),
        allowances: Allowances::default(),
        trusted: TrustList::default(),
        settings,
        store,
        live,
        seals,
        vault,
        keyring,
        clock,
        entropy,
        fetch,
        messenger,
        postman,
        documents: Documents::default(),
        key_sets: KeySets::default(),
        metrics,
        places,
    })
}

async fn open(location: &Location, metrics: &Arc<Metrics>) -> Result<Database, OpenError> {
    let observed = Arc::clone(metrics);
    Database::open(location, Arc::new(move |changes| observed.committed(changes))).await
}

fn ways_out(settings: &Settings) -> Result<(Fetcher, Messenger, Option<Postman>), SetUpError> {
    let outbound = &settings.outbound;
    let fetch = Fetcher::network(outbound.ca_file.as_deref(), &outbound.allow)?;
    Ok((fetch, Messenger::new(outbound.ca_file.as_deref())?, postman(settings)?))
}

/// The way to mailboxes, where the settings name one.
fn postman(settings: &Settings) -> Result<Option<Postman>, SetUpError> {
    let Some(mail) = &settings.mail else { return Ok(None) };
    let sender = (settings.service.name.as_str(), &mail.from);
    let postman = match &mail.way {
        MailWay::Folder(folder) => Postman::to_folder(sender, folder),
        MailWay::Relay(relay) => {
            let ca_file = settings.outbound.ca_file.as_deref();
            Postman::to_relay(sender, &outgoing(relay), ca_file)
        }
    };
    postman.map(Some)
}

fn outgoing(relay: &MailRelay) -> Relay<'_> {
    let security = match (relay.tls, relay.loopback) {
        (true, _) => Security::Tls,
        (false, false) => Security::StartTls,
        (false, true) => Security::None,
    };
    let credentials =
        relay.credentials.as_ref().map(|(user, password)| (user.as_str(), password.as_str()));
    Relay { host: &relay.host, port: relay.port, security, credentials }
}

/// Refuses the database of another master secret while it is still as it was found.
async fn recognise(settings: &Settings, location: &Location) -> Result<(), StartError> {
    let path = &settings.secrets_file;
    // In this order: a process that starts beside this one writes the file first.
    let known = store::known_master(location).await?;
    let master = MasterSecret::read(path)?;
    let Some(known) = known else { return Ok(()) };
    match master {
        None => Err(StartError::MissingMaster(path.display().to_string())),
        Some(master) if Vault::open(&master)?.fingerprint() == known => Ok(()),
        Some(_) => Err(StartError::WrongMaster(path.display().to_string())),
    }
}

/// The vault, if its master secret is the one the database knows; a new database gets a
/// new one.
async fn open_vault(
    settings: &Settings,
    store: &Store,
    entropy: &Entropy,
) -> Result<Vault, StartError> {
    let path = &settings.secrets_file;
    let master = match MasterSecret::read(path)? {
        Some(master) => master,
        None => MasterSecret::create(path, entropy)?,
    };
    let vault = Vault::open(&master)?;
    if store.master_fingerprint().await?.is_none() {
        store.remember_master(vault.fingerprint()).await?;
    }
    // Read again: of two processes starting on a new database, one was first.
    let known = store.master_fingerprint().await?;
    if known == Some(vault.fingerprint()) {
        Ok(vault)
    } else {
        Err(StartError::WrongMaster(path.display().to_string()))
    }
}

async fn keyring(
    store: &Store,
    vault: &Vault,
    entropy: &Entropy,
    now: Timestamp,
) -> Result<Keyring, StartError> {
    if store.signing_keys().await?.is_empty() {
        let pkcs8 = SigningKey::generate()?;
        let kid = SigningKey::read(&pkcs8)?.kid;
        let sealed = vault.seal(&kid, &pkcs8, entropy)?;
        store.keep_first_key(&kid, sealed, now).await?;
    }
    let mut keys = Vec::new();
    for (kid, sealed) in store.signing_keys().await? {
        keys.push(SigningKey::read(&vault.unseal(&kid, &sealed)?)?);
    }
    Ok(Keyring::new(keys)?)
}
