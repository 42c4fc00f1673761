//! The one function that everything asked of a stranger's URL goes through.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::time::timeout;
use url::Url;

use super::admission::{Allowed, admit};
use super::client::{self, SetUpError};
use super::error::{Cause, FetchError};
use super::fetched::Fetched;
use super::flight::Flights;
use super::resolver::{Names, PublicOnly};

/// How many fetches may be under way; the others wait, within their time.
const AT_ONCE: usize = 32;

/// How much of somebody else's server a fetch may take up, and how much of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Limits {
    /// The largest body, in bytes.
    pub body: usize,
    /// The whole fetch, from the wait for a turn to the last byte.
    pub time: Duration,
}

impl Default for Limits {
    /// What suits a metadata document ([CIMD §8.7] recommends 5 kB).
    ///
    /// [CIMD §8.7]: https://datatracker.ietf.org/doc/html/draft-ietf-oauth-client-id-metadata-document-02#section-8.7
    fn default() -> Self {
        Self { body: 5 * 1_024, time: Duration::from_secs(5) }
    }
}

/// Fetches what a stranger's URL names: from the network behind the guard, or, in a test,
/// from wherever the test says. Admission, time, number and sharing are the same for both.
#[derive(Clone)]
pub struct Fetcher(Arc<Inner>);

struct Inner {
    source: Source,
    allowed: Allowed,
    flights: Flights<(String, Limits), Result<Fetched, FetchError>>,
    turns: Semaphore,
}

enum Source {
    Network(reqwest::Client),
    Told(Box<Answers>),
}

type Answers = dyn Fn(&str) -> Result<Fetched, FetchError> + Send + Sync;

impl Fetcher {
    /// The way to the network: trusts the public authorities and those in `ca_file`, and
    /// may be sent to `allow`, although private.
    ///
    /// # Errors
    ///
    /// The file holds no trust anchors, or TLS cannot be set up.
    pub fn network(ca_file: Option<&Path>, allow: &[String]) -> Result<Self, SetUpError> {
        Self::with_names(ca_file, allow, Names::system())
    }

    /// The way to the network with other names than the machine's, for tests.
    ///
    /// # Errors
    ///
    /// As [`Fetcher::network`].
    pub fn with_names(
        ca_file: Option<&Path>,
        allow: &[String],
        names: Names,
    ) -> Result<Self, SetUpError> {
        let allowed = Allowed::new(allow);
        let resolver = PublicOnly { names, allowed: allowed.clone() };
        Ok(Self::new(Source::Network(client::client(resolver, ca_file)?), allowed))
    }

    /// Answers of the caller's, for tests.
    #[must_use]
    pub fn from_source(
        source: impl Fn(&str) -> Result<Fetched, FetchError> + Send + Sync + 'static,
    ) -> Self {
        Self::new(Source::Told(Box::new(source)), Allowed::new(&[]))
    }

    fn new(source: Source, allowed: Allowed) -> Self {
        let (flights, turns) = (Flights::default(), Semaphore::new(AT_ONCE));
        Self(Arc::new(Inner { source, allowed, flights, turns }))
    }

    /// GETs a URL that a stranger named.
    ///
    /// # Errors
    ///
    /// What the error displays may be told to the stranger; its source is for the log,
    /// where it has been written already.
    pub async fn get(&self, url: &str, limits: Limits) -> Result<Fetched, FetchError> {
        let url = admit(url, &self.0.allowed).map_err(FetchError::NotAdmitted)?;
        let key = (url.as_str().to_owned(), limits);
        self.0.flights.join(key, || self.fetch(url, limits)).await
    }

    async fn fetch(&self, url: Url, limits: Limits) -> Result<Fetched, FetchError> {
        let host = url.host_str().unwrap_or_default().to_owned();
        let answer = timeout(limits.time, self.0.ask(url, limits)).await;
        let answer = answer.unwrap_or(Err(FetchError::Failed(Cause::TimedOut)));
        if let Err(FetchError::Failed(cause)) = &answer {
            tracing::info!(host, %cause, "nothing could be fetched");
        }
        answer
    }
}

impl Inner {
    async fn ask(&self, url: Url, limits: Limits) -> Result<Fetched, FetchError> {
        // Never closed, so there is always a turn to wait for.
        let _turn = self.turns.acquire().await;
        match &self.source {
            Source::Network(client) => {
                client::get(client, url, limits.body).await.map_err(FetchError::Failed)
            }
            Source::Told(answers) => answers(url.as_str()),
        }
    }
}
