//! TLS from PEM files, read again when they change.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use arc_swap::ArcSwap;
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;

use crate::config::TlsFiles;

#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    #[error("{0} is not a PEM file that can be read")]
    Pem(PathBuf),
    #[error("the certificate and the key do not go together: {0}")]
    Pair(#[source] rustls::Error),
    #[error("TLS cannot be set up: {0}")]
    Setup(#[source] rustls::Error),
}

/// The certificate in use. Connections under way keep the one they began with.
#[derive(Debug)]
pub struct Certificate {
    files: (PathBuf, PathBuf),
    current: ArcSwap<CertifiedKey>,
}

impl Certificate {
    /// Reads both files.
    ///
    /// # Errors
    ///
    /// See [`TlsError`].
    pub fn read(files: &TlsFiles) -> Result<Arc<Self>, TlsError> {
        let current = ArcSwap::from_pointee(load(&files.certificate, &files.key)?);
        Ok(Arc::new(Self { files: (files.certificate.clone(), files.key.clone()), current }))
    }

    /// Reads both files again; a broken pair leaves the old one in use.
    ///
    /// # Errors
    ///
    /// See [`TlsError`].
    pub fn reload(&self) -> Result<(), TlsError> {
        self.current.store(Arc::new(load(&self.files.0, &self.files.1)?));
        Ok(())
    }

    /// When the files last changed, to notice a renewal nobody announced.
    #[must_use]
    pub fn changed_at(&self) -> [Option<SystemTime>; 2] {
        let modified = |path: &Path| path.metadata().and_then(|data| data.modified()).ok();
        [modified(&self.files.0), modified(&self.files.1)]
    }

    /// The server's side of TLS with this certificate.
    ///
    /// # Errors
    ///
    /// [`TlsError::Setup`].
    pub fn server_config(self: &Arc<Self>) -> Result<ServerConfig, TlsError> {
        let builder = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(TlsError::Setup)?;
        let resolver: Arc<dyn ResolvesServerCert> = Arc::<Self>::clone(self);
        let mut config = builder.with_no_client_auth().with_cert_resolver(resolver);
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(config)
    }
}

impl ResolvesServerCert for Certificate {
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.current.load_full())
    }
}

fn load(certificate: &Path, key: &Path) -> Result<CertifiedKey, TlsError> {
    let broken = |path: &Path| TlsError::Pem(path.to_owned());
    let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_file_iter(certificate)
        .map_err(|_| broken(certificate))?
        .collect::<Result<_, _>>()
        .map_err(|_| broken(certificate))?;
    if chain.is_empty() {
        return Err(broken(certificate));
    }
    let key = PrivateKeyDer::from_pem_file(key).map_err(|_| broken(key))?;
    CertifiedKey::from_der(chain, key, &ring::default_provider()).map_err(TlsError::Pair)
}
