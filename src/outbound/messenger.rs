//! Messages to whom the operator named. Such a receiver may be private: nobody else chose it.

use std::path::Path;
use std::time::Duration;

use reqwest::Client;
use reqwest::redirect::Policy;
use url::Url;

use super::client::{SetUpError, tls};
use super::error::Cause;

/// How long a receiver may take, from the name to the answer's head.
const PATIENCE: Duration = Duration::from_secs(10);

/// The way to webhooks: no redirection is followed, no proxy asked, and nothing of an answer is
/// read but its status.
#[derive(Clone)]
pub struct Messenger(Client);

impl Messenger {
    /// Trusts whom everything else that goes out trusts.
    ///
    /// # Errors
    ///
    /// As [`Fetcher::network`](super::Fetcher::network).
    #[expect(clippy::disallowed_methods, reason = "the operator's own receivers may be private")]
    pub fn new(ca_file: Option<&Path>) -> Result<Self, SetUpError> {
        let client = Client::builder()
            .tls_backend_preconfigured(tls(ca_file)?)
            .redirect(Policy::none())
            .no_proxy()
            .referer(false)
            .retry(reqwest::retry::never())
            .http1_only()
            .timeout(PATIENCE)
            .user_agent("countersign")
            .build();
        Ok(Self(client.map_err(SetUpError::Client)?))
    }

    /// POSTs one JSON message.
    ///
    /// # Errors
    ///
    /// It was not taken: any status but 2xx, or none in time.
    pub async fn post<const N: usize>(
        &self,
        url: &Url,
        header: [(&'static str, String); N],
        body: String,
    ) -> Result<(), Cause> {
        let mut request = self.0.post(url.clone()).header("content-type", "application/json");
        for (name, value) in header {
            request = request.header(name, value);
        }
        let status = request.body(body).send().await?.status();
        if status.is_success() { Ok(()) } else { Err(Cause::Status(status.as_u16())) }
    }
}
