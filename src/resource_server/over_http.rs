//! The question over HTTP ([RFC 7662 §2.1]): authenticated, bounded in time, in size and in
//! how many are asked at once.
//!
//! [RFC 7662 §2.1]: https://www.rfc-editor.org/rfc/rfc7662#section-2.1

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::LocalBoxFuture;
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use reqwest::redirect::Policy;
use reqwest::{Client, Response};
use tokio::sync::Semaphore;
use tokio::time::timeout;
use url::form_urlencoded::Serializer;

use super::description::SetUpError;
use super::introspect::{Answer, Introspect};
use crate::outbound;
use crate::protocol::basic;
use crate::protocol::error::OAuthError;
use crate::protocol::introspection::{self, Introspected};
use crate::protocol::issuer::Issuer;
use crate::protocol::json::JsonError;

/// How many questions may be under way; the others wait, within their time.
const AT_ONCE: usize = 64;
/// The largest answer, in bytes. A real one has some hundred.
const LARGEST: usize = 64 * 1_024;
/// How long an unused connection is kept: less than the server keeps it, so that no question
/// is sent into one that is being closed.
const IDLE: Duration = Duration::from_secs(4);

/// Countersign, somewhere else.
pub struct OverHttp {
    client: Client,
    endpoint: String,
    authorization: HeaderValue,
    patience: Duration,
    turns: Semaphore,
}

/// Why nobody could say. For the operator's log; the agent reads a fixed text.
#[derive(Debug, thiserror::Error)]
enum Trouble {
    #[error("Countersign did not answer in time")]
    TimedOut,
    #[error("Countersign cannot be reached")]
    Unreachable(#[source] reqwest::Error),
    #[error("Countersign does not know this client_id with this secret")]
    Unauthorized,
    #[error("Countersign answered with status {0}")]
    Status(u16),
    #[error("the answer is larger than {LARGEST} bytes")]
    TooLarge,
    #[error("the answer is no introspection answer")]
    Unreadable(#[source] JsonError),
}

impl OverHttp {
    /// Asks `server`, as the client with these credentials ([RFC 6749 §2.3.1]).
    ///
    /// [RFC 6749 §2.3.1]: https://www.rfc-editor.org/rfc/rfc6749#section-2.3.1
    pub fn new(
        server: &Issuer,
        (client_id, secret): (&str, &str),
        patience: Duration,
        ca_file: Option<&Path>,
    ) -> Result<Self, SetUpError> {
        if client_id.is_empty() || secret.is_empty() {
            return Err(SetUpError::Credentials);
        }
        let mut authorization = HeaderValue::from_str(&basic::header(client_id, secret))
            .map_err(|_| SetUpError::Credentials)?;
        authorization.set_sensitive(true);
        let client = client(ca_file)?;
        let (endpoint, turns) = (server.url("/introspect"), Semaphore::new(AT_ONCE));
        Ok(Self { client, endpoint, authorization, patience, turns })
    }

    async fn ask(&self, token: &str) -> Result<Option<Introspected>, Trouble> {
        // Never closed, so there is always a turn to wait for.
        let _turn = self.turns.acquire().await;
        let form = Serializer::new(String::new()).append_pair("token", token).finish();
        let request = self
            .client
            .post(&self.endpoint)
            .header(AUTHORIZATION, self.authorization.clone())
            .header(ACCEPT, "application/json")
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(form);
        let response = request.send().await.map_err(Trouble::Unreachable)?;
        match response.status().as_u16() {
            200 => introspection::read(&body(response).await?).map_err(Trouble::Unreadable),
            401 => Err(Trouble::Unauthorized),
            other => Err(Trouble::Status(other)),
        }
    }
}

impl Introspect for OverHttp {
    fn introspect<'a>(&'a self, token: &'a str) -> LocalBoxFuture<'a, Answer> {
        Box::pin(async move {
            let answer = timeout(self.patience, self.ask(token)).await;
            match answer.unwrap_or(Err(Trouble::TimedOut)) {
                Ok(token) => Ok(token.map(Arc::new)),
                Err(trouble) => Err(OAuthError::TemporarilyUnavailable(Box::new(trouble))),
            }
        })
    }
}

#[expect(clippy::disallowed_methods, reason = "the address is the operator's, not a stranger's")]
fn client(ca_file: Option<&Path>) -> Result<Client, SetUpError> {
    let client = Client::builder()
        .tls_backend_preconfigured(outbound::tls(ca_file).map_err(SetUpError::Trust)?)
        // The credentials go to the server that was named and to no other.
        .redirect(Policy::none())
        .no_proxy()
        .referer(false)
        .http1_only()
        .pool_idle_timeout(IDLE)
        .user_agent("countersign-resource-server")
        .build();
    client.map_err(|error| SetUpError::Trust(outbound::SetUpError::Client(error)))
}

async fn body(mut response: Response) -> Result<Vec<u8>, Trouble> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(Trouble::Unreachable)? {
        if chunk.len() > LARGEST - body.len() {
            return Err(Trouble::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}
