//! Clients that are named by the URL of their metadata ([CIMD]): fetched through the guarded
//! way out, believed for as long as the answer says, within bounds.
//!
//! [CIMD]: https://datatracker.ietf.org/doc/html/draft-ietf-oauth-client-id-metadata-document-02

use moka::sync::Cache;

use crate::app::App;
use crate::domain::change::Effect;
use crate::domain::client::{Client, ClientSource};
use crate::domain::id::ClientId;
use crate::domain::limit::Count;
use crate::domain::origin::Occasion;
use crate::flow::error::too_often;
use crate::outbound::{Cause, FetchError, Fetched, Limits};
use crate::protocol::client_document::{self, NotADocument};
use crate::protocol::error::OAuthError;
use crate::protocol::timestamp::{Seconds, Timestamp};

/// What documents said, and until when that may be believed. Only sound ones are kept
/// ([CIMD §5.2]).
///
/// [CIMD §5.2]: https://datatracker.ietf.org/doc/html/draft-ietf-oauth-client-id-metadata-document-02#section-5.2
pub struct Documents(Cache<ClientId, Known>);

#[derive(Clone)]
struct Known {
    client: Client,
    fresh_until: Timestamp,
}

/// Each is 5 kB at most.
const CAPACITY: u64 = 1_000;

/// A flow asks for the same document several times within a minute.
const SHORTEST: Seconds = Seconds::MINUTE;
const LONGEST: Seconds = Seconds::DAY;
/// When the answer does not say.
const UNSAID: Seconds = Seconds::MINUTE.times(10);
/// For how much longer a document is believed whose host is out of order: its client may be
/// refreshing a session that a person approved (RFC 5861 §4).
const OUT_OF_ORDER: Seconds = Seconds::DAY;

impl Default for Documents {
    fn default() -> Self {
        Self(Cache::new(CAPACITY))
    }
}

/// Why a URL names no client here.
#[derive(Debug, thiserror::Error)]
enum NoClient {
    #[error(transparent)]
    Fetch(#[from] FetchError),
    #[error(transparent)]
    Document(#[from] NotADocument),
}

/// Whether a client id is the URL of a document ([CIMD §3]); no id of ours is.
///
/// [CIMD §3]: https://datatracker.ietf.org/doc/html/draft-ietf-oauth-client-id-metadata-document-02#section-3
#[must_use]
pub fn is_a_url(id: &ClientId) -> bool {
    id.as_str().contains("://")
}

/// The client whose metadata is at this URL. Whatever is wrong with it, there is no client:
/// nobody learns from the answer which names resolve and which ports answer ([CIMD §8.6]).
///
/// # Errors
///
/// Too many documents were named from one address, or the database is away.
///
/// [CIMD §8.6]: https://datatracker.ietf.org/doc/html/draft-ietf-oauth-client-id-metadata-document-02#section-8.6
pub async fn client(
    app: &App,
    id: &ClientId,
    occasion: &Occasion,
) -> Result<Option<Client>, OAuthError> {
    let sound = client_document::is_a_client_identifier(id.as_str());
    if !sound || !app.settings.strangers.documents {
        return Ok(None);
    }
    let known = app.documents.0.get(id);
    if let Some(known) = known.as_ref().filter(|known| occasion.at < known.fresh_until) {
        return Ok(Some(known.client.clone()));
    }
    count(app, occasion).await?;
    match fetch(app, id, occasion.at).await {
        Ok(known) => {
            app.documents.0.insert(id.clone(), known.clone());
            Ok(Some(known.client))
        }
        Err(reason) => {
            tracing::info!(client = id.as_str(), %reason, "a client document is not used");
            Ok(known
                .filter(|known| survives(known, &reason, occasion.at))
                .map(|known| known.client))
        }
    }
}

/// Every miss makes this server ask somebody else's, so misses are counted.
pub(super) async fn count(app: &App, occasion: &Occasion) -> Result<(), OAuthError> {
    let most = app.settings.limits.client_documents_per_address_per_hour;
    let count = Count::hourly("document", &occasion.from.network(), most.into(), occasion.at);
    let counted = app.store.apply(vec![Effect::Count(count)]).await;
    counted.map_err(|error| too_often(error, occasion.at))
}

async fn fetch(app: &App, id: &ClientId, now: Timestamp) -> Result<Known, NoClient> {
    let Fetched { body, content_type, max_age } =
        app.fetch.get(id.as_str(), Limits::default()).await?;
    let allowed = &app.settings.outbound.allow;
    let metadata = client_document::read(id.as_str(), content_type.as_deref(), &body, allowed)?;
    let client = Client::described(id.clone(), ClientSource::Document, metadata, None);
    let client = client.ok_or(NotADocument::SharedSecret)?;
    let fresh = max_age.unwrap_or(UNSAID).clamp(SHORTEST, LONGEST);
    Ok(Known { client, fresh_until: now + fresh })
}

/// Whether what a document said last still counts: its host fails, rather than says no.
fn survives(known: &Known, reason: &NoClient, now: Timestamp) -> bool {
    let out_of_order = match reason {
        NoClient::Fetch(FetchError::Failed(Cause::TimedOut | Cause::Exchange(_))) => true,
        NoClient::Fetch(FetchError::Failed(Cause::Status(status))) => *status >= 500,
        _ => false,
    };
    out_of_order && now < known.fresh_until + OUT_OF_ORDER
}
