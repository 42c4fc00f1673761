//! May this request pass, and as whom? The question of a proxy in front of an API, answered as
//! introspection answers the API itself (docs/proxies.md).

use std::net::IpAddr;
use std::sync::Arc;

use crate::app::App;
use crate::domain::account_agent::NamedAgent;
use crate::domain::api_key::{Exposure, Mode};
use crate::domain::change::Effect;
use crate::domain::credential::Credential;
use crate::domain::limit::Count;
use crate::domain::plan::{Beyond, Left};
use crate::flow::acting::{SaidAgent, acting};
use crate::flow::api_key;
use crate::flow::budget;
use crate::flow::credential::{self, Place};
use crate::flow::dpop;
use crate::flow::error::too_often;
use crate::flow::introspect::{self, LiveToken};
use crate::flow::plan;
use crate::flow::principal::ResourceServer;
use crate::flow::reach::{is_within, reaches};
use crate::jose::ExpectedProof;
use crate::protocol::challenge::Refusal;
use crate::protocol::error::OAuthError;
use crate::protocol::error_dialect::ErrorDialect;
use crate::protocol::scope::Scopes;
use crate::protocol::thumbprint::Thumbprint;
use crate::protocol::timestamp::Timestamp;

/// A credential as it came ([RFC 6750 §2.1], [RFC 9449 §7.1]). What it is follows from the text,
/// never from the header it came in (docs/proxies.md).
///
/// [RFC 6750 §2.1]: https://www.rfc-editor.org/rfc/rfc6750#section-2.1
/// [RFC 9449 §7.1]: https://www.rfc-editor.org/rfc/rfc9449#section-7.1
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presented<'a> {
    /// Whoever holds it may use it.
    Held(&'a str),
    /// A key is to be proven with it.
    Proven(&'a str),
    /// Another scheme, or bytes that are no text: presented, and no good.
    Unusable,
}

/// A request that waits at a proxy (docs/proxies.md).
#[derive(Debug, Clone)]
pub struct Waiting<'a> {
    /// None where nothing was presented.
    pub presented: Option<Presented<'a>>,
    /// Everywhere it was.
    pub places: Vec<Place<'a>>,
    /// What the proxy's location asks for.
    pub needed: Scopes,
    pub accepts: Accepts,
    pub method: &'a str,
    /// The path it asks for, as its proxy tells.
    pub path: &'a str,
    /// Behind the path, as it came.
    pub query: &'a str,
    /// Whoever asked the proxy, where it is trusted to tell.
    pub from: Option<IpAddr>,
    /// Its one `DPoP` header (RFC 9449 §4.1).
    pub proof: Option<&'a str>,
    /// Whether a page in a browser sends it.
    pub from_page: bool,
    /// Whether it came encrypted, as its proxy tells.
    pub is_encrypted: bool,
    /// Which agent it says that it is (docs/credentials.md, "Agents").
    pub said_agents: Vec<SaidAgent<'a>>,
}

impl Waiting<'_> {
    /// Whether its address carries a credential, where histories and logs keep it
    /// ([RFC 9700 §4.3.2]).
    ///
    /// [RFC 9700 §4.3.2]: https://www.rfc-editor.org/rfc/rfc9700#section-4.3.2
    #[must_use]
    pub fn is_in_address(&self) -> bool {
        self.places.iter().any(|place| matches!(place, Place::Query(_)))
    }
}

/// A request that may pass (docs/proxies.md).
pub struct LetIn {
    pub live: Arc<LiveToken>,
    /// Which of its owner's agents it comes from.
    pub agent: Option<NamedAgent>,
    /// What is left of its account's rate, where the profile says so.
    pub left: Option<Left>,
}

/// Which credentials a proxy's location passes on although they open less than their scopes say:
/// an API that does not look would do more than was approved. None, unless its operator says so
/// (docs/proxies.md).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Accepts {
    /// Sandbox keys.
    pub sandbox: bool,
    /// Sessions pinned down to details ([RFC 9396 §9.1]).
    ///
    /// [RFC 9396 §9.1]: https://www.rfc-editor.org/rfc/rfc9396#section-9.1
    pub details: bool,
}

impl Accepts {
    /// The words of a question, with spaces between; `None` for another word (docs/proxies.md).
    #[must_use]
    pub fn read<'a>(texts: impl Iterator<Item = &'a str>) -> Option<Self> {
        let mut accepts = Self::default();
        for word in texts.flat_map(str::split_whitespace) {
            match word {
                "sandbox" => accepts.sandbox = true,
                "authorization_details" => accepts.details = true,
                _ => return None,
            }
        }
        Some(accepts)
    }

    fn passes(self, credential: &Credential) -> bool {
        (self.sandbox || credential.holder.mode() == Mode::Live)
            && (self.details || credential.details.is_empty())
    }
}

/// Why a request may not pass (docs/proxies.md).
#[derive(Debug, thiserror::Error)]
pub enum NotLetIn {
    /// 401 or 403, with the challenge that leads on (RFC 6750 §3).
    #[error("{}", .0.code())]
    Refused(Refusal),
    /// 403: it is good, and its location does not accept it.
    #[error("the location does not accept this credential")]
    NotAccepted,
    /// The key is good, and its secret is where others can read it (docs/credentials.md,
    /// "Leaks").
    #[error("a secret key came from {}", .how.name())]
    Exposed { key: Arc<LiveToken>, how: Exposure },
    /// 403: it says that it is another agent than its credential is for (docs/credentials.md,
    /// "Agents").
    #[error("the request names an agent that it is not")]
    AnotherAgent,
    /// 400: its owner has several agents, and it names none (docs/credentials.md, "Agents").
    #[error("the request names no agent in {header}")]
    AgentUnsaid { header: String },
    /// The credential is good, and its account may use no more (docs/credentials.md, "Plans").
    #[error(transparent)]
    Beyond(Beyond),
    #[error(transparent)]
    Failed(#[from] OAuthError),
}

impl From<Refusal> for NotLetIn {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

/// What the credential of a request is worth at the proxy's resource: the same answer from the
/// same memory that introspection gives ([RFC 7662 §2]).
///
/// # Errors
///
/// See [`NotLetIn`]. The database is away: nobody is let in.
///
/// [RFC 7662 §2]: https://www.rfc-editor.org/rfc/rfc7662#section-2
pub async fn admit(
    app: &App,
    proxy: &ResourceServer<'_>,
    waiting: &Waiting<'_>,
    now: Timestamp,
) -> Result<LetIn, NotLetIn> {
    let (text, proven) = presented(waiting)?;
    let unknown = if proven { Refusal::UnprovenToken } else { Refusal::InvalidToken };
    if !credential::may_come(app, text, &waiting.places) {
        return Err(unknown.into());
    }
    let live = introspect::introspect(app, proxy.resource(), text, now).await;
    let Some(live) = live.map_err(OAuthError::from)? else {
        let gone = api_key::owner_is_gone(app, text).await.map_err(OAuthError::from)?;
        return Err(if gone { Refusal::OwnerGone } else { unknown }.into());
    };
    if let Some(how) = api_key::exposure(app, &live, waiting) {
        return Err(NotLetIn::Exposed { key: live, how });
    }
    let proof = match (&live.credential.key, proven) {
        (None, false) => None,
        (Some(key), true) => Some(prove(app, proxy, (waiting, text), key, now)?),
        (Some(_), false) => return Err(Refusal::BoundToken.into()),
        (None, true) => return Err(Refusal::UnprovenToken.into()),
    };
    reaches(app, &live.credential, waiting, unknown)?;
    let accepted = waiting.accepts.passes(&live.credential);
    if !accepted || !is_within(app, &live.credential.holder, waiting) {
        return Err(NotLetIn::NotAccepted);
    }
    let agent = acting(app, &live, waiting).await?;
    let charge = plan::charge(&live, &waiting.needed, now).map_err(NotLetIn::Beyond)?;
    if let Some(proof) = proof {
        // Last, so that a request that is refused anyway has not used its proof up.
        spend(app, &proof, &live.credential, now).await?;
    }
    if !budget::take(app, &live).await? {
        return Err(Refusal::InvalidToken.into());
    }
    live.came_from(waiting.from);
    let left = charge.and_then(|charge| charge.keep(app));
    Ok(LetIn { live, agent, left })
}

/// The credential's text, and whether a key is to be proven with it.
fn presented<'a>(waiting: &Waiting<'a>) -> Result<(&'a str, bool), Refusal> {
    match waiting.presented {
        None => Err(Refusal::NoToken),
        Some(Presented::Unusable) => Err(Refusal::InvalidToken),
        Some(Presented::Held(text)) => Ok((text, false)),
        Some(Presented::Proven(text)) => Ok((text, true)),
    }
}

/// Uses a proof up. It leaves a row for minutes: an agent that nobody let in may not leave any
/// number.
async fn spend(
    app: &App,
    proof: &dpop::Proof,
    credential: &Credential,
    now: Timestamp,
) -> Result<(), NotLetIn> {
    let most = app.settings.limits.proofs_per_unclaimed_session_per_hour;
    let count = || Count::hourly("proof", credential.holder.id(), most.into(), now);
    let counted = credential.account.is_none().then(|| Effect::Count(count()));
    let effects = std::iter::once(proof.spend()).chain(counted).collect();
    app.store.apply(effects).await.map_err(|error| unproven(too_often(error, now)))
}

/// The proof that the request's token is in the hands it was bound to, for this request
/// ([RFC 9449 §4.3]). Its address is the resource's own: what the request says of its host
/// counts for nothing.
///
/// [RFC 9449 §4.3]: https://www.rfc-editor.org/rfc/rfc9449#section-4.3
fn prove(
    app: &App,
    proxy: &ResourceServer<'_>,
    (waiting, token): (&Waiting<'_>, &str),
    key: &Thumbprint,
    now: Timestamp,
) -> Result<dpop::Proof, NotLetIn> {
    let header = waiting.proof.ok_or(Refusal::InvalidProof)?;
    let url = format!("{}{}", proxy.resource().origin(), waiting.path);
    let expected = ExpectedProof { method: waiting.method, url: &url, token: Some(token) };
    let proof = dpop::verified(app, header, expected, now).map_err(unproven)?;
    if proof.key() == key { Ok(proof) } else { Err(Refusal::InvalidProof.into()) }
}

/// A bad proof is the request's fault and said by the challenge (RFC 9449 §7.1, §9).
fn unproven(error: OAuthError) -> NotLetIn {
    match error {
        OAuthError::InvalidDpopProof(_) => Refusal::InvalidProof.into(),
        OAuthError::UseDpopNonce(nonce) => Refusal::UseNonce(nonce).into(),
        error => error.into(),
    }
}

/// How the refusals of this proxy's resource are written (docs/proxies.md, "Error dialects").
#[must_use]
pub fn dialect(app: &App, proxy: &ResourceServer<'_>) -> ErrorDialect {
    let profiles = &app.settings.profiles;
    let profile = profiles.iter().find(|profile| profile.resource == *proxy.resource());
    profile.map_or_else(ErrorDialect::default, |profile| profile.error_dialect)
}
