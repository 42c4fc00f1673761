//! The HTTP client behind the guard: our resolver, our TLS, no redirects, no proxy.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use reqwest::redirect::Policy;
use reqwest::{Client, Response, StatusCode};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::{self, PemObject as _};
use rustls::{ClientConfig, RootCertStore};
use url::Url;

use super::error::Cause;
use super::fetched::Fetched;
use super::resolver::PublicOnly;

/// Why there is no way out, and so no server.
#[derive(Debug, thiserror::Error)]
pub enum SetUpError {
    #[error("outbound.ca_file {0} cannot be read as PEM certificates: {1}")]
    Unreadable(PathBuf, pem::Error),
    #[error("outbound.ca_file {0} holds no certificate")]
    Empty(PathBuf),
    #[error("outbound.ca_file {0} holds a certificate that cannot be a trust anchor: {1}")]
    NotAnAnchor(PathBuf, rustls::Error),
    #[error("the TLS of outgoing connections cannot be set up: {0}")]
    Tls(rustls::Error),
    #[error("the HTTP client cannot be set up: {0}")]
    Client(reqwest::Error),
    #[error("the TLS of outgoing mail cannot be set up: {0}")]
    Mail(lettre::transport::smtp::Error),
    #[error("mail.from is no address that mail can be from")]
    Sender,
}

#[expect(clippy::disallowed_methods, reason = "this is the guarded way out")]
pub fn client(resolver: PublicOnly, ca_file: Option<&Path>) -> Result<Client, SetUpError> {
    let client = Client::builder()
        .tls_backend_preconfigured(tls(ca_file)?)
        .dns_resolver(resolver)
        .redirect(Policy::none())
        .no_proxy()
        .referer(false)
        .retry(reqwest::retry::never())
        .http1_only()
        // Each fetch resolves and checks anew; no connection waits for the next stranger.
        .pool_max_idle_per_host(0)
        .user_agent("countersign")
        .build();
    client.map_err(SetUpError::Client)
}

/// The TLS of outgoing connections: the public authorities, and those in `ca_file`.
///
/// # Errors
///
/// The file holds no trust anchors.
pub fn tls(ca_file: Option<&Path>) -> Result<ClientConfig, SetUpError> {
    let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    if let Some(path) = ca_file {
        add_anchors(&mut roots, path)?;
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(SetUpError::Tls)?;
    Ok(config.with_root_certificates(roots).with_no_client_auth())
}

fn add_anchors(roots: &mut RootCertStore, path: &Path) -> Result<(), SetUpError> {
    let unreadable = |error| SetUpError::Unreadable(path.to_owned(), error);
    let before = roots.len();
    for certificate in CertificateDer::pem_file_iter(path).map_err(unreadable)? {
        let certificate = certificate.map_err(unreadable)?;
        let not_an_anchor = |error| SetUpError::NotAnAnchor(path.to_owned(), error);
        roots.add(certificate).map_err(not_an_anchor)?;
    }
    if roots.len() == before {
        return Err(SetUpError::Empty(path.to_owned()));
    }
    Ok(())
}

/// One GET: status 200 and at most `limit` bytes, or nothing. No more than the limit and
/// one read of the socket is ever held.
pub async fn get(client: &Client, url: Url, limit: usize) -> Result<Fetched, Cause> {
    let mut response = client.get(url).send().await?;
    if response.status() != StatusCode::OK {
        return Err(Cause::Status(response.status().as_u16()));
    }
    let most = u64::try_from(limit).unwrap_or(u64::MAX);
    if response.content_length().is_some_and(|length| length > most) {
        return Err(Cause::TooLarge);
    }
    let body = body(&mut response, limit).await?;
    Ok(Fetched::new(response.headers(), body))
}

async fn body(response: &mut Response, limit: usize) -> Result<Vec<u8>, Cause> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        if chunk.len() > limit.saturating_sub(body.len()) {
            return Err(Cause::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}
