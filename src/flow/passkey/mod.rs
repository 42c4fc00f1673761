//! Passkeys: asked for, made, used to sign in, removed (docs/operating.md, "Passkeys";
//! docs/adr/0029). What a browser was asked is sealed into its page and counts once.

mod question;

use self::question::{Purpose, opened, question};
use crate::app::App;
use crate::config::Settings;
use crate::domain::account::Account;
use crate::domain::change::Effect;
use crate::domain::event::{Event, EventKind};
use crate::domain::id::AccountId;
use crate::domain::limit::Count;
use crate::domain::mail::Letter;
use crate::domain::origin::Occasion;
use crate::domain::passkey::{Passkey, PasskeyEffect};
use crate::flow::account::{EntryError, SignedIn, limited};
use crate::flow::browser::{By, admit};
use crate::flow::error::PersonError;
use crate::flow::mail;
use crate::flow::principal::Human;
use crate::protocol::secret::Digest;
use crate::protocol::text::ToldText;
use crate::protocol::timestamp::Timestamp;
use crate::store::StoreError;
use crate::webauthn::{CeremonyError, Owner, Proof, RelyingParty};

pub use self::question::{Answer, Question};

/// The longest name of a passkey, in characters.
pub const LONGEST_NAME: usize = 60;

/// Why a passkey is not added or removed (docs/operating.md, "Passkeys").
#[derive(Debug, thiserror::Error)]
pub enum PasskeyError {
    #[error("the sign-in is not fresh")]
    NotFresh,
    #[error("the name is missing")]
    NameMissing,
    #[error("the answer is not one to what was asked, or came too late")]
    Refused,
    #[error("the account has as many as it may")]
    TooMany,
    #[error(transparent)]
    Person(#[from] PersonError),
}

impl From<StoreError> for PasskeyError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Limited => Self::TooMany,
            // Used before; or the credential is somebody's already, or has gone.
            StoreError::Replayed | StoreError::Stale(_) => Self::Refused,
            error => Self::Person(error.into()),
        }
    }
}

/// Whether passkeys could be had with these settings: an IP address is no relying party
/// (docs/operating.md, "Passkeys").
#[must_use]
pub fn are_possible(settings: &Settings) -> bool {
    relying_party(settings).is_some()
}

/// What passkeys are made for; none where the issuer has no name.
pub(super) fn relying_party(settings: &Settings) -> Option<RelyingParty> {
    RelyingParty::of(settings.issuer.origin(), &settings.service.name)
}

/// Whether passkeys can be had here (docs/operating.md, "Passkeys").
#[must_use]
pub fn are_offered(app: &App) -> bool {
    app.relying_party.is_some()
}

/// Whether this account has passkeys that prove anything here (docs/operating.md, "Passkeys").
///
/// # Errors
///
/// The database is away.
pub(super) async fn are_held(app: &App, account: &AccountId) -> Result<bool, StoreError> {
    let Some(party) = &app.relying_party else { return Ok(false) };
    let held = app.store.passkeys_of(account).await?;
    Ok(held.iter().any(|passkey| passkey.relying_party == party.id()))
}

/// What the sign-in page asks for; nothing where there are no passkeys
/// (docs/operating.md, "Passkeys").
///
/// # Errors
///
/// No entropy.
pub fn ask_to_sign_in(
    app: &App,
    form: &str,
    now: Timestamp,
) -> Result<Option<Question>, PersonError> {
    let Some(party) = &app.relying_party else { return Ok(None) };
    let asked = party.ask_to_prove().map_err(internal)?;
    question(app, Purpose::SignIn, asked, (form, now)).map(Some)
}

/// Signs a person in with a passkey. Failures of one address are limited as those of passwords
/// are, and with them (docs/operating.md, "Passkeys").
///
/// # Errors
///
/// Not a proof, not in time, used before, of no passkey or account here, or too many failures.
pub async fn sign_in(
    app: &App,
    answer: Answer<'_>,
    occasion: &Occasion,
) -> Result<SignedIn, EntryError> {
    let most = app.settings.limits.sign_in_failures_per_address_per_hour;
    let network = occasion.from.network();
    let count = Count::hourly("sign_in:address", &network, most.into(), occasion.at);
    let counted = app.store.apply(vec![Effect::Count(count.clone())]).await;
    counted.map_err(|error| limited(error, occasion.at))?;
    let (account, mut effects) = match proven(app, answer, occasion.at).await? {
        Ok(proven) => proven,
        Err(whose) => {
            let event = Event::new(EventKind::SignInFailed, occasion).saying("with a passkey");
            let event = Event { account: whose, ..event };
            app.store.apply(vec![Effect::Record(event)]).await?;
            return Err(EntryError::WrongPasskey);
        }
    };
    let (signed_in, opened) = admit(app, (&account, By::Passkey), occasion).await?;
    effects.push(Effect::Forgive(count));
    effects.extend(opened);
    match app.store.apply(effects).await {
        Ok(()) => Ok(signed_in),
        // Answered before, or the passkey has gone meanwhile.
        Err(StoreError::Replayed | StoreError::Stale(_)) => Err(EntryError::WrongPasskey),
        Err(error) => Err(error.into()),
    }
}

/// Whose proof an answer is and what using it does; else whose it wanted to be, as far as that is
/// known.
async fn proven(
    app: &App,
    answer: Answer<'_>,
    now: Timestamp,
) -> Result<Result<(AccountId, Vec<Effect>), Option<AccountId>>, EntryError> {
    let Some(party) = &app.relying_party else { return Ok(Err(None)) };
    let Some(proof) = party.read(answer.answer) else { return Ok(Err(None)) };
    let Some(passkey) = app.store.passkey(proof.id()).await? else { return Ok(Err(None)) };
    let account = app.store.account(&passkey.account).await?.filter(Account::is_open);
    let Some(account) = account else { return Ok(Err(None)) };
    let proven = opened(app, Purpose::SignIn, answer, now).and_then(|(waiting, once)| {
        let credential = credential(party, &waiting.state, (&proof, &passkey))?;
        let used = PasskeyEffect::Use { id: passkey.id.clone(), credential, at: now };
        Ok(vec![once, Effect::Passkey(used)])
    });
    match proven {
        Ok(effects) => Ok(Ok((account.id, effects))),
        Err(CeremonyError::Refused) => Ok(Err(Some(account.id))),
        Err(error) => Err(EntryError::Person(internal(error))),
    }
}

fn credential(
    party: &RelyingParty,
    state: &str,
    (proof, passkey): (&Proof, &Passkey),
) -> Result<String, CeremonyError> {
    if passkey.relying_party != party.id() || !proof.is_of(handle(&passkey.account)) {
        return Err(CeremonyError::Refused);
    }
    party.proven(state, proof, &passkey.credential)
}

/// This person's passkeys, oldest first (docs/operating.md, "Passkeys").
///
/// # Errors
///
/// The database is away.
pub async fn list(app: &App, human: &Human) -> Result<Vec<Passkey>, PersonError> {
    Ok(app.store.passkeys_of(&human.account().id).await?)
}

/// What the page asks for that makes a passkey (docs/operating.md, "Passkeys").
///
/// # Errors
///
/// Not signed in lately, or there are no passkeys here.
pub async fn ask_to_make(
    app: &App,
    human: &Human,
    form: &str,
    now: Timestamp,
) -> Result<Question, PasskeyError> {
    let party = app.relying_party.as_ref().ok_or(PersonError::NotFound)?;
    if !human.is_fresh(now) {
        return Err(PasskeyError::NotFresh);
    }
    let known: Vec<String> = list(app, human).await?.into_iter().map(|one| one.id).collect();
    let Account { id, email, name, .. } = human.account();
    let display_name = if name.is_empty() { email.as_str() } else { name };
    let owner = Owner { handle: handle(id), name: email.as_str(), display_name };
    let asked = party.ask_to_make(owner, &known).map_err(internal)?;
    Ok(question(app, Purpose::Make, asked, (form, now))?)
}

/// Adds the passkey that was made; its person is told (docs/operating.md, "Passkeys").
///
/// # Errors
///
/// Not signed in lately, no name, no answer to what was asked, or one too many.
pub async fn add(
    app: &App,
    human: &Human,
    (name, answer): (&str, Answer<'_>),
    occasion: &Occasion,
) -> Result<(), PasskeyError> {
    let party = app.relying_party.as_ref().ok_or(PersonError::NotFound)?;
    if !human.is_fresh(occasion.at) {
        return Err(PasskeyError::NotFresh);
    }
    let name = ToldText::clean(name, LONGEST_NAME).ok_or(PasskeyError::NameMissing)?;
    let made = opened(app, Purpose::Make, answer, occasion.at)
        .and_then(|(waiting, once)| Ok((party.made(&waiting.state, answer.answer)?, once)));
    let (made, once) = match made {
        Ok(made) => made,
        Err(CeremonyError::Refused) => return Err(PasskeyError::Refused),
        Err(error) => return Err(PasskeyError::Person(internal(error))),
    };
    let passkey = Passkey {
        id: made.id,
        account: human.account().id.clone(),
        relying_party: party.id().to_owned(),
        name: name.to_string(),
        credential: made.credential,
        created_at: occasion.at,
        last_used_at: None,
    };
    let mut effects = passkey.create(occasion);
    effects.push(once);
    changed(app, human, effects, occasion.at).await
}

/// Removes a passkey; its person is told (docs/operating.md, "Passkeys").
///
/// # Errors
///
/// Not signed in lately, or there is no such passkey of this account.
pub async fn remove(
    app: &App,
    human: &Human,
    id: &str,
    occasion: &Occasion,
) -> Result<(), PasskeyError> {
    let held = list(app, human).await?.into_iter().find(|passkey| passkey.id == id);
    let held = held.ok_or(PersonError::NotFound)?;
    if !human.is_fresh(occasion.at) {
        return Err(PasskeyError::NotFresh);
    }
    changed(app, human, held.remove(occasion), occasion.at).await
}

async fn changed(
    app: &App,
    human: &Human,
    mut effects: Vec<Effect>,
    at: Timestamp,
) -> Result<(), PasskeyError> {
    let letter = Letter::PasskeysChanged { at };
    effects.extend(mail::tell(app, Some(&human.account().id), letter, at).await);
    Ok(app.store.apply(effects).await?)
}

/// What an authenticator keeps of an account: it leads nobody back to it (§14.6.1).
fn handle(account: &AccountId) -> [u8; 16] {
    let Digest(bytes) = Digest::of(format!("passkey:{account}").as_bytes());
    bytes.first_chunk().copied().unwrap_or_default()
}

fn internal(error: CeremonyError) -> PersonError {
    PersonError::Internal(error.into())
}
